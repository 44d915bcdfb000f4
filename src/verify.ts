/**
 * Verify: the survey's health layers again and again, until they were good several times in a row, or there is no
 * point in waiting longer. Never a fixed wait.
 */

import type { Clock } from "./clock.ts";
import type { Cause } from "./diagnosis/cause.ts";
import { type Diagnosis, isGood, isWaiting } from "./diagnosis/diagnosis.ts";
import type { RemedyName } from "./diagnosis/remedy-name.ts";

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
/** A cause that may pass by itself (Odoo finding back to its database, nginx trying a server again) gets so long. */
const SETTLES = 20_000;
/** Whatever it is called from look to look: bad for so long without anybody at work is bad. */
const LONGEST = 60_000;
/** One that cannot pass is believed when it is seen for so long. */
const BELIEVED = 4_000;

const LASTING: ReadonlySet<Cause> = new Set([
  "ambiguous-target",
  "assets-corrupt",
  "assets-missing",
  "assets-poisoned",
  "disk-full",
  "docker-down",
  "filestore-missing",
  "filestore-unreadable",
  "inodes-full",
  "nginx-config-invalid",
  "nginx-down",
  "odoo-absent",
  "odoo-crash-loop",
  "odoo-out-of-memory",
  "odoo-stopped",
  "other-topology",
  "port-mapping-missing",
  "redirect-loop",
  "stack-down",
]);

/** A Docker that was just started starts its containers by itself, which takes a slow machine a while. */
const DOCKER_MENDS: ReadonlySet<Cause> = new Set(["odoo-stopped", "stack-down"]);

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
 * Looks until the site is good `PASSES` times in a row over `PASSES_SPAN`; or it is bad for a reason for which waiting
 * does not help; or it is not good after the boot wait.
 *
 * @param look takes a light survey and diagnoses it; its errors end the verification
 * @param bootWaitMs longest wait for the first good look, in milliseconds
 * @param observe told about every look
 * @param after the remedy that has just run
 */
export async function verify(
  look: () => Promise<Diagnosis>,
  bootWaitMs: number,
  clock: Clock,
  observe: (good: boolean, why: string) => void,
  signal?: AbortSignal,
  after?: RemedyName,
): Promise<Verified> {
  const began = clock.monotonic();
  let passes = 0;
  let firstPass = 0;
  let cause: Cause | undefined;
  let causeSince = began;
  let badSince = began;
  for (;;) {
    const looked = clock.monotonic();
    const diagnosis = await look();
    const good = isGood(diagnosis);
    observe(good, good ? "every layer good" : diagnosis.finding);
    if (good) {
      if (passes === 0) firstPass = looked;
      passes += 1;
      cause = undefined;
      badSince = looked;
      if (passes >= PASSES && looked - firstPass >= PASSES_SPAN) {
        return { good, diagnosis, passes, why: `good ${passes} times over ${seconds(looked - firstPass)}` };
      }
    } else {
      passes = 0;
      if (diagnosis.cause !== cause) causeSince = looked;
      cause = diagnosis.cause;
      const waited = looked - began;
      if (waited > bootWaitMs) {
        return { good, diagnosis, passes, why: `not good after ${seconds(waited)}` };
      }
      if (isWaiting(diagnosis)) badSince = looked;
      const held = looked - causeSince;
      const lasts = LASTING.has(cause) && !(after === "start-docker" && DOCKER_MENDS.has(cause));
      const enough = held >= (lasts ? BELIEVED : SETTLES) || looked - badSince >= LONGEST;
      if (!isWaiting(diagnosis) && enough) {
        return { good, diagnosis, passes, why: `not good, and ${cause} for ${seconds(held)}` };
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
  look: () => Promise<Diagnosis>,
  soakMs: number,
  clock: Clock,
  observe: (good: boolean, why: string) => void,
  signal?: AbortSignal,
): Promise<Verified> {
  const end = clock.monotonic() + soakMs;
  let passes = 0;
  for (;;) {
    const looked = clock.monotonic();
    const diagnosis = await look();
    const good = isGood(diagnosis);
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

/** A site is called bad when it was bad at so many looks in a row. */
const FAILURES = 3;

/**
 * Goes on looking at a site that is bad, before anybody is told so. Changes nothing.
 *
 * @param overMs the looks are spread over at least so long, in milliseconds; 0: the first is believed
 * @returns the first look that is good, or at which somebody is at work; otherwise the last bad one
 */
export async function confirm(
  first: Diagnosis,
  look: () => Promise<Diagnosis>,
  overMs: number,
  clock: Clock,
  signal?: AbortSignal,
): Promise<Diagnosis> {
  let diagnosis = first;
  for (const pause of pauses(overMs)) {
    await clock.sleep(pause, signal);
    diagnosis = await look();
    if (isGood(diagnosis) || isWaiting(diagnosis)) return diagnosis;
  }
  return diagnosis;
}

/**
 * Tries as often as `confirm` looks, while the failure is of a kind that may pass.
 *
 * @throws the last failure
 */
export async function insist<T>(
  attempt: () => Promise<T>,
  mayPass: (error: unknown) => boolean,
  overMs: number,
  clock: Clock,
  signal?: AbortSignal,
): Promise<T> {
  for (const pause of pauses(overMs)) {
    try {
      return await attempt();
    } catch (error) {
      if (!mayPass(error)) throw error;
      await clock.sleep(pause, signal);
    }
  }
  return await attempt();
}

function pauses(overMs: number): readonly number[] {
  return overMs === 0 ? [] : Array<number>(FAILURES - 1).fill(Math.ceil(overMs / (FAILURES - 1)));
}

/** Longest pause between two looks while somebody else is at work, in milliseconds. */
const PACE_OF_PATIENCE = 3_000;

/**
 * Waits while somebody else is at work on the site, or the database recovers. Changes nothing.
 *
 * @returns the first look that is something else, or the last one when the patience is over
 */
export async function waitForOthers(
  first: Diagnosis,
  look: () => Promise<Diagnosis>,
  patienceMs: number,
  clock: Clock,
  observe: (good: boolean, why: string) => void,
  signal?: AbortSignal,
): Promise<Diagnosis> {
  const end = clock.monotonic() + patienceMs;
  let diagnosis = first;
  while (isWaiting(diagnosis) && clock.monotonic() < end) {
    await clock.sleep(Math.max(0, Math.min(PACE_OF_PATIENCE, end - clock.monotonic())), signal);
    diagnosis = await look();
    observe(isGood(diagnosis), isGood(diagnosis) ? "every layer good" : diagnosis.finding);
  }
  return diagnosis;
}

function seconds(milliseconds: number): string {
  return `${Math.round(milliseconds / 1000)} s`;
}
