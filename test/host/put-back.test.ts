// The dead-man of a step: what puts the host back however the step ends, a kill and a reboot included. The programs are
// run by a real sh; systemd is a stand-in that keeps what it is told to, in a directory of the test's own.

import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Host } from "../../src/host/host.ts";
import { acquireLease, releaseLease } from "../../src/host/lease/lease.ts";
import { localTransport } from "../../src/host/local.ts";
import { followStep, runStep, type Step, type StepEnd, stopStep } from "../../src/host/steps/step.ts";
import type { Transport } from "../../src/host/transport.ts";
import { until } from "../support/clocks.ts";
import { openHost, temporaryPlace } from "../support/hosts.ts";
import { processesWith, runs } from "../support/processes.ts";

const OWNER = "0123456789abcdef0123456789abcdef";
const NAME = "01234567-1-boot-check";

/**
 * Runs a unit as systemd does with Type=exec and KillMode=mixed (systemd.kill(5)): its main process in a session of its
 * own; when that is gone, whatever is left of it is killed, and then ExecStopPost runs.
 */
const SYSTEMD_RUN = `#!/bin/sh
echo "systemd-run $*" >>"$FAKE/calls"
post= out=/dev/null
while :; do
  case $1 in
    --unit=*) unit=\${1#--unit=} ;;
    --property=StandardOutput=append:*) out=\${1#--property=StandardOutput=append:} ;;
    --property=ExecStopPost=*) post=\${1#--property=ExecStopPost=-} ;;
    --*) ;;
    *) break ;;
  esac
  shift
done
{
  setsid "$@" </dev/null >/dev/null 2>&1 &
  echo $! >"$FAKE/$unit"
  : >"$FAKE/$unit.began"
  wait $!
  pkill -KILL -s "$(cat "$FAKE/$unit")"
  $post >>"$out" 2>&1
  rm "$FAKE/$unit"
} </dev/null >/dev/null 2>&1 &
until [ -e "$FAKE/$unit.began" ]; do sleep 0.02; done
rm "$FAKE/$unit.began"
`;

const SYSTEMCTL = `#!/bin/sh
echo "systemctl $*" >>"$FAKE/calls"
case $1 in
  is-active) if [ -f "$FAKE/$2" ]; then echo active; else echo inactive; exit 3; fi ;;
  stop)
    [ -f "$FAKE/$2" ] || exit 0
    kill -TERM "$(cat "$FAKE/$2")"
    while [ -f "$FAKE/$2" ]; do sleep 0.02; done
    ;;
  enable) if [ -f "$FAKE/cannot-enable" ]; then echo "Failed to enable unit: Read-only file system" >&2; exit 1; fi ;;
esac
`;

let state: ReturnType<typeof temporaryPlace>;
let host: Host;

const path = (...names: string[]): string => join(state.path, ...names);
const putBackDirectory = (): string => path("audit", state.place.key, "put-back");
const units = (): string => path("etc-systemd");
const unitFile = (): string => join(units(), `odoo-recover-put-back-${state.place.key}.service`);
const read = (file: string): string => (existsSync(file) ? readFileSync(file, "utf8") : "");
const traced = (): string => read(path("trace"));
const calls = (): string => read(path("fake", "calls"));
const letGo = (): void => writeFileSync(path("go"), "");

/** This machine as one with systemd, which lies in a directory of the test's own. */
function withSystemd(): Transport {
  const local = localTransport();
  return {
    ...local,
    exec: (command, options) =>
      local.exec(`FAKE=${path("fake")} PATH=${path("bin")}:$PATH ${command}`, {
        ...options,
        stdin: String(options.stdin)
          .replaceAll("/run/systemd/system", path("run-systemd"))
          .replaceAll("/etc/systemd/system", units()),
      }),
  };
}

function stand(name: string, text: string): void {
  writeFileSync(path("bin", name), text);
  chmodSync(path("bin", name), 0o755);
}

beforeEach(async () => {
  state = temporaryPlace();
  for (const directory of ["bin", "fake", "run-systemd", "etc-systemd"]) mkdirSync(path(directory));
  stand("systemctl", SYSTEMCTL);
  stand("systemd-run", SYSTEMD_RUN);
  // Whoever runs the tests: on such a host steps are root's.
  stand("id", '#!/bin/sh\nif [ "$*" = -u ]; then echo 0; else exec /usr/bin/id "$@"; fi\n');
  ({ host } = await openHost(async () => withSystemd()));
  await acquireLease(host, state.place, OWNER, "a test");
});
afterEach(async () => {
  letGo();
  for (const pid of processesWith(state.path)) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It has ended meanwhile.
    }
  }
  state[Symbol.dispose]();
});

const PUT_BACK = {
  afterReboot: "required" as const,
  text: 'echo "put back $WHAT" >>"$HERE/trace"\necho "is put back"\ncp "$PUT_BACK_DIR/saved" "$HERE/saved" 2>/dev/null || true',
  values: { WHAT: "it's" },
};

function step(text: string, more: Partial<Step> = {}): Step {
  const values = { HERE: state.path };
  return {
    name: NAME,
    text,
    values,
    seconds: 20,
    putBack: { ...PUT_BACK, values: { ...values, ...PUT_BACK.values } },
    ...more,
  };
}

const WAITING = `
echo run >>"$HERE/trace"
while [ -d "$HERE" ] && ! [ -e "$HERE/go" ]; do sleep 0.02; done
echo done >>"$HERE/trace"`;

async function run(wanted: Step): Promise<{ end: StepEnd; output: string }> {
  let output = "";
  const end = await runStep(host, state.place, OWNER, wanted, (text) => {
    output += text;
  });
  return { end, output };
}

/** As systemd at boot runs a unit that is enabled. */
function boot(): SpawnSyncReturns<Buffer> {
  const [, command = ""] = /^ExecStart=(.*)$/m.exec(read(unitFile())) ?? [];
  return spawnSync("/bin/sh", ["-c", command], {
    env: { ...process.env, FAKE: path("fake"), PATH: `${path("bin")}:${process.env.PATH}` },
  });
}

function expectNothingLeft(): void {
  expect(existsSync(putBackDirectory())).toBe(false);
  expect(readdirSync(units())).toEqual([]);
}

describe("what puts the host back", () => {
  it("stands on disk, enabled for the next boot, before the step begins", async () => {
    await run(
      step(
        'cp "$PUT_BACK_DIR/program" "$HERE/program"\ncp "$PUT_BACK_DIR/run" "$HERE/run"\ncp "$HERE/fake/calls" "$HERE/calls"\ncp "$HERE"/etc-systemd/* "$HERE/unit"',
      ),
    );
    expect(read(path("program"))).toContain("is put back");
    const unit = read(path("unit"));
    expect(unit).toContain(`ExecStart=/bin/sh ${putBackDirectory()}/run\n`);
    expect(unit).toContain("WantedBy=multi-user.target\n");
    expect(unit).toContain("After=docker.service\n");
    expect(unit).toContain("Restart=on-failure\n");
    expect(read(path("calls"))).toMatch(/^systemctl enable .*put-back-shop-1234abcd\.service$/m);
  });

  it.each([0, 4])("runs once after a step that ends with %i, whose status stays its own", async (status) => {
    const { end, output } = await run(step(`echo begun\necho saved >"$PUT_BACK_DIR/saved"\nexit ${status}`));
    expect(end).toEqual({ outcome: "ended", status });
    // Its output is part of the step's, so a person sees that it was done.
    expect(output).toBe("begun\nis put back\n");
    expect(traced()).toBe("put back it's\n");
    expect(read(path("saved"))).toBe("saved\n");
    expectNothingLeft();
    expect(calls()).toMatch(/^systemctl disable .*put-back-shop-1234abcd\.service$/m);
    expect(read(path("audit", state.place.key, "audit.log"))).toContain(
      `the host is as it must be after the step ${NAME}: is put back`,
    );
  });

  it("has run by the time that the step's end is told", async () => {
    const slow = {
      ...PUT_BACK,
      text: `sleep 1\n${PUT_BACK.text}`,
      values: { HERE: state.path, WHAT: "late" },
    };
    await run(step(":", { putBack: slow }));
    expect(traced()).toBe("put back late\n");
  });

  it("runs after a step that took too long", async () => {
    const { end } = await run(step(WAITING, { seconds: 1 }));
    expect(end).toEqual({ outcome: "ended", status: 124 });
    expect(traced()).toBe("run\nput back it's\n");
    expectNothingLeft();
  });

  it("runs when the step is killed whole, and the step is told as vanished", async () => {
    const following = run(step(WAITING));
    await until("it runs", () => traced() !== "");
    const pid = Number(read(path("fake", `odoo-recover-${NAME}.service`)));
    process.kill(pid, "SIGKILL");
    const { end, output } = await following;
    expect(end).toEqual({ outcome: "vanished" });
    // Who follows the step sees that it was done.
    expect(output).toContain("is put back\n");
    expect(traced()).toBe("run\nput back it's\n");
    expectNothingLeft();
  });

  it("runs at the next boot when the host went down in the middle, and not again at the one after", async () => {
    const going = run(step(WAITING));
    await until("it runs", () => traced() !== "");
    // The power goes: nothing of it gets a last word.
    const supervisor = processesWith(path("fake")).concat(processesWith(path("bin", "systemd-run")));
    for (const pid of [...supervisor, ...processesWith(`${state.place.key}/runs/${NAME}`)]) {
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // It went with another.
      }
    }
    spawnSync("rm", ["-f", path("fake", `odoo-recover-${NAME}.service`)]);
    expect(traced()).toBe("run\n");
    expect(existsSync(unitFile())).toBe(true);
    expect(boot().status).toBe(0);
    expect(traced()).toBe("run\nput back it's\n");
    expectNothingLeft();
    expect((await going.catch(() => ({ end: { outcome: "vanished" } }))).end).toEqual({
      outcome: "vanished",
    });
  });

  it("runs once at a time, whoever starts it", async () => {
    const slow = {
      ...PUT_BACK,
      text: `echo in >>"$HERE/trace"\nsleep 0.5\necho out >>"$HERE/trace"`,
      values: { HERE: state.path },
    };
    const following = run(step(WAITING, { putBack: slow }));
    await until("it runs", () => traced() !== "");
    const file = join(putBackDirectory(), "run");
    const others = spawnSync("/bin/sh", ["-c", `for i in 1 2 3; do sh ${file} & done; wait`], {
      env: { ...process.env, FAKE: path("fake"), PATH: `${path("bin")}:${process.env.PATH}` },
    });
    expect(others.status).toBe(0);
    letGo();
    await following;
    expect(traced().replace("run\n", "").replace("done\n", "")).toBe("in\nout\n");
  });

  it("runs though what it says cannot be written anywhere", async () => {
    const { end } = await run(
      step('mkdir "$PUT_BACK_DIR/said.new"', {
        putBack: { ...PUT_BACK, values: { HERE: state.path, WHAT: "all the same" } },
      }),
    );
    expect(end).toEqual({ outcome: "ended", status: 0 });
    expect(traced()).toBe("put back all the same\n");
    expectNothingLeft();
  });

  it("tries again when it fails", async () => {
    const text = `echo try >>"$HERE/trace"\n[ "$(grep -c try "$HERE/trace")" -ge 2 ]`;
    const { end } = await run(step(":", { putBack: { ...PUT_BACK, text, values: { HERE: state.path } } }));
    expect(end).toEqual({ outcome: "ended", status: 0 });
    expect(traced()).toBe("try\ntry\n");
    expectNothingLeft();
  });

  it("that goes on failing is handed to systemd, stays on disk, and is done at the next boot", async () => {
    const text = `[ -e "$HERE/mended" ]\necho "put back at last" >>"$HERE/trace"`;
    const { end } = await run(
      step(":", { putBack: { ...PUT_BACK, text: `set -e\n${text}`, values: { HERE: state.path } } }),
    );
    expect(end).toEqual({ outcome: "ended", status: 0 });
    expect(calls()).toMatch(/^systemctl start --no-block odoo-recover-put-back-shop-1234abcd\.service$/m);
    expect(calls()).not.toMatch(/^systemctl disable/m);
    expect(existsSync(unitFile())).toBe(true);
    writeFileSync(path("mended"), "");
    expect(boot().status).toBe(0);
    expect(traced()).toBe("put back at last\n");
    expectNothingLeft();
  }, 60_000);
});

describe("what cannot be put back, however often it is tried", () => {
  const HOPELESS = { ...PUT_BACK, text: "echo 'nothing helps'\nexit 1", values: {} };
  /** One try short of the last. */
  const TRIED = 'echo precious >"$PUT_BACK_DIR/states"\nseq 89 >"$PUT_BACK_DIR/tries"';

  it("is given up in the end: what was saved is kept, and the next run finds a mark", async () => {
    const { end, output } = await run(step(TRIED, { putBack: HOPELESS }));
    expect(end).toEqual({ outcome: "ended", status: 0 });
    expect(output).toBe("nothing helps\n");
    expectNothingLeft();
    const audit = path("audit", state.place.key);
    expect(read(join(audit, "kept", `${NAME}-put-back`, "states"))).toBe("precious\n");
    expect(read(join(audit, "gave-up"))).toMatch(/^\d{4}-\S+Z 01234567-1-boot-check: nothing helps\n$/);
    expect(read(join(audit, "audit.log"))).toContain("gave up putting back after the step");
  });

  it("stands in nobody's way afterwards", async () => {
    await run(step(TRIED, { putBack: HOPELESS }));
    const { end } = await run(step("echo next", { name: "01234567-2-boot-check" }));
    expect(end).toEqual({ outcome: "ended", status: 0 });
    expectNothingLeft();
  });

  it("holds the next step off as long as it is tried, and says why", async () => {
    await run(step(":", { putBack: HOPELESS }));
    const { end } = await run(step(WAITING, { name: "01234567-2-boot-check" }));
    expect(end).toEqual({
      outcome: "unarmed",
      why: "an earlier step is not put back yet: nothing helps",
    });
    expect(traced()).toBe("");
  }, 60_000);
});

describe("a step that must be put back", () => {
  it("is not begun where there is no systemd to do it after a reboot", async () => {
    spawnSync("rm", ["-r", path("run-systemd")]);
    const { end } = await run(step(WAITING));
    expect(end).toEqual({ outcome: "unarmed", why: expect.stringContaining("no systemd") });
    expect(traced()).toBe("");
    expectNothingLeft();
  });

  it("is begun all the same where that was only wanted, and is put back when it has ended", async () => {
    spawnSync("rm", ["-r", path("run-systemd")]);
    const { end } = await run(
      step("echo begun", {
        putBack: { ...PUT_BACK, afterReboot: "wanted", values: { HERE: state.path, WHAT: "at its end" } },
      }),
    );
    expect(end).toEqual({ outcome: "ended", status: 0 });
    expect(traced()).toBe("put back at its end\n");
    expectNothingLeft();
  });

  it("is not begun when that cannot be made ready, and says why", async () => {
    writeFileSync(path("fake", "cannot-enable"), "");
    const { end } = await run(step(WAITING));
    expect(end).toEqual({ outcome: "unarmed", why: "Failed to enable unit: Read-only file system" });
    expect(traced()).toBe("");
    expect(calls()).not.toContain("systemd-run");
    expectNothingLeft();
    expect(await releaseLease(host, state.place, OWNER)).toBe("released");
  });

  it("is not begun when there is no room for it on disk", async () => {
    writeFileSync(path("audit", state.place.key, "put-back"), "a file where the folder should be");
    const { end } = await run(step(WAITING));
    expect(end).toMatchObject({ outcome: "unarmed", why: expect.stringMatching(/./) });
    expect(traced()).toBe("");
  });

  it("is not needed for a step that says nothing of it, and then nothing is armed", async () => {
    const { putBack, ...plain } = step('echo hello\ntest -d "$PUT_BACK_DIR" || echo "no folder"');
    expect(putBack).toBeDefined();
    expect(await run(plain)).toEqual({ end: { outcome: "ended", status: 0 }, output: "hello\nno folder\n" });
    expect(calls()).not.toContain("enable");
    expectNothingLeft();
  });
});

describe("a step that is stopped", () => {
  it("ends at once, and is put back before the stopping is over", async () => {
    const following = run(step(WAITING));
    await until("it runs", () => traced() !== "");
    await stopStep(host, state.place, NAME);
    expect(traced()).toBe("run\nput back it's\n");
    expectNothingLeft();
    expect((await following).end).toEqual({ outcome: "vanished" });
    expect(read(path("audit", state.place.key, "audit.log"))).toContain(`step ${NAME} was stopped`);
    expect(processesWith(`${state.place.key}/runs/${NAME}`)).toEqual([]);
  });

  it("that had ended keeps its end", async () => {
    await run(step("exit 3"));
    await stopStep(host, state.place, NAME);
    expect(await followStep(host, state.place, { name: NAME, seconds: 60 }, () => {})).toEqual({
      outcome: "ended",
      status: 3,
    });
    expect(traced()).toBe("put back it's\n");
  });

  it("that was never begun is not begun by that", async () => {
    await stopStep(host, state.place, NAME);
    expect(calls()).not.toContain("systemd-run");
    expect(await followStep(host, state.place, { name: NAME, seconds: 60 }, () => {})).toEqual({
      outcome: "absent",
    });
  });

  it("without systemd ends with all that it started", async () => {
    spawnSync("rm", ["-r", path("run-systemd")]);
    const { putBack, ...plain } = step(
      'echo $$ >"$HERE/pid"\n(while [ -d "$HERE" ]; do sleep 0.1; done) &\nwait',
    );
    expect(putBack).toBeDefined();
    const following = run(plain);
    await until("it runs", () => read(path("pid")) !== "");
    await stopStep(host, state.place, NAME);
    expect((await following).end).toEqual({ outcome: "vanished" });
    expect(runs(Number(read(path("pid"))))).toBe(false);
    expect(processesWith(`${state.place.key}/runs/${NAME}`)).toEqual([]);
  });
});
