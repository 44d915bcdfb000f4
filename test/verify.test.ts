// When a site counts as good again, and when waiting longer has no point. Time is virtual: it passes by sleeping.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Cause } from "../src/diagnosis/cause.ts";
import type { Diagnosis } from "../src/diagnosis/diagnosis.ts";
import type { RemedyName } from "../src/diagnosis/remedy-name.ts";
import { NO_SIGNATURES } from "../src/diagnosis/signatures/index.ts";
import {
  confirm,
  insist,
  PASSES,
  PASSES_SPAN,
  soak,
  type Verified,
  verify,
  waitForOthers,
} from "../src/verify.ts";
import { VirtualClock } from "./support/clocks.ts";

function diagnosis(cause: Cause): Diagnosis {
  return {
    cause,
    finding: `it is ${cause}`,
    evidence: [],
    advice: "",
    layers: [{ name: "odoo", state: cause === "healthy" ? "good" : "bad", why: "" }],
    warnings: [],
    drift: [],
    topology: [],
    facts: [],
    suspects: [],
    signatures: NO_SIGNATURES,
    changes: [],
    outage: undefined,
    since: "",
    target: undefined,
    setup: undefined,
    module: undefined,
    named: undefined,
    url: undefined,
    place: undefined,
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

/** What a site is, by the milliseconds since the start and the looks so far; a look may take its time. */
interface Site {
  readonly is: (ms: number, looks: number) => Cause;
  readonly takes?: number;
}

function looking(clock: VirtualClock, { is, takes = 0 }: Site) {
  const start = clock.monotonic();
  const looks: { at: number; good: boolean }[] = [];
  const look = async (): Promise<Diagnosis> => {
    const at = clock.monotonic() - start;
    clock.pass(takes);
    const cause = is(at, looks.length);
    looks.push({ at, good: cause === "healthy" });
    return diagnosis(cause);
  };
  return { looks, look, ended: () => clock.monotonic() - start };
}

async function verifying(site: Site, bootWaitMs = 600_000, after?: RemedyName): Promise<Watched> {
  const clock = new VirtualClock();
  const { look, looks, ended } = looking(clock, site);
  const observed: boolean[] = [];
  const verified = await verify(look, bootWaitMs, clock, (good) => observed.push(good), undefined, after);
  expect(observed).toEqual(looks.map((each) => each.good));
  return { verified, looks, ended: ended() };
}

async function soaking(site: Site, soakMs: number): Promise<Watched> {
  const clock = new VirtualClock();
  const { look, looks, ended } = looking(clock, site);
  const verified = await soak(look, soakMs, clock, () => {});
  return { verified, looks, ended: ended() };
}

const upTo =
  (ms: number, before: Cause, after: Cause = "healthy") =>
  (now: number): Cause =>
    now < ms ? before : after;

describe("verify", () => {
  it("is content with three good looks over ten seconds, and waits no longer", async () => {
    const { verified, looks, ended } = await verifying({ is: () => "healthy" });
    expect(verified).toMatchObject({ good: true, passes: PASSES });
    expect(looks).toHaveLength(PASSES);
    expect(ended).toBe(PASSES_SPAN);
  });

  it("is not content with three good looks in less than ten seconds, nor with two over more", () => {
    return fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 30_000 }), async (takes) => {
        const { verified, looks } = await verifying({ is: () => "healthy", takes });
        expect(verified.good).toBe(true);
        expect(looks.length).toBeGreaterThanOrEqual(PASSES);
        expect((looks.at(-1)?.at ?? 0) - (looks[0]?.at ?? 0)).toBeGreaterThanOrEqual(PASSES_SPAN);
      }),
    );
  });

  it("counts anew after a bad look", async () => {
    const { verified, looks } = await verifying({
      is: (_, seen) => (seen === 2 ? "odoo-unhealthy" : "healthy"),
    });
    expect(looks.map(({ good }) => good)).toEqual([true, true, false, true, true, true]);
    expect(verified).toMatchObject({ good: true, passes: PASSES });
    expect((looks[5]?.at ?? 0) - (looks[3]?.at ?? 0)).toBeGreaterThanOrEqual(PASSES_SPAN);
  });

  it("only ever says good after good looks in a row over the span, whatever the site does", () => {
    const state = fc.constantFrom<Cause>(
      "healthy",
      "odoo-stopped",
      "odoo-unhealthy",
      "in-progress",
      "unknown",
    );
    return fc.assert(
      fc.asyncProperty(
        fc.array(state, { minLength: 1, maxLength: 60 }),
        state,
        fc.nat({ max: 8_000 }),
        async (script, rest, takes) => {
          const bootWait = 120_000;
          const { verified, looks, ended } = await verifying(
            { is: (_, seen) => script[seen] ?? rest, takes },
            bootWait,
          );
          const row = looks.slice(looks.findLastIndex(({ good }) => !good) + 1);
          expect(verified.good).toBe(looks.at(-1)?.good);
          expect(verified.passes).toBe(row.length);
          if (verified.good) {
            expect(row.length).toBeGreaterThanOrEqual(PASSES);
            expect((row.at(-1)?.at ?? 0) - (row[0]?.at ?? 0)).toBeGreaterThanOrEqual(PASSES_SPAN);
          } else {
            // Never at once: a state between two others is not believed.
            expect(looks.at(-1)?.at).toBeGreaterThanOrEqual(4_000);
          }
          expect(ended).toBeLessThanOrEqual(bootWait + 3 * (takes + PASSES_SPAN));
        },
      ),
    );
  });

  it.each(["in-progress", "database-starting"] as const)(
    "waits for what ends by itself as long as the boot wait allows: %s",
    async (cause) => {
      const { verified, looks } = await verifying({ is: upTo(500_000, cause) });
      expect(verified.good).toBe(true);
      expect(looks.find(({ good }) => good)?.at).toBeLessThan(502_000);
    },
  );

  it("gives up after the boot wait, even if somebody is still at work", async () => {
    const { verified, ended } = await verifying({ is: () => "in-progress" }, 60_000);
    expect(verified).toMatchObject({ good: false });
    expect(verified.why).toMatch(/^not good after 6[01] s$/);
    expect(ended).toBeGreaterThan(60_000);
    expect(ended).toBeLessThan(63_000);
  });

  it.each([
    "disk-full",
    "docker-down",
    "nginx-config-invalid",
    "nginx-down",
    "odoo-absent",
    "odoo-crash-loop",
    "odoo-stopped",
    "port-mapping-missing",
    "stack-down",
  ] as const)("gives up within seconds on what waiting does not mend: %s", async (cause) => {
    const { verified, ended } = await verifying({ is: () => cause });
    expect(verified).toMatchObject({ good: false, passes: 0, diagnosis: { cause } });
    expect(verified.why).toMatch(new RegExp(`^not good, and ${cause} for 4 s$`));
    expect(ended).toBe(4_000);
  });

  it.each(["odoo-unhealthy", "database-unreachable", "nginx-elsewhere", "unknown", "intermittent"] as const)(
    "gives what may pass by itself twenty seconds, and no more: %s",
    async (cause) => {
      expect(await verifying({ is: upTo(19_000, cause) })).toMatchObject({ verified: { good: true } });
      const { verified, ended } = await verifying({ is: () => cause });
      expect(verified).toMatchObject({ good: false, why: `not good, and ${cause} for 20 s` });
      expect(ended).toBe(20_000);
    },
  );

  it("counts a cause's time from when it was first seen, not from the start", async () => {
    const { verified, ended } = await verifying({ is: upTo(100_000, "in-progress", "odoo-crash-loop") });
    expect(verified).toMatchObject({ good: false, diagnosis: { cause: "odoo-crash-loop" } });
    expect(ended).toBe(104_000);
  });

  it("counts a cause's time anew after it was good in between", async () => {
    const { verified, looks } = await verifying({
      is: (ms) => (ms < 3_000 || (ms >= 8_000 && ms < 11_000) ? "odoo-stopped" : "healthy"),
    });
    expect(looks.some(({ good }, index) => good && looks[index + 1]?.good === false)).toBe(true);
    expect(verified.good).toBe(true);
  });

  it("gives up on a site that is good only every other time", async () => {
    const { verified, ended } = await verifying(
      { is: (_, seen) => (seen % 2 === 0 ? "healthy" : "odoo-unhealthy") },
      60_000,
    );
    expect(verified.good).toBe(false);
    expect(ended).toBeLessThan(75_000);
  });

  it("sees the first good answer within about a second, and asks no more often than that", async () => {
    const { looks } = await verifying({ is: upTo(30_500, "in-progress") });
    const first = looks.findIndex(({ good }) => good);
    expect(looks[first]?.at).toBeLessThanOrEqual(31_500);
    const pauses = looks.slice(1).map(({ at }, index) => at - (looks[index]?.at ?? 0));
    expect(Math.min(...pauses)).toBeGreaterThanOrEqual(1_000);
  });

  it("leaves a Docker that was just started the time to start its containers, and no other", async () => {
    const slow: Site = { is: upTo(8_000, "odoo-stopped") };
    expect((await verifying(slow, 600_000, "start-docker")).verified.good).toBe(true);
    expect((await verifying(slow, 600_000, "start-stack")).verified.good).toBe(false);
    const never = await verifying({ is: () => "stack-down" }, 600_000, "start-docker");
    expect(never.verified.good).toBe(false);
    expect(never.ended).toBe(20_000);
    const down = await verifying({ is: () => "docker-down" }, 600_000, "start-docker");
    expect(down.ended).toBe(4_000);
  });

  it("fails as a look fails", async () => {
    const failing = async (): Promise<Diagnosis> => {
      throw new Error("the host is gone");
    };
    await expect(verify(failing, 1, new VirtualClock(), () => {})).rejects.toThrow("the host is gone");
  });

  it("stops when the run is cancelled", async () => {
    const stop = new AbortController();
    const look = async (): Promise<Diagnosis> => {
      stop.abort(new Error("stopped by hand"));
      return diagnosis("in-progress");
    };
    await expect(verify(look, 600_000, new VirtualClock(), () => {}, stop.signal)).rejects.toThrow(
      "stopped by hand",
    );
  });
});

describe("the soak", () => {
  it("lasts as long as was asked for, and ends good", () => {
    return fc.assert(
      fc.asyncProperty(fc.nat({ max: 300_000 }), fc.nat({ max: 7_000 }), async (soakMs, takes) => {
        const { verified, looks, ended } = await soaking({ is: () => "healthy", takes }, soakMs);
        expect(verified).toMatchObject({ good: true, passes: looks.length });
        expect(ended).toBeGreaterThanOrEqual(soakMs);
        expect(ended).toBeLessThanOrEqual(soakMs + 2 * takes);
        expect(looks.length).toBeGreaterThanOrEqual(1);
      }),
    );
  });

  it("looks at its very end", async () => {
    const { looks } = await soaking({ is: () => "healthy" }, 12_345);
    expect(looks.at(-1)?.at).toBe(12_345);
  });

  it("ends at the first bad look, and says that the site fell back", async () => {
    const { verified, looks } = await soaking({ is: upTo(20_000, "healthy", "odoo-stopped") }, 120_000);
    expect(verified).toMatchObject({ good: false, passes: looks.length - 1 });
    expect(verified.why).toBe("fell back after 4 good looks: it is odoo-stopped");
    expect(looks.at(-1)?.at).toBe(20_000);
  });

  it("sees a site that falls at the last moment", async () => {
    const { verified } = await soaking({ is: upTo(30_000, "healthy", "odoo-stopped") }, 30_000);
    expect(verified.good).toBe(false);
  });

  it("takes somebody else's work for what it is: the site is not good then", async () => {
    const { verified } = await soaking({ is: upTo(10_000, "healthy", "in-progress") }, 30_000);
    expect(verified).toMatchObject({ good: false, diagnosis: { cause: "in-progress" } });
  });
});

describe("waiting for others", () => {
  async function waiting(first: Cause, site: Site, patienceMs: number) {
    const clock = new VirtualClock();
    const { look, looks, ended } = looking(clock, site);
    const observed: string[] = [];
    const after = await waitForOthers(diagnosis(first), look, patienceMs, clock, (_, why) =>
      observed.push(why),
    );
    expect(observed).toHaveLength(looks.length);
    return { after, looks, ended: ended(), observed };
  }

  it("does not wait, nor look, when nobody is at work", async () => {
    const { after, looks, ended } = await waiting("odoo-stopped", { is: () => "healthy" }, 600_000);
    expect(after.cause).toBe("odoo-stopped");
    expect({ looks: looks.length, ended }).toEqual({ looks: 0, ended: 0 });
  });

  it.each(["healthy", "odoo-stopped", "nginx-down"] as const)(
    "ends within seconds of their end, whatever they leave behind: %s",
    async (left) => {
      const { after, ended, observed } = await waiting(
        "in-progress",
        { is: upTo(100_000, "in-progress", left) },
        600_000,
      );
      expect(after.cause).toBe(left);
      expect(ended).toBeGreaterThanOrEqual(100_000);
      expect(ended).toBeLessThanOrEqual(103_000);
      expect(observed.at(-1)).toBe(left === "healthy" ? "every layer good" : `it is ${left}`);
    },
  );

  it("goes on while one work follows another", async () => {
    const { after } = await waiting(
      "in-progress",
      { is: (ms) => (ms < 50_000 ? "in-progress" : ms < 90_000 ? "database-starting" : "healthy") },
      600_000,
    );
    expect(after.cause).toBe("healthy");
  });

  it("ends when the patience is over, with the last look, and not one look later", () => {
    return fc.assert(
      fc.asyncProperty(fc.nat({ max: 200_000 }), fc.nat({ max: 5_000 }), async (patienceMs, takes) => {
        const { after, looks, ended } = await waiting(
          "database-starting",
          { is: () => "in-progress", takes },
          patienceMs,
        );
        expect(after.cause).toBe(looks.length === 0 ? "database-starting" : "in-progress");
        expect(ended).toBeGreaterThanOrEqual(patienceMs);
        expect(ended).toBeLessThanOrEqual(patienceMs + takes);
      }),
    );
  });

  it("stops when the run is cancelled", async () => {
    const stop = AbortSignal.abort(new Error("stopped by hand"));
    const look = async (): Promise<Diagnosis> => diagnosis("healthy");
    await expect(
      waitForOthers(diagnosis("in-progress"), look, 600_000, new VirtualClock(), () => {}, stop),
    ).rejects.toThrow("stopped by hand");
  });
});

describe("confirming that a site is bad", () => {
  async function confirming(site: Site, overMs: number) {
    const clock = new VirtualClock();
    const { look, looks, ended } = looking(clock, site);
    const after = await confirm(diagnosis("odoo-stopped"), look, overMs, clock);
    return { after, looks, ended: ended() };
  }

  it("takes three bad looks in all, over at least as long as was asked for, and waits no longer", () => {
    return fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 600_000 }),
        fc.nat({ max: 5_000 }),
        async (overMs, takes) => {
          const { after, looks, ended } = await confirming({ is: () => "odoo-frozen", takes }, overMs);
          expect(after.cause).toBe("odoo-frozen");
          expect(looks).toHaveLength(2);
          expect(looks[1]?.at).toBeGreaterThanOrEqual(overMs);
          expect(ended).toBeLessThanOrEqual(overMs + 1 + 2 * takes);
        },
      ),
    );
  });

  it("believes the first look where nothing was asked for", async () => {
    const { after, looks, ended } = await confirming({ is: () => "healthy" }, 0);
    expect(after.cause).toBe("odoo-stopped");
    expect({ looks: looks.length, ended }).toEqual({ looks: 0, ended: 0 });
  });

  it.each(["healthy", "in-progress"] as const)("ends with the first look that is %s", async (cause) => {
    const { after, looks, ended } = await confirming({ is: upTo(40_000, cause, "odoo-stopped") }, 60_000);
    expect(after.cause).toBe(cause);
    expect({ looks: looks.length, ended }).toEqual({ looks: 1, ended: 30_000 });
  });

  it("stops when the run is cancelled", async () => {
    const stop = AbortSignal.abort(new Error("stopped by hand"));
    const look = async (): Promise<Diagnosis> => diagnosis("healthy");
    await expect(confirm(diagnosis("odoo-stopped"), look, 60_000, new VirtualClock(), stop)).rejects.toThrow(
      "stopped by hand",
    );
  });
});

describe("insisting", () => {
  async function insisting(failures: number, mayPass: boolean, overMs: number) {
    const clock = new VirtualClock();
    const began = clock.monotonic();
    let tries = 0;
    const attempt = async (): Promise<string> => {
      tries += 1;
      if (tries <= failures) throw new Error(`failure ${tries}`);
      return "connected";
    };
    const outcome = await insist(attempt, () => mayPass, overMs, clock).catch(
      (error: Error) => error.message,
    );
    return { outcome, tries, took: clock.monotonic() - began };
  }

  it("tries again while the failure may pass, three times in all", async () => {
    expect(await insisting(0, true, 60_000)).toEqual({ outcome: "connected", tries: 1, took: 0 });
    expect(await insisting(1, true, 60_000)).toEqual({ outcome: "connected", tries: 2, took: 30_000 });
    expect(await insisting(9, true, 60_000)).toEqual({ outcome: "failure 3", tries: 3, took: 60_000 });
  });

  it("tries once where nothing was asked for, and where the failure does not pass", async () => {
    expect(await insisting(1, true, 0)).toEqual({ outcome: "failure 1", tries: 1, took: 0 });
    expect(await insisting(1, false, 60_000)).toEqual({ outcome: "failure 1", tries: 1, took: 0 });
  });
});
