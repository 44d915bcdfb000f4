// What runs leave on a host: nothing of those that are dead, everything of those that live, and no growth.

import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Host } from "../../src/host/host.ts";
import { acquireLease, releaseLease } from "../../src/host/lease/lease.ts";
import { removeLeftovers } from "../../src/host/leftovers/leftovers.ts";
import { runStep } from "../../src/host/steps/step.ts";
import { openHost, temporaryPlace } from "../support/hosts.ts";

const KILLED = "a".repeat(32);
const STEP = "aaaaaaaa-1-start-stack";
const DAY = 86_400;

let host: Host;
let state: ReturnType<typeof temporaryPlace>;

beforeEach(async () => {
  state = temporaryPlace();
  ({ host } = await openHost());
});
afterEach(() => state[Symbol.dispose]());

const stateDirectory = (): string => join(state.place.root, state.place.key);
const leasePath = (): string => join(stateDirectory(), "lease");
const auditLog = (): string => join(state.place.auditRoot, state.place.key, "audit.log");
const remove = () => removeLeftovers(host, { ...state.place, key: "any" });

/** A run that began a step and was then killed. */
async function killedRun(program = "true"): Promise<void> {
  await acquireLease(host, state.place, KILLED, "a test");
  await runStep(host, state.place, KILLED, { name: STEP, text: program, values: {}, seconds: 20 }, () => {});
}

function letHeartbeatGrowOld(): void {
  writeFileSync(leasePath(), readFileSync(leasePath(), "utf8").replace(/^lives=.*$/m, "lives=-1"));
}

describe("what a killed run left", () => {
  it("is removed when its lease has run out, and is named", async () => {
    await killedRun();
    letHeartbeatGrowOld();
    expect(await remove()).toEqual([{ run: "aaaaaaaa", step: STEP }]);
    expect(readdirSync(stateDirectory())).toEqual(["lock"]);
    expect(readFileSync(auditLog(), "utf8")).toMatch(/Z removed what the run aaaaaaaa had left\n$/);
    expect(await remove()).toEqual([]);
  });

  it("is removed after a reboot", async () => {
    await killedRun();
    writeFileSync(leasePath(), readFileSync(leasePath(), "utf8").replace(/^boot=.*$/m, "boot=another"));
    expect(await remove()).toHaveLength(1);
    expect(readdirSync(stateDirectory())).toEqual(["lock"]);
  });

  it("is removed where its lease is gone and a run directory is still there", async () => {
    mkdirSync(join(stateDirectory(), "runs", STEP), { recursive: true });
    writeFileSync(join(stateDirectory(), "lock"), "");
    expect(await remove()).toEqual([{ run: undefined, step: undefined }]);
    expect(readdirSync(stateDirectory())).toEqual(["lock"]);
  });

  it("stays as long as its lease may still be renewed", async () => {
    await killedRun();
    expect(await remove()).toEqual([]);
    expect(existsSync(leasePath())).toBe(true);
    expect(existsSync(join(stateDirectory(), "runs", STEP, "status"))).toBe(true);
  });

  it("stays as long as its step runs", async () => {
    await acquireLease(host, state.place, KILLED, "a test");
    const go = join(state.path, "go");
    const running = runStep(
      host,
      state.place,
      KILLED,
      {
        name: STEP,
        text: 'while [ -d "$HERE" ] && ! [ -e "$HERE/go" ]; do sleep 0.02; done',
        values: { HERE: state.path },
        seconds: 20,
      },
      () => {},
    );
    while (!existsSync(join(stateDirectory(), "runs", STEP, "pid")))
      await new Promise((resolve) => setTimeout(resolve, 20));
    letHeartbeatGrowOld();
    expect(await remove()).toEqual([]);
    writeFileSync(go, "");
    expect(await running).toEqual({ outcome: "ended", status: 0 });
    expect(await remove()).toHaveLength(1);
  });

  it("is looked for where nothing is, and nothing is made there", async () => {
    expect(await remove()).toEqual([]);
    expect(existsSync(state.place.root)).toBe(false);
    expect(existsSync(state.place.auditRoot)).toBe(false);
  });
});

it("neither a step's program nor a session outlives the step", async () => {
  await killedRun("echo 'set-cookie: session_id=x' >page.headers; echo x >page.curl; echo done");
  const left = readdirSync(join(stateDirectory(), "runs", STEP)).sort();
  expect(left).toEqual(["after", "log", "pid", "started", "status"]);
});

describe("a thousand runs", () => {
  it("leave an audit log of a megabyte, and what takes back the steps of the last 30 days", async () => {
    mkdirSync(join(state.place.auditRoot, state.place.key), { recursive: true });
    writeFileSync(auditLog(), "2026-01-01T00:00:00Z a line as long as those of a run\n".repeat(60_000));
    const kept = join(state.place.auditRoot, state.place.key, "kept");
    const now = Date.now() / 1000;
    for (let age = 0; age < 100; age++) {
      const folder = join(kept, `0000000${age % 10}-${age}-fix-permissions`);
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, "undo"), "");
      utimesSync(folder, now - age * DAY, now - age * DAY);
    }
    await acquireLease(host, state.place, KILLED, "a test");
    expect(await releaseLease(host, state.place, KILLED)).toBe("released");
    expect(statSync(auditLog()).size).toBeLessThan(1_048_576);
    expect(readdirSync(kept)).toHaveLength(31);
    expect(readFileSync(auditLog(), "utf8")).toContain("removed what could take back the step");
    const after = statSync(auditLog()).size;
    for (let run = 0; run < 20; run++) {
      await acquireLease(host, state.place, KILLED, "a test");
      await releaseLease(host, state.place, KILLED);
    }
    expect(statSync(auditLog()).size - after).toBeLessThan(20 * 200);
    expect(readdirSync(stateDirectory())).toEqual(["lock"]);
  });

  it("keep what a dead-man that gave up has saved, until a person has removed its mark", async () => {
    const kept = join(state.place.auditRoot, state.place.key, "kept");
    const mark = join(state.place.auditRoot, state.place.key, "gave-up");
    for (let number = 0; number < 12; number++) {
      const folder = join(kept, `aaaaaaaa-${number}-boot-check-put-back`);
      mkdirSync(folder, { recursive: true });
      const at = Date.now() / 1000 - (100 + number) * DAY;
      utimesSync(folder, at, at);
    }
    writeFileSync(mark, "");
    const run = async (): Promise<void> => {
      await acquireLease(host, state.place, KILLED, "a test");
      await releaseLease(host, state.place, KILLED);
    };
    await run();
    expect(readdirSync(kept)).toHaveLength(12);
    rmSync(mark);
    await run();
    expect(readdirSync(kept)).toHaveLength(10);
  });

  it("keep the newest ten, however old they are", async () => {
    const kept = join(state.place.auditRoot, state.place.key, "kept");
    for (let number = 0; number < 15; number++) {
      mkdirSync(join(kept, `aaaaaaaa-${number}-boot-check`), { recursive: true });
      const at = Date.now() / 1000 - (100 + number) * DAY;
      utimesSync(join(kept, `aaaaaaaa-${number}-boot-check`), at, at);
    }
    await acquireLease(host, state.place, KILLED, "a test");
    await releaseLease(host, state.place, KILLED);
    expect(readdirSync(kept).sort()).toEqual(
      Array.from({ length: 10 }, (_, number) => `aaaaaaaa-${number}-boot-check`).sort(),
    );
  });
});
