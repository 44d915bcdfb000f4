// The lease: exactly one recovery at a time, on the real state directory of a host.

import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { RefusedError } from "../../src/errors.ts";
import type { Host } from "../../src/host/host.ts";
import { acquireLease, keepLease, LEASE_LIVES, releaseLease } from "../../src/host/lease/lease.ts";
import { stateKey } from "../../src/host/state.ts";
import { followStep, runStep } from "../../src/host/steps/step.ts";
import { until } from "../support/clocks.ts";
import { openHost, temporaryPlace } from "../support/hosts.ts";

const ALICE = "a".repeat(32);
const BOB = "b".repeat(32);

let host: Host;
let state: ReturnType<typeof temporaryPlace>;

beforeEach(async () => {
  state = temporaryPlace();
  ({ host } = await openHost());
});
afterEach(() => state[Symbol.dispose]());

const stateDirectory = (): string => join(state.place.root, state.place.key);
const leaseFile = (): string => join(stateDirectory(), "lease");
const leaseText = (): string => readFileSync(leaseFile(), "utf8");
const audit = (): string => readFileSync(join(state.place.auditRoot, state.place.key, "audit.log"), "utf8");

/** Changes one line of the lease, as time or a reboot would. */
function edit(field: string, change: (value: string) => string): void {
  const text = leaseText().replace(
    new RegExp(`^${field}=(.*)$`, "m"),
    (_, value) => `${field}=${change(value)}`,
  );
  expect(text).not.toBe(leaseText());
  writeFileSync(leaseFile(), text);
}

const letHeartbeatGrowOld = (seconds: number): void => edit("beat", (beat) => String(Number(beat) - seconds));

const acquire = (owner = ALICE, who = "alice, run 1") => acquireLease(host, state.place, owner, who);

describe("a lease that nobody holds", () => {
  it("is acquired, and says on the host who holds it since when", async () => {
    expect(await acquire()).toEqual({ outcome: "acquired" });
    expect(leaseText()).toMatch(
      new RegExp(
        `^owner=${ALICE}\nwho=alice, run 1\nboot=[0-9a-f-]{36}\nbeat=\\d+\nlives=${LEASE_LIVES}\nsince=\\d{4}-.*Z\nstep=\n$`,
      ),
    );
    expect(audit()).toMatch(/^\S+Z lease acquired by alice, run 1\n$/);
  });

  it("goes to exactly one of twenty who ask at once", async () => {
    const owners = Array.from({ length: 20 }, (_, index) => `${index}`.padStart(32, "0"));
    const answers = await Promise.all(owners.map((owner) => acquire(owner, `runner ${owner}`)));
    const winners = owners.filter((_, index) => answers[index]?.outcome === "acquired");
    expect(winners).toHaveLength(1);
    expect(leaseText()).toContain(`owner=${winners[0]}\n`);
    for (const answer of answers.filter(({ outcome }) => outcome !== "acquired")) {
      expect(answer).toMatchObject({ outcome: "held", by: { owner: winners[0] } });
    }
  });

  it("cannot be forged by the name of who asks", async () => {
    await acquire(ALICE, `mallory\nowner=${BOB}\nlives=999999\n$(id) '"`);
    expect(leaseText().match(/^owner=/gm)).toHaveLength(1);
    expect(leaseText()).toContain(`who=mallory owner=${BOB} lives=999999 $(id) '"\n`);
    expect(await acquire(BOB)).toMatchObject({ outcome: "held" });
  });
});

describe("a lease that somebody holds", () => {
  it("is refused to others, and names its owner and its age", async () => {
    await acquire();
    letHeartbeatGrowOld(100);
    const answer = await acquire(BOB, "bob");
    expect(answer).toMatchObject({
      outcome: "held",
      by: { owner: ALICE, who: "alice, run 1", since: expect.stringMatching(/^\d{4}-/), step: undefined },
    });
    const age = answer.outcome === "held" ? answer.by.ageSeconds : undefined;
    expect(age).toBeGreaterThanOrEqual(100);
    expect(age).toBeLessThan(110);
    expect(leaseText()).toContain(`owner=${ALICE}\n`);
  });

  it("is acquired again by the same owner, as after a lost answer, and its heart beats", async () => {
    await acquire();
    const beat = leaseText();
    letHeartbeatGrowOld(100);
    expect(await acquire()).toEqual({ outcome: "acquired" });
    expect(Number(/beat=(\d+)/.exec(leaseText())?.[1])).toBeGreaterThanOrEqual(
      Number(/beat=(\d+)/.exec(beat)?.[1]),
    );
  });

  it("is taken over when its heart has not beaten for longer than it lives", async () => {
    await acquire();
    letHeartbeatGrowOld(LEASE_LIVES + 1);
    const answer = await acquire(BOB, "bob");
    expect(answer).toMatchObject({
      outcome: "taken-over",
      reason: expect.stringMatching(/^no heartbeat for 1\d\d s$/),
      from: { owner: ALICE, who: "alice, run 1", ageSeconds: undefined },
    });
    expect(leaseText()).toContain(`owner=${BOB}\n`);
    expect(audit()).toMatch(/lease taken over by bob from alice, run 1: no heartbeat for/);
    expect(readdirSync(stateDirectory()).sort()).toEqual(["lease", "lock", "runs"]);
  });

  it("is taken over after a reboot, however fresh its heartbeat looks", async () => {
    await acquire();
    edit("boot", () => "00000000-0000-0000-0000-000000000000");
    edit("beat", (beat) => String(Number(beat) + 1_000_000));
    expect(await acquire(BOB)).toMatchObject({
      outcome: "taken-over",
      reason: "the host was rebooted since",
    });
  });

  it("goes to exactly one of twenty who find it abandoned", async () => {
    await acquire();
    letHeartbeatGrowOld(LEASE_LIVES + 1);
    const owners = Array.from({ length: 20 }, (_, index) => `${index}`.padStart(32, "0"));
    const answers = await Promise.all(owners.map((owner) => acquire(owner)));
    const outcomes = answers.map(({ outcome }) => outcome).sort();
    expect(outcomes).toEqual([...Array.from({ length: 19 }, () => "held"), "taken-over"]);
  });

  it("is never taken over while a step of it runs, and is once that has ended", async () => {
    await acquire();
    const go = join(state.path, "go");
    const step = {
      name: "alice-1-wait",
      text: 'while [ -d "$HERE" ] && ! [ -e "$HERE/go" ]; do sleep 0.02; done\nexit 3',
      values: { HERE: state.path },
      seconds: 30,
    };
    const following = runStep(host, state.place, ALICE, step, () => {});
    await until("the step is recorded", () => leaseText().includes("step=alice-1-wait\n"));
    letHeartbeatGrowOld(LEASE_LIVES + 1);
    expect(await acquire(BOB)).toMatchObject({ outcome: "held", by: { step: "alice-1-wait" } });
    expect(await releaseLease(host, state.place, ALICE)).toBe("step-runs");
    writeFileSync(go, "");
    expect(await following).toEqual({ outcome: "ended", status: 3 });
    expect(await acquire(BOB)).toMatchObject({
      outcome: "taken-over",
      from: { step: "alice-1-wait", stepStatus: "3" },
    });
  });
});

describe("a heartbeat", () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("keeps the lease young, several times within its life", async () => {
    await acquire();
    letHeartbeatGrowOld(100);
    const old = leaseText();
    const stop = keepLease(host, state.place, ALICE, () => {
      throw new Error("it was not lost");
    });
    vi.advanceTimersByTime((LEASE_LIVES * 1000) / 3);
    await until("it has beaten", () => leaseText() !== old);
    expect(await acquire(BOB)).toMatchObject({ outcome: "held" });
    expect(Number(/beat=(\d+)/.exec(leaseText())?.[1])).toBeGreaterThanOrEqual(
      Number(/beat=(\d+)/.exec(old)?.[1]) + 100,
    );
    stop();
    letHeartbeatGrowOld(50);
    const stopped = leaseText();
    vi.advanceTimersByTime(LEASE_LIVES * 1000);
    await acquire(BOB);
    expect(leaseText()).toBe(stopped);
  });

  it.each([
    ["taken over by somebody else", () => edit("owner", () => BOB)],
    ["removed", () => rmSync(leaseFile())],
  ])("tells once that the lease was %s", async (_, lose) => {
    await acquire();
    let told = 0;
    keepLease(host, state.place, ALICE, () => {
      told += 1;
    });
    lose();
    vi.advanceTimersByTime(LEASE_LIVES * 1000);
    await until("it is told", () => told > 0);
    vi.advanceTimersByTime(LEASE_LIVES * 1000);
    for (let asked = 0; asked < 4; asked++) await acquireLease(host, state.place, BOB, "bob");
    expect(told).toBe(1);
  });
});

describe("a lease that is given back", () => {
  it("leaves nothing on the host but the lock and the audit log", async () => {
    await acquire();
    await runStep(
      host,
      state.place,
      ALICE,
      { name: "alice-1-x", text: "echo hi", values: {}, seconds: 10 },
      () => {},
    );
    expect(await releaseLease(host, state.place, ALICE)).toBe("released");
    expect(readdirSync(stateDirectory())).toEqual(["lock"]);
    expect(
      audit()
        .split("\n")
        .map((line) => line.split(" ").slice(1, 3).join(" ")),
    ).toEqual(["lease acquired", "step alice-1-x", "lease released", ""]);
    expect(await acquire(BOB)).toEqual({ outcome: "acquired" });
  });

  it("is not ours to give back when somebody else holds it, or nobody", async () => {
    expect(await releaseLease(host, state.place, ALICE)).toBe("not-ours");
    await acquire(BOB);
    expect(await releaseLease(host, state.place, ALICE)).toBe("not-ours");
    expect(leaseText()).toContain(`owner=${BOB}\n`);
  });

  it("is released though its step was killed", async () => {
    await acquire();
    mkdirSync(join(stateDirectory(), "runs", "alice-1-x"));
    edit("step", () => "alice-1-x");
    expect(await followStep(host, state.place, { name: "alice-1-x", seconds: 60 }, () => {})).toEqual({
      outcome: "vanished",
    });
    expect(await releaseLease(host, state.place, ALICE)).toBe("released");
  });
});

describe("a state directory that cannot be used", () => {
  it("is a refusal when it cannot be made", async () => {
    writeFileSync(state.place.root, "a file where the directory should be");
    await expect(acquire()).rejects.toThrow(RefusedError);
  });

  it("is a refusal when it is full", async () => {
    mkdirSync(stateDirectory(), { recursive: true });
    symlinkSync("/dev/full", join(stateDirectory(), "lease.new"));
    await expect(acquire()).rejects.toMatchObject({
      name: "RefusedError",
      detail: expect.stringContaining(`cannot write to ${stateDirectory()}`),
      advice: expect.stringContaining("sudo -n"),
    });
    expect(readdirSync(stateDirectory()).sort()).toEqual(["lock", "runs"]);
  });

  it("that is full leaves the lease that is there as it is", async () => {
    await acquire();
    letHeartbeatGrowOld(LEASE_LIVES + 1);
    const before = leaseText();
    symlinkSync("/dev/full", join(stateDirectory(), "lease.new"));
    await expect(acquire(BOB)).rejects.toThrow(RefusedError);
    expect(leaseText()).toBe(before);
  });

  it("does not matter to the audit log, without which we go on", async () => {
    writeFileSync(state.place.auditRoot, "a file where the directory should be");
    expect(await acquire()).toEqual({ outcome: "acquired" });
    expect(await releaseLease(host, state.place, ALICE)).toBe("released");
  });
});

describe("the key of a state directory", () => {
  it("is a plain file name, whatever the project is called, and another one for each project and directory", () => {
    const pairs: [string, string][] = [
      ["shop", "/opt/odoo-ce"],
      ["shop", "/opt/odoo"],
      ["shop2", "/opt/odoo-ce"],
      ["../../etc", "/"],
      ["ünï", "/srv"],
      ["uni", "/srv"],
      ["a/b", "c"],
      ["a_b", "c"],
      ["", ""],
      ["x".repeat(500), "/"],
    ];
    const keys = pairs.map(([project, directory]) => stateKey(project, directory));
    for (const key of keys) expect(key).toMatch(/^[A-Za-z0-9_-]{9,49}$/);
    expect(new Set(keys).size).toBe(pairs.length);
    expect(stateKey("shop", "/opt/odoo-ce")).toBe(keys[0]);
  });
});
