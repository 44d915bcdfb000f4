// The boot check: what it runs is Odoo's own command and nothing that changes the database, what it says is understood,
// and Odoo is put back as it was.

import { rmSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RefusedError } from "../../src/errors.ts";
import { bootCheck, bootFailure } from "../../src/remedies/boot-check/boot-check.ts";
import { UNFIT } from "../../src/remedies/remedy.ts";
import { unseen } from "../../src/survey/survey.ts";
import { bent, containerOf, DB_ID, diagnosisOf, ODOO_ID, RemedyHost } from "./support.ts";

const ODOO = `state-${ODOO_ID}`;
const DB = `state-${DB_ID}`;
const NEWER_ID = "c".repeat(64);
const ONE_OFF = `odoo-recover-boot-${ODOO_ID.slice(0, 12)}`;
const COMPOSE =
  "docker|compose|--file|/opt/my shop/a.yml|--file|/opt/my shop/b's.yml|--env-file|/opt/my shop/.env|--project-name|shop|--project-directory|/opt/my shop|";

const withCommand = (...command: string[]) => diagnosisOf({ odoo: containerOf("odoo", { command }) });

describe("the command of a boot", () => {
  it("is shown to people with what the check adds to it", () => {
    expect(bootCheck.commands(withCommand("odoo", "-u", "all", "--workers=2"))).toMatch(
      /run --rm --no-deps -T odoo odoo --workers=2 --database=shop --no-http --stop-after-init --max-cron-threads=0$/,
    );
  });
});

describe("what a boot said", () => {
  const boot = (said: string, status: number | string, after = ""): string =>
    `saved the states of 3 modules of shop\nboot begins\n${said}\nboot ended with status ${status}\n${after}`;
  const TRACEBACK = `2024-05-01 10:00:00,000 1 CRITICAL shop odoo.modules.module: Couldn't load module shop_notes
Traceback (most recent call last):
  File "/usr/lib/python3/dist-packages/odoo/modules/module.py", line 373, in load_openerp_module
    __import__('odoo.addons.' + module_name)
  File "/mnt/extra-addons/shop_notes/models.py", line 3, in <module>
    import nothing_of_that_name
ModuleNotFoundError: No module named 'nothing_of_that_name'`;

  it("is the failure of its last traceback, with the addon, the file and the line", () => {
    expect(bootFailure(boot(TRACEBACK, 255))).toEqual({
      status: 255,
      failure: {
        exception: "ModuleNotFoundError",
        message: "No module named 'nothing_of_that_name'",
        module: "shop_notes",
        file: "/mnt/extra-addons/shop_notes/models.py",
        line: 3,
      },
    });
  });

  it("is what the manifests say, where Odoo itself does not say which one it was", () => {
    const said = boot(
      "ValueError: malformed node or string",
      1,
      "manifest /mnt/extra-addons/shop_notes/__manifest__.py:5: invalid syntax\n",
    );
    expect(bootFailure(said)).toEqual({
      status: 1,
      failure: {
        exception: "bad manifest",
        message: "invalid syntax",
        module: "shop_notes",
        file: "/mnt/extra-addons/shop_notes/__manifest__.py",
        line: 5,
      },
    });
  });

  it("is nothing of a boot that ended well, whatever it warned of", () => {
    const said =
      "2024-05-01 10:00:00,000 1 WARNING shop odoo: something\n2024-05-01 10:00:00,000 1 ERROR shop odoo: x";
    expect(bootFailure(boot(said, 0))).toEqual({ status: 0, failure: undefined });
  });

  it("is a failure even of a boot that ended with 0, when a registry did not load", () => {
    expect(bootFailure(boot(TRACEBACK, 0))).toMatchObject({ status: 0, failure: { module: "shop_notes" } });
  });

  it.each([
    ["nothing", ""],
    ["a precheck that said no", "not done: the database does not run\n"],
    ["something that only looks like it", "x boot begins\nTraceback (most recent call last):\n"],
  ])("is neither a status nor a failure of %s", (_, output) => {
    expect(bootFailure(output)).toEqual({ status: undefined, failure: undefined });
  });

  it("has no status when it was cut off, and keeps what was said until then", () => {
    expect(bootFailure(`boot begins\n${TRACEBACK}\n`)).toMatchObject({
      status: undefined,
      failure: { exception: "ModuleNotFoundError" },
    });
  });

  it("is read without a throw, whatever it was", () => {
    const piece = fc.constantFrom(
      "boot begins\n",
      "boot ended with status ",
      "0\n",
      "manifest /a/b/__manifest__.py:1: x\n",
      "Traceback (most recent call last):\n",
      '  File "/a", line 1\n',
      "E: x\n",
      "\n",
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(piece, fc.string())), (pieces) => {
        const { status } = bootFailure(pieces.join(""));
        expect(status === undefined || Number.isInteger(status)).toBe(true);
      }),
    );
  });
});

/** What docker answers in a boot check, and how the boot goes. */
function bootHost(boot = "echo 'odoo: cannot import'; exit 3"): RemedyHost {
  const host = new RemedyHost().says(ODOO, "running").says("daemon", "").says("top", "PID");
  host.says(
    "on-exec",
    `case $* in
  *POSTGRES_USER*) echo odoo ;;
  *'select datname'*) printf 'postgres\\nshop\\n' ;;
  *'copy (select name'*) if [ -f "$FAKE/no-states" ]; then exit 1; fi; printf 'base\\tinstalled\\nsale\\tto upgrade\\n' ;;
  *'select 1'*) [ ! -f "$FAKE/no-answer" ] ;;
  *exec\\ -i*) cat >"$FAKE/restored"; if [ -f "$FAKE/no-restore" ]; then echo "ERROR: locked"; exit 3; fi; echo 2 ;;
esac`,
  );
  host.says(
    "on-compose",
    `case $* in
  *python3*) cat >"$FAKE/manifests"; echo 'manifest /mnt/extra-addons/a/__manifest__.py:1: bad' ;;
  *) ${boot} ;;
esac`,
  );
  return host;
}

const run = (host: RemedyHost, values: Readonly<Record<string, string>> = {}, diagnosis = diagnosisOf()) =>
  host.run(bootCheck.program(diagnosis), { PUT_BACK_DIR: join(host.path, "put-back"), ...values });

/** Calls that are more than a question to the database. */
const changes = (host: RemedyHost): string[] => host.calls.filter((call) => !call.startsWith("docker|exec|"));

describe("the boot check", () => {
  it("saves the states, takes Odoo down, boots it alone, looks at the manifests, and does nothing else", () => {
    using host = bootHost();
    const { status, output } = run(host, {}, withCommand("odoo", "--workers=2"));
    expect(status).toBe(0);
    expect(output).toBe(
      "saved the states of 2 modules of shop\nboot begins\nodoo: cannot import\nboot ended with status 3\nmanifest /mnt/extra-addons/a/__manifest__.py:1: bad\n",
    );
    expect(host.read("put-back/states")).toBe("base\tinstalled\nsale\tto upgrade\n");
    expect(changes(host)).toEqual([
      `docker|stop|--time|10|${ODOO_ID}|`,
      `${COMPOSE}run|--rm|--no-deps|-T|--name|${ONE_OFF}|--entrypoint|/bin/sh|odoo|-c|echo 1000 >/proc/self/oom_score_adj 2>/dev/null; exec "$@"|boot|/entrypoint.sh|odoo|--workers=2|--database=shop|--no-http|--stop-after-init|--max-cron-threads=0|--log-level=info|`,
      `${COMPOSE}run|--rm|--no-deps|-T|--name|${ONE_OFF}|--entrypoint|python3|odoo|-|`,
    ]);
    expect(host.read("manifests")).toContain("ast.literal_eval");
  });

  it("does not look at the manifests after a boot that ended well", () => {
    using host = bootHost("echo fine");
    expect(run(host)).toMatchObject({
      status: 0,
      output: expect.stringMatching(/boot ended with status 0\n$/),
    });
    expect(host.read("manifests")).toBe("");
  });

  it("ends a boot that does not end by itself", () => {
    using host = bootHost('echo $$ >"$FAKE/booting"; exec /bin/sleep 30');
    host.says("on-rm", 'kill "$(cat "$FAKE/booting")"');
    host.command("sleep", "exec /bin/sleep 0.1");
    const { status, output } = run(host, { SECONDS_TO_RUN: "3" });
    expect(status).toBe(0);
    expect(output).toContain("the boot did not end within 3 s, and was ended\n");
    expect(bootFailure(output).status).toBeGreaterThan(0);
    expect(changes(host)).toContain(`docker|rm|--force|${ONE_OFF}|`);
  });

  it.each<[string, (host: RemedyHost) => void, string]>([
    ["Odoo is stopped by then", (host) => host.says(ODOO, "exited"), "Odoo's container is exited"],
    ["the database does not run", (host) => host.says(DB, "exited"), "the database does not run"],
    ["the states cannot be saved", (host) => host.says("no-states", ""), "could not be saved"],
    [
      "PostgreSQL does not answer",
      (host) => host.says("on-exec", "case $* in *POSTGRES_USER*) echo odoo ;; *) exit 2 ;; esac"),
      "does not say which databases there are",
    ],
  ])("takes nothing down when %s", (_, spoil, words) => {
    using host = bootHost();
    spoil(host);
    const { status, output } = run(host);
    expect(status).toBe(UNFIT);
    expect(output).toContain(words);
    expect(changes(host)).toEqual([]);
    expect(host.read("put-back/states")).toBe("");
  });

  it.each(["shopp", "sho", ".*", "-shop", "SHOP"])(
    "takes nothing down for a database that is not there, which a boot would create: %j",
    (DATABASE) => {
      using host = bootHost();
      const { status, output } = run(host, { DATABASE });
      expect(status).toBe(UNFIT);
      expect(output).toContain("there are: postgres shop");
      expect(changes(host)).toEqual([]);
    },
  );

  it("takes nothing down where the kernel would have to kill something for it", () => {
    using host = bootHost();
    host.says("meminfo", "MemTotal: 1000000 kB\nMemAvailable: 200000 kB");
    const program = bent(bootCheck.program(diagnosisOf()), "/proc/meminfo", join(host.path, "meminfo"));
    const { status, output } = host.run(program, { PUT_BACK_DIR: join(host.path, "put-back") });
    expect(status).toBe(UNFIT);
    expect(output).toContain("it needs 328 MiB of memory, and 195 MiB would be available");
    expect(changes(host)).toEqual([]);
    host.says("meminfo", "MemTotal: 1000000 kB\nMemAvailable: 400000 kB");
    expect(host.run(program, { PUT_BACK_DIR: join(host.path, "put-back") }).status).toBe(0);
  });

  it("refuses where the database is not known, or not here", () => {
    expect(() => bootCheck.program(diagnosisOf({ database: unseen("there are two") }))).toThrow(RefusedError);
    expect(() => bootCheck.program(diagnosisOf({ db: undefined }))).toThrow(RefusedError);
  });
});

/** As the kernel has them, in folders of the test's own: the boot's id, and seconds since the boot. */
function putBack(host: RemedyHost, later: { readonly boot?: string; readonly uptime?: number } = {}) {
  const { putBack: program } = bootCheck.program(diagnosisOf());
  if (program === undefined) throw new Error("nothing would put it back");
  host.says("boot_id", later.boot ?? "this-boot").says("uptime", `${later.uptime ?? 1_000}.00 0.00`);
  const here = { ...program, text: kernelOf(host, program.text) };
  return host.run(here, { PUT_BACK_DIR: join(host.path, "put-back"), PUT_BACK_PATIENCE: "5" });
}

function kernelOf(host: RemedyHost, text: string): string {
  return text
    .replaceAll("/proc/sys/kernel/random/boot_id", join(host.path, "boot_id"))
    .replaceAll("/proc/uptime", join(host.path, "uptime"));
}

/** A boot check to its end. @returns how many calls of docker it made */
function checked(host: RemedyHost): number {
  expect(boot(host).status).toBe(0);
  return host.calls.length;
}

/** A boot check that is killed while it waits for `docker stop`; the daemon goes on with the stop. */
function killedWhileItStops(host: RemedyHost): void {
  host.says("on-stop", "exit 137");
  boot(host);
}

function boot(host: RemedyHost) {
  host.says("boot_id", "this-boot").says("uptime", "1000.00 0.00").says("ps-odoo", ODOO_ID);
  const program = bootCheck.program(diagnosisOf());
  const here = { ...program, text: kernelOf(host, program.text) };
  return host.run(here, { PUT_BACK_DIR: join(host.path, "put-back") });
}

describe("what puts Odoo back", () => {
  it("takes the boot's container away, restores the states, and starts Odoo, in this order", () => {
    using host = bootHost();
    const before = checked(host);
    const { status, output } = putBack(host);
    expect(status).toBe(0);
    expect(output).toBe(
      "the states of 2 modules had to be put back\nput back: Odoo's container runs again\n",
    );
    const calls = host.calls.slice(before);
    expect(calls.at(0)).toBe(`docker|rm|--force|${ONE_OFF}|`);
    expect(calls.at(-1)).toBe(`docker|start|${ODOO_ID}|`);
    expect(host.read(ODOO)).toBe("running\n");
    expect(host.read("restored")).toContain(
      "copy saved from stdin;\nbase\tinstalled\nsale\tto upgrade\n\\.\n",
    );
  });

  it("puts a state back only where it is what a failed boot leaves of that mark", () => {
    using host = bootHost();
    checked(host);
    putBack(host);
    expect(host.read("restored")).toContain(
      "s.state like 'to %' and m.state = case s.state when 'to install' then 'uninstalled' else 'installed' end",
    );
  });

  it("can be run again, and then does nothing", () => {
    using host = bootHost();
    checked(host);
    expect(putBack(host).status).toBe(0);
    const before = host.calls.length;
    host.says(ODOO, "exited");
    expect(putBack(host)).toEqual({ status: 0, output: "" });
    expect(host.calls.slice(before)).toEqual([`docker|rm|--force|${ONE_OFF}|`]);
  });

  it.each<[string, (host: RemedyHost) => void, string]>([
    ["the database does not come up", (host) => host.says("no-answer", ""), "are still kept"],
    ["the states cannot be written", (host) => host.says("no-restore", ""), "could not be put back yet"],
  ])("starts Odoo when %s, keeps the states, and is run again", (_, spoil, words) => {
    using host = bootHost();
    checked(host);
    spoil(host);
    const { status, output } = putBack(host);
    expect(status).not.toBe(0);
    expect(output).toContain(words);
    expect(host.read(ODOO)).toBe("running\n");
    expect(host.read("put-back/states")).toContain("sale\tto upgrade");
    // Later the database answers: only what is still owed is done.
    for (const name of ["no-answer", "no-restore"]) rmSync(join(host.path, name), { force: true });
    const before = host.calls.length;
    expect(putBack(host).status).toBe(0);
    expect(host.calls.slice(before).filter((call) => call.includes("start"))).toEqual([]);
    expect(host.read("put-back/states")).toBe("");
  });

  it("waits for a stop that Docker is still carrying out, and starts Odoo after it", () => {
    using host = bootHost();
    killedWhileItStops(host);
    expect(host.read(ODOO)).toBe("running\n");
    expect(host.read("put-back/stop")).toContain("until=1030");
    host.command("sleep", `/bin/sleep 0.02; echo exited >"$FAKE/${ODOO}"`);
    const { status, output } = putBack(host);
    expect({ status, output }).toMatchObject({ status: 0, output: expect.stringContaining("runs again") });
    expect(host.read(ODOO)).toBe("running\n");
  });

  it("does not wait for a stop of before a reboot", () => {
    using host = bootHost();
    killedWhileItStops(host);
    host.command("sleep", "exit 1");
    expect(putBack(host, { boot: "another", uptime: 20 })).toMatchObject({
      status: 0,
      output: expect.stringContaining("put back: Odoo's container runs"),
    });
  });

  it.each<[string, (host: RemedyHost) => void, string]>([
    [
      "started and stopped Odoo since",
      (host) => host.says(`started-${ODOO_ID}`, "by a person"),
      "somebody started and stopped Odoo's container meanwhile",
    ],
    [
      "made Odoo's container new",
      (host) => {
        host.says("ps-odoo", `${ODOO_ID}\n${NEWER_ID}`).says(`state-${NEWER_ID}`, "running");
      },
      "somebody made Odoo's container new meanwhile",
    ],
    [
      "removed Odoo's container",
      (host) => {
        host.says("ps-odoo", "");
        rmSync(join(host.path, ODOO));
      },
      "somebody removed Odoo's container meanwhile",
    ],
  ])("leaves it alone where somebody %s", (_, act, words) => {
    using host = bootHost();
    const before = checked(host);
    act(host);
    const { status, output } = putBack(host);
    expect(status).toBe(0);
    expect(output).toContain(words);
    expect(host.calls.slice(before).filter((call) => /start|stop/.test(call))).toEqual([]);
  });

  it("starts a newer container that a deploy made and did not come to start", () => {
    using host = bootHost();
    checked(host);
    host.says("ps-odoo", `${ODOO_ID}\n${NEWER_ID}`).says(`state-${NEWER_ID}`, "created");
    expect(putBack(host)).toMatchObject({ status: 0, output: expect.stringContaining("runs again") });
    expect(host.read(`state-${NEWER_ID}`)).toBe("running\n");
    expect(host.read(ODOO)).toBe("exited\n");
  });

  it("fails, so that it is tried again, while the daemon does not answer or Odoo does not come up", () => {
    using host = bootHost();
    checked(host);
    host.says("on-start", "echo 'driver failed' >&2; exit 1");
    expect(putBack(host).status).not.toBe(0);
    rmSync(join(host.path, "on-start"));
    host.says("stubborn", "");
    expect(putBack(host).status).not.toBe(0);
    expect(host.read("put-back/stop")).not.toBe("");
    host.command("docker", "exit 1");
    expect(putBack(host).status).not.toBe(0);
  });
});
