// The record of recoveries on the real state directory of a host, and what a budget makes of it.

import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { overspent } from "../../src/budget.ts";
import {
  type Recovery,
  readRecoveries,
  recoveriesIn,
  spendRecovery,
} from "../../src/host/budget/recoveries.ts";
import type { Host } from "../../src/host/host.ts";
import { acquireLease, releaseLease } from "../../src/host/lease/lease.ts";
import { openHost, temporaryPlace } from "../support/hosts.ts";

const ALICE = "a".repeat(32);
const BOB = "b".repeat(32);
const STOPPED = { cause: "odoo-stopped", remedy: "start-stack" } as const;
const HOUR = 3_600;

let host: Host;
let state: ReturnType<typeof temporaryPlace>;

beforeEach(async () => {
  state = temporaryPlace();
  ({ host } = await openHost());
});
afterEach(() => state[Symbol.dispose]());

const record = (): string => join(state.place.auditRoot, state.place.key, "recoveries");
const spare = (): string => join(state.place.root, state.place.key, "recoveries");
const linesOf = (file: string): string[] => readFileSync(file, "utf8").trimEnd().split("\n");
const read = (): Promise<readonly Recovery[]> => readRecoveries(host, state.place);

/** One run from its lease to the moment when its first remedy would be sent. */
async function spend(owner: string, what: Pick<Recovery, "cause" | "remedy"> = STOPPED): Promise<string> {
  await acquireLease(host, state.place, owner, "a test");
  const spent = await spendRecovery(host, state.place, owner, what);
  await releaseLease(host, state.place, owner);
  return spent;
}

function write(...lines: readonly string[]): void {
  mkdirSync(join(state.place.auditRoot, state.place.key), { recursive: true });
  writeFileSync(record(), lines.map((line) => `${line}\n`).join(""));
}

const seconds = (): number => Math.floor(Date.now() / 1000);
/** A line of a boot before this one. */
const line = (at: number, run: string, cause = "odoo-stopped"): string =>
  `${at} 100 00000000-0000-0000-0000-000000000000 ${run} ${cause} start-stack`;

describe("a recovery that begins", () => {
  it("is recorded on disk, readable by its owner alone, once for a run, and told to the next", async () => {
    expect(await read()).toEqual([]);
    expect(existsSync(record())).toBe(false);
    await acquireLease(host, state.place, ALICE, "alice");
    expect(await spendRecovery(host, state.place, ALICE, STOPPED)).toBe("disk");
    expect(await spendRecovery(host, state.place, ALICE, { ...STOPPED, remedy: "restart-odoo" })).toBe(
      "already",
    );
    await releaseLease(host, state.place, ALICE);
    expect(linesOf(record())).toEqual([
      expect.stringMatching(/^\d+ \d+ [0-9a-f-]{36} a{8} odoo-stopped start-stack$/),
    ]);
    expect(statSync(record()).mode & 0o777).toBe(0o600);
    expect(await read()).toEqual([{ ...STOPPED, run: "a".repeat(8), age: expect.any(Number) }]);
    expect((await read())[0]?.age).toBeLessThan(60);
  });

  it("is not recorded when the lease is no longer ours", async () => {
    await acquireLease(host, state.place, BOB, "bob");
    expect(await spendRecovery(host, state.place, ALICE, STOPPED)).toBe("gone");
    expect(existsSync(record())).toBe(false);
  });

  it("drops what is older than a day, and keeps at most 40 lines", async () => {
    write(...Array.from({ length: 300 }, (_, index) => line(seconds() - 60, `${index}`.padStart(8, "0"))));
    await spend(ALICE);
    expect(linesOf(record()).length).toBeLessThanOrEqual(40);
    expect(linesOf(record()).at(-1)).toContain(" aaaaaaaa ");
    write(line(seconds() - 25 * HOUR, "11111111"));
    await spend(BOB);
    expect(linesOf(record())).toEqual([expect.stringContaining(" bbbbbbbb ")]);
  });

  it("goes on where the disk cannot be written, and is kept in memory until it can", async () => {
    // A device that is always full stands where the record is written.
    mkdirSync(join(state.place.auditRoot, state.place.key), { recursive: true });
    symlinkSync("/dev/full", `${record()}.new`);
    expect(await spend(ALICE)).toBe("memory");
    expect(existsSync(record())).toBe(false);
    expect(linesOf(spare())).toHaveLength(1);
    expect(await read()).toHaveLength(1);
    // Its attempt took the link away: now there is room.
    expect(await spend(BOB)).toBe("disk");
    expect(linesOf(record())).toHaveLength(2);
    expect(existsSync(spare())).toBe(false);
    expect((await read()).map(({ run }) => run).toSorted()).toEqual(["aaaaaaaa", "bbbbbbbb"]);
  });

  it("goes on where nothing can be written", async () => {
    await acquireLease(host, state.place, ALICE, "alice");
    mkdirSync(join(state.place.auditRoot, state.place.key), { recursive: true });
    for (const file of [record(), spare()]) symlinkSync("/dev/full", `${file}.new`);
    expect(await spendRecovery(host, state.place, ALICE, STOPPED)).toBe("nowhere");
  });

  it("counts a line that cannot be read, and forgets it as any other", async () => {
    write("garbage", line(seconds() - 60, "11111111"));
    expect(await read()).toHaveLength(2);
    await spend(ALICE);
    expect(await read()).toHaveLength(3);
    expect(linesOf(record())[0]).toMatch(/^\d+ \d+ [0-9a-f-]{36} 00000001 unknown unknown$/);
  });
});

describe("the age of a recovery", () => {
  const NOW = 1_800_000_000;
  const age = (recorded: string, { now = NOW, uptime = 1_000, changed = NOW } = {}): number[] =>
    (recoveriesIn(`now=${now}\nuptime=${uptime}\nboot=b2\nchanged=${changed}\nline=${recorded}\n`) ?? []).map(
      (each) => each.age,
    );

  it.each<[string, string, number[]]>([
    [
      "by the seconds since boot, however the clock was moved",
      `${NOW + 9 * HOUR} 400 b2 aaaaaaaa c r`,
      [600],
    ],
    ["by the seconds since boot, in the past too", `${NOW - 90 * HOUR} 400 b2 aaaaaaaa c r`, [600]],
    ["by the clock after a reboot", `${NOW - 7_200} 400 b1 aaaaaaaa c r`, [7_200]],
    [
      "at least that of this boot, where its time is in the future",
      `${NOW + 9 * HOUR} 400 b1 aaaaaaaa c r`,
      [1_000],
    ],
    ["that of the record, for a line that cannot be read", "garbage", [0]],
  ])("is %s", (_, recorded, expected) => {
    expect(age(recorded)).toEqual(expected);
  });

  it("passes for what is in the future too: a host that has been up for a day has forgotten it", () => {
    expect(age(`${NOW * 2} 400 b1 aaaaaaaa c r`, { uptime: 24 * HOUR })).toEqual([]);
    expect(age("garbage", { uptime: 24 * HOUR, changed: NOW * 2 })).toEqual([]);
  });

  it("is a bounded number of seconds for any record, and no line is lost that was written by us", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "binary", maxLength: 300 }), { maxLength: 100 }), (lines) => {
        const own = `line=${NOW - 60} 940 b2 aaaaaaaa odoo-stopped start-stack`;
        const noise = lines.map((each) => `line=${each.replaceAll("\n", " ")}`);
        const text = ["now=1800000000", "uptime=1000", "boot=b2", "changed=1799999990", own, ...noise].join(
          "\n",
        );
        const found = recoveriesIn(text) ?? [];
        expect(found.some(({ run }) => run === "aaaaaaaa")).toBe(true);
        expect(found.length).toBeLessThanOrEqual(82);
        for (const each of found) {
          expect(each.age).toBeGreaterThanOrEqual(0);
          expect(each.age).toBeLessThan(24 * HOUR);
          expect(each.cause).toMatch(/^[a-z0-9-]+$/);
          expect(each.run).toMatch(/^(?:[0-9a-f]{8})?$/);
        }
      }),
    );
  });

  it("is not guessed where the host says nothing of its time", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(recoveriesIn(text)).toBeUndefined();
      }),
    );
  });

  it("is read by the shell from any bytes", async () => {
    mkdirSync(join(state.place.auditRoot, state.place.key), { recursive: true });
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 2_000 }), async (bytes) => {
        writeFileSync(record(), bytes);
        for (const each of await read()) expect(each.cause).toMatch(/^[a-z0-9-]+$/);
      }),
      { numRuns: 15 },
    );
  });

  it("is not known to who may not read the record", async () => {
    write(line(seconds(), "11111111"));
    chmodSync(join(state.place.auditRoot, state.place.key), 0o000);
    // Root reads it all the same.
    if (process.getuid?.() !== 0) await read().catch(() => undefined);
    chmodSync(join(state.place.auditRoot, state.place.key), 0o700);
    expect(await read()).toHaveLength(1);
  });
});

describe("the budget", () => {
  const at = (cause: string, ...ages: readonly number[]): Recovery[] =>
    ages.map((hours, index) => ({ run: `${index}`.padStart(8, "0"), cause, remedy: "r", age: hours * HOUR }));

  it.each<[string, Recovery[], boolean]>([
    ["none before", [], true],
    ["one from this cause", at("c", 1), true],
    ["two from this cause within 6 h", at("c", 1, 5.9), false],
    ["two from this cause, one of them 6 h ago", at("c", 1, 6), true],
    ["two from another cause", at("d", 1, 2), true],
    ["four in all within 24 h", [...at("d", 1, 7), ...at("e", 2, 23.9)], false],
    ["four in all, one of them a day ago", at("d", 1, 7, 14, 24), true],
  ])("with %s", (_, recoveries, allowed) => {
    const counting = recoveries.filter(({ age }) => age < 24 * HOUR).toSorted((a, b) => a.age - b.age);
    expect(overspent(counting, "c") === undefined).toBe(allowed);
  });

  it("of a site that crashes for good, healed every 15 minutes for three days, is four a day", () => {
    const begun: number[] = [];
    for (let now = 0; now < 72 * HOUR; now += 900) {
      const recoveries = begun
        .map((each) => ({ run: `${each}`, cause: "odoo-crash-loop", remedy: "boot-check", age: now - each }))
        .filter(({ age }) => age < 24 * HOUR)
        .toSorted((a, b) => a.age - b.age);
      const over = overspent(recoveries, "odoo-crash-loop");
      if (over === undefined) begun.push(now);
      else expect(over.freeIn).toBeGreaterThan(0);
      const within = (span: number): number => begun.filter((each) => now - each < span * HOUR).length;
      expect(within(6)).toBeLessThanOrEqual(2);
      expect(within(24)).toBeLessThanOrEqual(4);
    }
    expect(begun).toHaveLength(12);
  });
});
