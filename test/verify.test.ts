// When a site counts as good again, and when waiting longer has no point. Time is virtual: it passes by sleeping.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Diagnosis } from "../src/diagnosis/diagnosis.ts";
import { type Look, PASSES, PASSES_SPAN, soak, type Verified, verify } from "../src/verify.ts";
import { VirtualClock } from "./support/clocks.ts";

function diagnosis(good: boolean): Diagnosis {
  return {
    cause: good ? "healthy" : "odoo-stopped",
    finding: good ? "every layer is good" : "Odoo is stopped",
    evidence: [],
    advice: "",
    layers: [],
    drift: [],
    target: undefined,
    ladder: [],
    ruledOut: [],
  };
}

interface Watched {
  readonly verified: Verified;
  /** When each look began, in milliseconds from the start, and whether it was good. */
  readonly looks: readonly { readonly at: number; readonly good: boolean }[];
  readonly ended: number;
}

/** A site that is good or bad, and logs or not, by the milliseconds since the start; a look may take its time. */
interface Site {
  readonly good: (ms: number, looks: number) => boolean;
  readonly log?: (ms: number) => string;
  readonly takes?: number;
}

function looking(clock: VirtualClock, { good, log = () => "", takes = 0 }: Site) {
  const start = clock.monotonic();
  const looks: { at: number; good: boolean }[] = [];
  const look = async (): Promise<Look> => {
    const at = clock.monotonic() - start;
    clock.pass(takes);
    const now = { at, good: good(at, looks.length) };
    looks.push(now);
    return { diagnosis: diagnosis(now.good), progress: log(at) };
  };
  return { looks, look, ended: () => clock.monotonic() - start };
}

async function verifying(site: Site, bootWaitMs = 600_000, stallMs = 120_000): Promise<Watched> {
  const clock = new VirtualClock();
  const { look, looks, ended } = looking(clock, site);
  const observed: boolean[] = [];
  const verified = await verify(look, { bootWaitMs, stallMs }, clock, (good) => observed.push(good));
  expect(observed).toEqual(looks.map((each) => each.good));
  return { verified, looks, ended: ended() };
}

async function soaking(site: Site, soakMs: number): Promise<Watched> {
  const clock = new VirtualClock();
  const { look, looks, ended } = looking(clock, site);
  const verified = await soak(look, soakMs, clock, () => {});
  return { verified, looks, ended: ended() };
}

describe("verify", () => {
  it("is content with three good looks over ten seconds, and waits no longer", async () => {
    const { verified, looks, ended } = await verifying({ good: () => true });
    expect(verified).toMatchObject({ good: true, passes: PASSES });
    expect(looks).toHaveLength(PASSES);
    expect(ended).toBe(PASSES_SPAN);
  });

  it("is not content with three good looks in less than ten seconds, nor with two over more", () => {
    return fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 30_000 }), async (takes) => {
        const { verified, looks } = await verifying({ good: () => true, takes });
        expect(verified.good).toBe(true);
        expect(looks.length).toBeGreaterThanOrEqual(PASSES);
        expect((looks.at(-1)?.at ?? 0) - (looks[0]?.at ?? 0)).toBeGreaterThanOrEqual(PASSES_SPAN);
      }),
    );
  });

  it("counts anew after a bad look", async () => {
    const { verified, looks } = await verifying({ good: (_, seen) => seen !== 2 });
    expect(looks.map(({ good }) => good)).toEqual([true, true, false, true, true, true]);
    expect(verified).toMatchObject({ good: true, passes: PASSES });
    expect((looks[5]?.at ?? 0) - (looks[3]?.at ?? 0)).toBeGreaterThanOrEqual(PASSES_SPAN);
  });

  it("only ever says good after good looks in a row over the span, whatever the site does", () => {
    return fc.assert(
      fc.asyncProperty(
        fc.array(fc.boolean(), { minLength: 1, maxLength: 60 }),
        fc.boolean(),
        fc.nat({ max: 8_000 }),
        async (script, rest, takes) => {
          const { verified, looks, ended } = await verifying(
            { good: (_, seen) => script[seen] ?? rest, log: String, takes },
            120_000,
          );
          const bad = looks.findLastIndex(({ good }) => !good);
          const row = looks.slice(bad + 1);
          expect(verified.good).toBe(looks.at(-1)?.good);
          expect(verified.passes).toBe(row.length);
          if (verified.good) {
            expect(row.length).toBeGreaterThanOrEqual(PASSES);
            expect((row.at(-1)?.at ?? 0) - (row[0]?.at ?? 0)).toBeGreaterThanOrEqual(PASSES_SPAN);
          } else {
            expect(ended).toBeGreaterThan(120_000);
          }
        },
      ),
    );
  });

  it("waits for a slow boot as long as its log advances", async () => {
    const { verified, looks } = await verifying({
      good: (ms) => ms >= 500_000,
      log: (ms) => String(Math.floor(ms / 100_000)),
    });
    expect(verified.good).toBe(true);
    expect(looks.find(({ good }) => good)?.at).toBeLessThan(502_000);
  });

  it("gives up when it is bad and the log stands still", async () => {
    const { verified, ended } = await verifying({
      good: () => false,
      log: (ms) => (ms < 50_000 ? String(ms) : "stuck"),
    });
    expect(verified).toMatchObject({ good: false, passes: 0 });
    expect(verified.why).toContain("nothing new");
    expect(ended).toBeGreaterThan(169_000);
    expect(ended).toBeLessThan(173_000);
  });

  it("gives up after the boot wait, however much is logged", async () => {
    const { verified, ended } = await verifying({ good: () => false, log: String }, 60_000);
    expect(verified).toMatchObject({ good: false });
    expect(verified.why).toMatch(/^not good after 6[01] s$/);
    expect(ended).toBeGreaterThan(60_000);
    expect(ended).toBeLessThan(63_000);
  });

  it("gives up on a site that is good only every other time", async () => {
    const { verified, ended } = await verifying({ good: (_, seen) => seen % 2 === 0, log: String }, 60_000);
    expect(verified.good).toBe(false);
    expect(ended).toBeLessThan(75_000);
  });

  it("sees the first good answer within about a second, and asks no more often than that", async () => {
    const { looks } = await verifying({ good: (ms) => ms >= 30_500 });
    const first = looks.findIndex(({ good }) => good);
    expect(looks[first]?.at).toBeLessThanOrEqual(31_500);
    const pauses = looks.slice(1).map(({ at }, index) => at - (looks[index]?.at ?? 0));
    expect(Math.min(...pauses)).toBeGreaterThanOrEqual(1_000);
  });

  it("fails as a look fails", async () => {
    const failing = async (): Promise<Look> => {
      throw new Error("the host is gone");
    };
    const times = { bootWaitMs: 1, stallMs: 1 };
    await expect(verify(failing, times, new VirtualClock(), () => {})).rejects.toThrow("the host is gone");
  });

  it("stops when the run is cancelled", async () => {
    const stop = new AbortController();
    const clock = new VirtualClock();
    const look = async (): Promise<Look> => {
      stop.abort(new Error("stopped by hand"));
      return { diagnosis: diagnosis(false), progress: "" };
    };
    const times = { bootWaitMs: 600_000, stallMs: 120_000 };
    await expect(verify(look, times, clock, () => {}, stop.signal)).rejects.toThrow("stopped by hand");
  });
});

describe("the soak", () => {
  it("lasts as long as was asked for, and ends good", () => {
    return fc.assert(
      fc.asyncProperty(fc.nat({ max: 300_000 }), fc.nat({ max: 7_000 }), async (soakMs, takes) => {
        const { verified, looks, ended } = await soaking({ good: () => true, takes }, soakMs);
        expect(verified).toMatchObject({ good: true, passes: looks.length });
        expect(ended).toBeGreaterThanOrEqual(soakMs);
        expect(ended).toBeLessThanOrEqual(soakMs + 2 * takes);
        expect(looks.length).toBeGreaterThanOrEqual(1);
      }),
    );
  });

  it("looks at its very end", async () => {
    const { looks } = await soaking({ good: () => true }, 12_345);
    expect(looks.at(-1)?.at).toBe(12_345);
  });

  it("ends at the first bad look, and says that the site fell back", async () => {
    const { verified, looks } = await soaking({ good: (ms) => ms < 20_000 }, 120_000);
    expect(verified).toMatchObject({ good: false, passes: looks.length - 1 });
    expect(verified.why).toMatch(/^fell back after 4 good looks: Odoo is stopped$/);
    expect(looks.at(-1)?.at).toBe(20_000);
  });

  it("sees a site that falls at the last moment", async () => {
    const { verified } = await soaking({ good: (ms) => ms < 30_000 }, 30_000);
    expect(verified.good).toBe(false);
  });
});
