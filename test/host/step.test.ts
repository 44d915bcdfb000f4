// Steps: programs that run on though we go away, once, and whose end is known or said not to be.
// Real processes on this machine; connections are cut for real.

import { spawnSync } from "node:child_process";
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { HostError } from "../../src/errors.ts";
import type { Host } from "../../src/host/host.ts";
import { acquireLease, releaseLease } from "../../src/host/lease/lease.ts";
import { localTransport } from "../../src/host/local.ts";
import { followStep, runStep, type Step, type StepEnd } from "../../src/host/steps/step.ts";
import type { ExecOptions, Transport } from "../../src/host/transport.ts";
import { until } from "../support/clocks.ts";
import { openHost, temporaryPlace } from "../support/hosts.ts";
import { processesWith, runs } from "../support/processes.ts";

const OWNER = "0123456789abcdef0123456789abcdef";
const NAME = "01234567-1-start-stack";

let host: Host;
let state: ReturnType<typeof temporaryPlace>;

beforeEach(async () => {
  state = temporaryPlace();
  ({ host } = await openHost());
  await acquireLease(host, state.place, OWNER, "a test");
});
afterEach(() => state[Symbol.dispose]());

const stepDirectory = (name = NAME): string => join(state.place.root, state.place.key, "runs", name);
const trace = (): string => join(state.path, "trace");
const traced = (): string => (existsSync(trace()) ? readFileSync(trace(), "utf8") : "");
const letGo = (): void => appendFileSync(join(state.path, "go"), "");
const pidOf = (name = NAME): number => Number(readFileSync(join(stepDirectory(name), "pid"), "utf8"));

function step(text: string, more: Partial<Step> = {}): Step {
  return { name: NAME, text, values: { HERE: state.path }, seconds: 20, ...more };
}

// Leaves a trace of each run, then waits to be let go; goes by itself when the test is over.
const WAITING = `
echo run >>"$HERE/trace"
while [ -d "$HERE" ] && ! [ -e "$HERE/go" ]; do sleep 0.02; done
echo done
exit 4`;

const auditLog = (): string[] =>
  readFileSync(join(state.place.auditRoot, state.place.key, "audit.log"), "utf8")
    .trimEnd()
    .split("\n");

async function run(wanted: Step, on: Host = host): Promise<{ end: StepEnd; output: string }> {
  let output = "";
  const end = await runStep(on, state.place, OWNER, wanted, (text) => {
    output += text;
  });
  return { end, output };
}

/** A host whose connection goes away, so many times, when a command line's input holds the text: after it was sent, or before. */
async function losing(text: string, when: "before" | "after", error?: HostError, times = 1) {
  let lost = 0;
  const connect = async (): Promise<Transport> => {
    const local = localTransport();
    return {
      ...local,
      exec: async (command: string, options: ExecOptions) => {
        const hit = lost < times && String(options.stdin).includes(text);
        if (hit) lost += 1;
        if (hit && when === "before") throw error ?? new HostError("lost", "the connection went away");
        const end = await local.exec(command, hit ? { ...options, onStdout: () => {} } : options);
        if (hit) throw error ?? new HostError("lost", "the connection went away");
        return end;
      },
    };
  };
  return { ...(await openHost(connect)), lost: () => lost };
}

describe("a step", () => {
  it("brings home what it printed, on both streams, and its status", async () => {
    const { end, output } = await run(
      step('echo "out $GREETING"\necho err >&2\nexit 7', { values: { GREETING: "it's" } }),
    );
    expect(end).toEqual({ outcome: "ended", status: 7 });
    expect(output).toBe("out it's\nerr\n");
  });

  it("stands in the audit log, with the approval under which it runs where it needs one", async () => {
    await run(step("true", { name: "01234567-1-none" }));
    await run(step("true", { name: "01234567-2-empty", approval: "" }));
    await run(step("true", { name: "01234567-3-approved", approval: "a token, run by alice" }));
    expect(auditLog().map((line) => line.replace(/^\S+Z /, ""))).toEqual([
      "lease acquired by a test",
      "step 01234567-1-none started",
      "step 01234567-2-empty started",
      "step 01234567-3-approved started under the approval a token, run by alice",
    ]);
  });

  it("stands in the audit log in one line of plain text, whatever a name holds", async () => {
    const approval = `a'"$(touch x)\`%s\\n\nforged line\r\u2028\u202e\u200b\u001b[31m\0${"x".repeat(10_000)}`;
    await run(step("true", { approval }));
    expect(auditLog()).toHaveLength(2);
    const [, line = ""] = auditLog();
    expect(line).toContain("approval a'\"$(touch x)`%s\\n forged line [31m xxx");
    expect(line).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
    expect(line.length).toBeLessThan(600);
  });

  it("may print more than one look brings home", async () => {
    const { end, output } = await run(step("seq 1 120000; exit 1"));
    expect(end).toEqual({ outcome: "ended", status: 1 });
    expect(output).toBe(`${Array.from({ length: 120_000 }, (_, index) => index + 1).join("\n")}\n`);
  });

  it("may print exactly as much as one look brings home", async () => {
    const { end, output } = await run(step("yes | head -c 262144"));
    expect(end).toEqual({ outcome: "ended", status: 0 });
    expect(output.length).toBe(262_144);
  });

  it("may print anything: characters cut in two, bytes that are no text, what looks like our own markers", async () => {
    // The character is cut by the bound of a look: 262,143 bytes before it.
    const { end, output } = await run(
      step("yes | head -c 262143\nprintf 'ü\\n\\377\\000\\n\\n0123 section state\\nended 0\\n\\n\\303'"),
    );
    expect(end).toEqual({ outcome: "ended", status: 0 });
    expect(output.slice(262_143)).toBe("ü\n\ufffd\n\n0123 section state\nended 0\n\n\ufffd");
  });

  it("reads nothing, runs in the C locale, and is told its values exactly", async () => {
    const hostile = "a'b\n$(touch x)`id`\\ \"\r -n é";
    const { output } = await run(
      step('cat\necho "$LC_ALL"\nprintf "%s" "$VALUE" | od -An -v -tx1 | tr -d " \\n"', {
        values: { VALUE: hostile },
      }),
    );
    expect(output).toBe(`C\n${Buffer.from(hostile).toString("hex")}`);
  });

  it("is no child of ours, and holds neither our lock nor our connection", async () => {
    const following = runStep(host, state.place, OWNER, step(WAITING), () => {});
    await until("it runs", () => traced() !== "");
    const open = readdirSync(`/proc/${pidOf()}/fd`).map((fd) =>
      spawnSync("readlink", [`/proc/${pidOf()}/fd/${fd}`]).stdout.toString(),
    );
    expect(open.some((target) => target.includes("/lock"))).toBe(false);
    // The lock is free while it runs: others find the lease held, and are not kept waiting.
    expect(await acquireLease(host, state.place, "b".repeat(32), "bob")).toMatchObject({ outcome: "held" });
    letGo();
    await following;
  });

  it("that exceeds its time is ended, with what ignores being asked", async () => {
    const { end, output } = await run(step("echo before\n(sleep 300 & wait)\necho after", { seconds: 1 }));
    expect(end).toEqual({ outcome: "ended", status: 124 });
    expect(output).toMatch(/^before\n/);
    expect(output).not.toContain("after");
  });

  it("is not begun when the lease is not ours", async () => {
    const before = readdirSync(join(stepDirectory(), ".."));
    const end = await runStep(host, state.place, "f".repeat(32), step(WAITING), () => {});
    expect(end).toEqual({ outcome: "gone" });
    expect(traced()).toBe("");
    expect(readdirSync(join(stepDirectory(), ".."))).toEqual(before);
  });

  it("is not begun when nobody holds the lease", async () => {
    await releaseLease(host, state.place, OWNER);
    expect((await run(step(WAITING))).end).toEqual({ outcome: "gone" });
    expect(traced()).toBe("");
  });
});

describe("a step that is started twice", () => {
  it("runs once, one after the other", async () => {
    letGo();
    expect((await run(step(WAITING))).end).toEqual({ outcome: "ended", status: 4 });
    expect(await run(step(WAITING))).toEqual({
      end: { outcome: "ended", status: 4 },
      output: "run\ndone\n".slice(4),
    });
    expect(traced()).toBe("run\n");
  });

  it("runs once, side by side", async () => {
    const both = Promise.all(Array.from({ length: 8 }, () => run(step(WAITING))));
    await until("it runs", () => traced() !== "");
    letGo();
    for (const { end, output } of await both) {
      expect(end).toEqual({ outcome: "ended", status: 4 });
      expect(output).toBe("done\n");
    }
    expect(traced()).toBe("run\n");
  });
});

describe("when the connection goes away", () => {
  it.each([
    ["is lost", undefined],
    ["is too slow", new HostError("timed-out", "no answer")],
    ["breaks off", new HostError("nonsense", "half an answer")],
  ])("a step whose starter's answer %s is found running, and runs once", async (_, error) => {
    const bent = await losing("SECONDS_ALLOWED=", "after", error);
    letGo();
    const { end, output } = await run(step(WAITING), bent.host);
    expect(bent.lost()).toBe(1);
    expect({ end, output }).toEqual({ end: { outcome: "ended", status: 4 }, output: "done\n" });
    expect(traced()).toBe("run\n");
  });

  it("a step that never arrived is sent again under the same id, and runs once", async () => {
    const bent = await losing("SECONDS_ALLOWED=", "before", undefined, 2);
    letGo();
    expect((await run(step(WAITING), bent.host)).end).toEqual({ outcome: "ended", status: 4 });
    expect(bent.lost()).toBe(2);
    // The network hands over late what was sent before: it finds that the step has run.
    expect((await run(step(WAITING))).end).toEqual({ outcome: "ended", status: 4 });
    expect(traced()).toBe("run\n");
  });

  it("again and again, a step that never arrives is absent, and can no longer start", async () => {
    const bent = await losing("SECONDS_ALLOWED=", "before", undefined, 3);
    expect((await run(step(WAITING), bent.host)).end).toEqual({ outcome: "absent" });
    // The network hands over late what was sent before: it finds its place taken.
    expect((await run(step(WAITING))).end).toEqual({ outcome: "vanished" });
    expect(traced()).toBe("");
  });

  it("a step is heard while it runs, and followed again from where its output was, nothing twice and nothing missing", async () => {
    const bent = await losing("OFFSET='4'", "after");
    let output = "";
    const following = runStep(bent.host, state.place, OWNER, step(`printf 'one\\n'\n${WAITING}`), (text) => {
      output += text;
    });
    await until("the first look is home", () => output === "one\n", 15_000);
    letGo();
    expect(await following).toEqual({ outcome: "ended", status: 4 });
    expect(bent.lost()).toBe(1);
    expect(output).toBe("one\ndone\n");
  });

  it("for good, a step goes on, and its end is found later by its name", async () => {
    const stop = new AbortController();
    const leaving = runStep(host, state.place, OWNER, step(WAITING), () => {}, stop.signal);
    await until("it runs", () => traced() !== "");
    stop.abort(new Error("we go away"));
    await expect(leaving).rejects.toThrow("we go away");
    expect(runs(pidOf())).toBe(true);
    letGo();
    const { host: later } = await openHost();
    let output = "";
    const end = await followStep(later, state.place, { name: NAME, seconds: 60 }, (text) => {
      output += text;
    });
    expect(end).toEqual({ outcome: "ended", status: 4 });
    expect(output).toBe("done\n");
  });
});

describe("a step that is interfered with", () => {
  it("goes on when everything that started it is killed", async () => {
    const starting = runStep(host, state.place, OWNER, step(WAITING), () => {}).catch(
      (error: unknown) => error,
    );
    await until("it runs", () => traced() !== "" && existsSync(join(stepDirectory(), "pid")));
    // Every `sh -s` of ours: the starter, or the one that follows it.
    for (const pid of childrenOf(process.pid)) kill(-pid);
    expect(runs(pidOf())).toBe(true);
    letGo();
    await starting;
    expect(await followStep(host, state.place, { name: NAME, seconds: 60 }, () => {})).toEqual({
      outcome: "ended",
      status: 4,
    });
    expect(traced()).toBe("run\n");
  });

  it("is told as vanished when it is killed whole", async () => {
    const following = run(step(WAITING));
    await until("it runs", () => traced() !== "");
    for (const pid of sessionOf(pidOf())) kill(pid);
    expect((await following).end).toEqual({ outcome: "vanished" });
  });

  it("is not told as vanished while a part of it still runs", async () => {
    let ended = false;
    const following = run(step(WAITING)).finally(() => {
      ended = true;
    });
    await until("it runs", () => traced() !== "");
    process.kill(pidOf(), "SIGKILL");
    await until("it is dead", () => !runs(pidOf()));
    // Another one who looks sees it run as well, and does not take the lease.
    expect(await releaseLease(host, state.place, OWNER)).toBe("step-runs");
    expect(ended).toBe(false);
    letGo();
    expect((await following).end).toEqual({ outcome: "vanished" });
  });

  it("is told as vanished after a reboot", async () => {
    mkdirSync(stepDirectory());
    appendFileSync(join(stepDirectory(), "started"), "boot=00000000-0000-0000-0000-000000000000\nunit=\n");
    appendFileSync(join(stepDirectory(), "pid"), `${process.pid}\n`);
    appendFileSync(join(stepDirectory(), "log"), "last words\n");
    let output = "";
    const end = await followStep(host, state.place, { name: NAME, seconds: 60 }, (text) => {
      output += text;
    });
    expect({ end, output }).toEqual({ end: { outcome: "vanished" }, output: "last words\n" });
  });
});

describe("after a release", () => {
  it("nothing of a step is left: no file, no process", async () => {
    await run(step("echo hello"));
    await run(step("exit 3", { name: "01234567-2-restart-odoo" }));
    expect(await releaseLease(host, state.place, OWNER)).toBe("released");
    expect(readdirSync(join(state.place.root, state.place.key))).toEqual(["lock"]);
    expect(processesWith(state.path)).toEqual([]);
  });
});

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended by itself: `pgrep`, or a `sleep`.
  }
}

function childrenOf(pid: number): number[] {
  return numbers(spawnSync("pgrep", ["-P", String(pid)]).stdout.toString());
}

function sessionOf(pid: number): number[] {
  return numbers(spawnSync("pgrep", ["-s", String(pid)]).stdout.toString());
}

function numbers(text: string): number[] {
  return text.split("\n").filter(Boolean).map(Number);
}
