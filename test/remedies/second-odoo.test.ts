// A second Odoo: called as the first one is, only where there is memory for it and nothing would be carried out by it,
// and never living longer than the program that started it.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { RefusedError } from "../../src/errors.ts";
import { UNFIT } from "../../src/remedies/remedy.ts";
import { oneOffCommand, secondOdooProgram, shellCommand } from "../../src/remedies/second-odoo.ts";
import { unseen } from "../../src/survey/survey.ts";
import { bent, containerOf, DB_ID, diagnosisOf, ODOO_ID, RemedyHost } from "./support.ts";

const ONE_OFF = `odoo-recover-second-${ODOO_ID.slice(0, 12)}`;
const IN_ODOO_CONTAINER = readFileSync(
  new URL("../../src/remedies/in-odoo-container.sh", import.meta.url),
  "utf8",
);

/** A host whose `docker exec` and `compose run` run what they are told to, and whose Odoo keeps what it was given. */
function odooHost(odoo = 'cat >"$FAKE/program"; echo "the value is $A_VALUE"; exit 3'): RemedyHost {
  const host = new RemedyHost().says(`state-${ODOO_ID}`, "running").says("top", "PID");
  host.says(
    "on-exec",
    `case $* in
  *POSTGRES_USER*) echo odoo ;;
  *'select datname'*) printf 'postgres\\nshop\\n' ;;
  *'to upgrade'*) cat "$FAKE/marked" 2>/dev/null || true ;;
  *in-odoo-container*) shift 3; exec "$@" ;;
esac`,
  );
  // compose run … --entrypoint /bin/sh odoo -c …
  host.says(
    "on-compose",
    `until [ "$1" = --entrypoint ]; do shift; done
shift 3
exec /bin/sh "$@"`,
  );
  host.command("entrypoint", `for word; do printf '%s|' "$word"; done >"$FAKE/words"\n${odoo}`);
  return host;
}

const THROUGH = { entrypoint: ["entrypoint"], command: ["odoo", "-c", "/etc/o.conf", "-u", "all"] };

const program = (text: string, seconds?: number) =>
  secondOdooProgram(diagnosisOf({ odoo: containerOf("odoo", THROUGH) }), text, {}, seconds);

const SHELL = `fit_for_second_odoo
odoo_shell "$PYTHON" "A_VALUE=one  two" ANOTHER=x`;
const PYTHON = `print('it''s "quoted" $HOME \\n')\n\n# ä\nmain()`;

describe("a second Odoo", () => {
  it.each(["running", "exited"])("is called as the first one is, whose container is %s", (state) => {
    using host = odooHost().says(`state-${ODOO_ID}`, state);
    const { status, output } = host.run(program(SHELL), { PYTHON });
    expect({ status, output }).toEqual({ status: 3, output: "the value is one  two\n" });
    expect(host.read("words")).toBe("odoo|shell|-c|/etc/o.conf|--database=shop|--no-http|--workers=0|");
    expect(host.read("program")).toBe(`${PYTHON}\n`);
    const compose = host.calls.filter((call) => call.startsWith("docker|compose|"));
    expect(compose.map((call) => /\|run\|.*?\|odoo\|/.exec(call)?.[0])).toEqual(
      state === "running" ? [] : [`|run|--rm|--no-deps|-T|--name|${ONE_OFF}|--entrypoint|/bin/sh|odoo|`],
    );
    expect(host.calls.at(-1)).toBe(`docker|rm|--force|${ONE_OFF}|`);
    expect(host.read("lifeline")).toBe("");
  });

  it("as a server stops when it has loaded, and takes no port and no jobs", () => {
    using host = odooHost("cat >/dev/null; echo loaded");
    expect(host.run(program("odoo_server --update=sale"))).toEqual({ status: 0, output: "loaded\n" });
    expect(host.read("words")).toBe(
      "odoo|-c|/etc/o.conf|--database=shop|--no-http|--workers=0|--max-cron-threads=0|--stop-after-init|--update=sale|",
    );
  });

  it("is shown to people as one would type it", () => {
    const stopped = diagnosisOf({ odoo: containerOf("odoo", { ...THROUGH, state: "exited" }) });
    expect(shellCommand(diagnosisOf())).toMatch(
      / exec -T odoo \/entrypoint\.sh odoo shell --database=shop --no-http --workers=0$/,
    );
    expect(shellCommand(stopped)).toMatch(
      / run --rm --no-deps -T odoo odoo shell -c \/etc\/o\.conf --database/,
    );
    expect(oneOffCommand(stopped)).toMatch(/ run --rm --no-deps -T odoo odoo -c \/etc\/o\.conf$/);
  });

  it("takes its container away though the program is ended in its middle", () => {
    using host = odooHost("exec sleep 30").says(`state-${ODOO_ID}`, "exited");
    host.command("sleep", "exec /bin/sleep 30");
    const { status } = host.run(program("(/bin/sleep 1; kill -TERM $$) & trap 'exit 124' TERM\nodoo_server"));
    expect(status).toBe(124);
    expect(host.calls.at(-1)).toBe(`docker|rm|--force|${ONE_OFF}|`);
  });

  it("is refused where the database is not known, or not here", () => {
    const refused = [diagnosisOf({ database: unseen("there are two") }), diagnosisOf({ db: undefined })];
    for (const diagnosis of refused) expect(() => secondOdooProgram(diagnosis, "", {})).toThrow(RefusedError);
  });
});

describe("before a second Odoo", () => {
  const asked = "fit_for_second_odoo\nno_module_is_marked\necho fit";

  it.each<[string, (host: RemedyHost) => void, string]>([
    ["Odoo is paused", (host) => host.says(`state-${ODOO_ID}`, "paused"), "Odoo's container is paused"],
    ["Odoo falls", (host) => host.says(`state-${ODOO_ID}`, "restarting"), "Odoo's container is restarting"],
    [
      "the database does not run",
      (host) => host.says(`state-${DB_ID}`, "exited"),
      "the database does not run",
    ],
    [
      "a module is marked, which it would update",
      (host) => host.says("marked", "sale (to upgrade)"),
      "modules are marked, and a second Odoo would carry that out: sale (to upgrade)",
    ],
    [
      "PostgreSQL does not answer",
      (host) => host.says("on-exec", "case $* in *POSTGRES_USER*) echo odoo ;; *) exit 2 ;; esac"),
      "does not say which databases there are",
    ],
  ])("nothing is begun when %s", (_, spoil, words) => {
    using host = odooHost();
    spoil(host);
    const { status, output } = host.run(program(asked));
    expect({ status, output }).toEqual({ status: UNFIT, output: expect.stringContaining(words) });
  });

  it.each(["shopp", "sho", ".*", "-shop", "SHOP"])(
    "a database that is not there is found out, for a server would create it: %j",
    (DATABASE) => {
      using host = odooHost();
      const { status, output } = host.run(program(asked), { DATABASE });
      expect({ status, output }).toEqual({
        status: UNFIT,
        output: expect.stringContaining("there are: postgres shop"),
      });
    },
  );

  it("there has to be what the first one uses and a margin, of the machine and of its container", () => {
    using host = odooHost();
    const bentMemory = bent(program(asked), "/proc/meminfo", join(host.path, "meminfo"));
    const available = (kib: number) => host.says("meminfo", `MemTotal: 9000000 kB\nMemAvailable: ${kib} kB`);
    available(335_871);
    expect(host.run(bentMemory)).toEqual({
      status: UNFIT,
      output: "not done: it needs 328 MiB of memory, and 327 MiB would be available\n",
    });
    available(335_872);
    expect(host.run(bentMemory)).toEqual({ status: 0, output: "fit\n" });
    // Both live under the container's limit: the fake says one answer for the state and for the limit.
    const limited = bent(
      bentMemory,
      "docker inspect --type container --format '{{.HostConfig.Memory}}' \"$CONTAINER\"",
      "echo 268435456",
    );
    expect(host.run(limited)).toEqual({
      status: UNFIT,
      output: "not done: it needs 328 MiB of memory, and 256 MiB would be available\n",
    });
  });
});

describe("what runs inside of Odoo's container", () => {
  const begin = (length: number, seconds: number, script: string) => {
    const child = spawn(
      "/bin/sh",
      [
        "-c",
        IN_ODOO_CONTAINER,
        "in-odoo-container",
        String(length),
        String(seconds),
        "/bin/sh",
        "-c",
        script,
      ],
      { stdio: ["pipe", "pipe", "inherit"] },
    );
    let output = "";
    child.stdout.on("data", (data: Buffer) => {
      output += data.toString();
    });
    const said = async (words: string) => {
      while (!output.includes(words)) await once(child.stdout, "data");
    };
    const ended = once(child, "close").then(([status]) => ({ status, output }));
    return { child, said, ended };
  };

  it("ends when whoever started it is gone, though its program would go on", async () => {
    const { child, said, ended } = begin(
      4,
      60,
      "trap 'echo told; exit 7' TERM; cat; while :; do sleep 0.1; done",
    );
    child.stdin.write("main");
    await said("main");
    child.stdin.end();
    expect(await ended).toEqual({ status: 7, output: "maintold\n" });
  });

  it("never runs half of a program", async () => {
    const { child, ended } = begin(100, 60, "echo ran");
    child.stdin.end("main");
    expect(await ended).toEqual({ status: 1, output: "the program did not arrive whole\n" });
  });

  it("ends with its program, and after its time", async () => {
    const quick = begin(2, 60, "cat; exit 5");
    quick.child.stdin.write("ok");
    expect(await quick.ended).toEqual({ status: 5, output: "ok" });
    const slow = begin(1, 1, "sleep 30");
    slow.child.stdin.write("x");
    expect(await slow.ended).toMatchObject({ status: 124 });
  });
});
