/**
 * Verify: the survey's health layers again and again, until they were good several times in a row, or there is no
 * point in waiting longer. Never a fixed wait.
 */

import type { Clock } from "./clock.ts";
import type { Diagnosis } from "./diagnosis/diagnosis.ts";

/** So many good looks in a row… */
export const PASSES = 3;
/** … over at least so many milliseconds. */
export const PASSES_SPAN = 10_000;
/**
 * Milliseconds between the beginnings of two looks: while it is bad, as soon as is decent; while it is good, no more
 * often than the verdict needs, since every look costs the site a request.
 */
const PACE_WHILE_BAD = 1_000;
const PACE_WHILE_GOOD = PASSES_SPAN / (PASSES - 1);

export interface Look {
  readonly diagnosis: Diagnosis;
  /** Changes whenever Odoo logs something: a boot that goes on. */
  readonly progress: string;
}

export interface VerifyTimes {
  /** Longest wait for the first good look, in milliseconds: only while the log advances. */
  readonly bootWaitMs: number;
  /** Bad, and nothing new in the log for so many milliseconds: it will not come by itself. */
  readonly stallMs: number;
}

export interface Verified {
  readonly good: boolean;
  /** The last look. */
  readonly diagnosis: Diagnosis;
  /** Good looks in a row at the end. */
  readonly passes: number;
  /** For people: why the verdict is what it is. */
  readonly why: string;
}

/**
 * Looks until the site is good `PASSES` times in a row over `PASSES_SPAN`, or the boot wait is over, or nothing moves.
 *
 * @param look takes a light survey and diagnoses it; its errors end the verification
 * @param observe told about every look
 */
export async function verify(
  look: () => Promise<Look>,
  times: VerifyTimes,
  clock: Clock,
  observe: (good: boolean, why: string) => void,
  signal?: AbortSignal,
): Promise<Verified> {
  const began = clock.monotonic();
  let passes = 0;
  let firstPass = 0;
  let progress: string | undefined;
  let moved = began;
  for (;;) {
    const looked = clock.monotonic();
    const { diagnosis, progress: now } = await look();
    const good = diagnosis.cause === "healthy";
    observe(good, good ? "every layer good" : diagnosis.finding);
    if (good) {
      if (passes === 0) firstPass = looked;
      passes += 1;
      if (passes >= PASSES && looked - firstPass >= PASSES_SPAN) {
        return { good, diagnosis, passes, why: `good ${passes} times over ${seconds(looked - firstPass)}` };
      }
    } else {
      passes = 0;
      if (now !== progress) moved = looked;
      progress = now;
      const waited = looked - began;
      if (waited > times.bootWaitMs) {
        return { good, diagnosis, passes, why: `not good after ${seconds(waited)}` };
      }
      if (looked - moved > times.stallMs) {
        return {
          good,
          diagnosis,
          passes,
          why: `bad, and nothing new in Odoo's log for ${seconds(looked - moved)}`,
        };
      }
    }
    const pace = good ? PACE_WHILE_GOOD : PACE_WHILE_BAD;
    await clock.sleep(Math.max(0, pace - (clock.monotonic() - looked)), signal);
  }
}

/**
 * Goes on looking for a while after the verdict *good*.
 *
 * @returns the first bad look, or the last good one
 */
export async function soak(
  look: () => Promise<Look>,
  soakMs: number,
  clock: Clock,
  observe: (good: boolean, why: string) => void,
  signal?: AbortSignal,
): Promise<Verified> {
  const end = clock.monotonic() + soakMs;
  let passes = 0;
  for (;;) {
    const looked = clock.monotonic();
    const { diagnosis } = await look();
    const good = diagnosis.cause === "healthy";
    observe(good, good ? "every layer good" : diagnosis.finding);
    if (!good)
      return { good, diagnosis, passes, why: `fell back after ${passes} good looks: ${diagnosis.finding}` };
    passes += 1;
    if (clock.monotonic() >= end)
      return { good, diagnosis, passes, why: `still good after ${seconds(soakMs)}` };
    const next = Math.min(looked + PACE_WHILE_GOOD, end);
    await clock.sleep(Math.max(0, next - clock.monotonic()), signal);
  }
}

function seconds(milliseconds: number): string {
  return `${Math.round(milliseconds / 1000)} s`;
}
