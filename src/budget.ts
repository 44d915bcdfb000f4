/**
 * The budget of recoveries: a site that goes down again and again needs a person, not another restart. The second
 * recovery from the same cause within six hours is called a recurrence; a third is refused.
 */

import type { Diagnosis } from "./diagnosis/diagnosis.ts";
import type { RemedyName } from "./diagnosis/remedy-name.ts";
import { RefusedError } from "./errors.ts";
import {
  FORGET,
  type Recovery,
  readRecoveries,
  type Spent,
  spendRecovery,
} from "./host/budget/recoveries.ts";
import type { Host } from "./host/host.ts";
import { type StatePlace, stateKey, statePlace } from "./host/state.ts";
import type { Inputs } from "./inputs/inputs.ts";
import type { EventOf } from "./journal.ts";
import type { Parts } from "./parts.ts";
import { whyUnattended } from "./starter.ts";
import type { Verdict } from "./verdicts.ts";
import * as verdicts from "./verdicts.ts";

/** From one cause, within so many seconds. */
const MOST_OF_A_CAUSE = 2;
const SPAN_OF_A_CAUSE = 6 * 3_600;
/** From any cause, within the time after which a recovery is forgotten. */
const MOST_IN_ALL = 4;

/** How many recoveries there were, and why there may be no further one. */
export interface Overspent {
  /** Those that count, newest first. */
  readonly earlier: readonly Recovery[];
  /** Whether all of them are from this cause. */
  readonly ofThisCause: boolean;
  /** Within how many hours. */
  readonly hours: number;
  /** Seconds until one of them no longer counts. */
  readonly freeIn: number;
}

/** @returns undefined when another recovery from this cause may begin */
export function overspent(recoveries: readonly Recovery[], cause: string): Overspent | undefined {
  const same = recurring(recoveries, cause);
  const limit = (earlier: readonly Recovery[], most: number, span: number): number =>
    span - (earlier[most - 1]?.age ?? span);
  const ofCause = limit(same, MOST_OF_A_CAUSE, SPAN_OF_A_CAUSE);
  const inAll = limit(recoveries, MOST_IN_ALL, FORGET);
  if (ofCause <= 0 && inAll <= 0) return undefined;
  return ofCause > 0 && ofCause >= inAll
    ? { earlier: same, ofThisCause: true, hours: SPAN_OF_A_CAUSE / 3_600, freeIn: ofCause }
    : { earlier: recoveries, ofThisCause: false, hours: FORGET / 3_600, freeIn: inAll };
}

/** The recoveries from this cause that make another one a recurrence, newest first. */
function recurring(recoveries: readonly Recovery[], cause: string): readonly Recovery[] {
  return recoveries.filter((each) => each.cause === cause && each.age < SPAN_OF_A_CAUSE);
}

/**
 * Why no recovery may begin, before a lease is taken; undefined when one may. What cannot be read here is read again under
 * the lease, where it must be.
 */
export async function objectionOfBudget(
  diagnosis: Diagnosis,
  host: Host,
  inputs: Inputs,
  parts: Parts,
): Promise<Verdict | undefined> {
  if (diagnosis.ladder.length === 0) return undefined;
  if (inputs.overrideBudget) {
    const unattended = whyUnattended(parts.starter);
    return unattended === undefined ? undefined : verdicts.nobodyOverrides(diagnosis, unattended);
  }
  const spent = await overspentOn(diagnosis, host, parts);
  return spent && verdicts.budgetSpent(diagnosis, spent);
}

/** For a run that only looks: the same verdict, with what `recover` would say to this. */
export async function foreseeBudget(
  verdict: Verdict,
  diagnosis: Diagnosis,
  host: Host,
  inputs: Inputs,
  parts: Parts,
): Promise<Verdict> {
  const asks =
    verdict.status === "planned" || verdict.status === "unhealthy" || verdict.status === "degraded";
  if (!asks || inputs.overrideBudget || diagnosis.ladder.length === 0) return verdict;
  const spent = await overspentOn(diagnosis, host, parts);
  return spent === undefined ? verdict : verdicts.withBudget(verdict, diagnosis, spent);
}

/** Somebody who may look without being root does not see the record. */
async function overspentOn(
  { cause, place }: Diagnosis,
  host: Host,
  parts: Parts,
): Promise<Overspent | undefined> {
  if (place === undefined) return undefined;
  const where = statePlace(stateKey(place.project, place.directory));
  const recoveries = await readRecoveries(host, where, parts.signal).catch(() => undefined);
  parts.signal.throwIfAborted();
  return recoveries && overspent(recoveries, cause);
}

/**
 * Records that a recovery begins, or says why it must not: under the lease, before the first remedy is sent.
 *
 * @throws RefusedError when the lease is no longer ours
 */
export async function spendBudget(
  diagnosis: Diagnosis,
  remedy: RemedyName,
  host: Host,
  place: StatePlace,
  { overrideBudget }: Inputs,
  parts: Parts,
): Promise<Verdict | undefined> {
  const { run, journal, signal } = parts;
  const { cause } = diagnosis;
  const recoveries = (await readRecoveries(host, place, signal)).filter(
    (each) => each.run !== run.slice(0, 8),
  );
  const over = overspent(recoveries, cause);
  if (over !== undefined && !overrideBudget) return verdicts.budgetSpent(diagnosis, over);
  const recorded = await spendRecovery(host, place, run, { cause, remedy }, signal);
  if (recorded === "gone")
    throw new RefusedError("Somebody else took the lease over, so nothing more was changed");
  const earlier = recurring(recoveries, cause);
  journal.append({
    kind: "recovery-recorded",
    cause,
    secondsSinceSame: earlier[0]?.age,
    earlier: recoveries.length,
    overridden: over !== undefined,
  });
  const note = NOT_ON_DISK[recorded];
  if (note !== undefined) journal.append({ kind: "note", text: note });
  return undefined;
}

/** A full disk is one of the things that the action is called for: it stops no recovery. */
const NOT_ON_DISK: Readonly<Partial<Record<Spent, string>>> = {
  memory:
    "The record of recoveries could not be written to the disk: this recovery counts until the next reboot only",
  nowhere: "This recovery could not be recorded, so it does not count in the budget",
};

/** A site that was recovered, and from the same cause not long ago: said in the first line. */
export function calledRecurrence(
  verdict: Verdict,
  recorded: Pick<EventOf<"recovery-recorded">, "cause" | "secondsSinceSame"> | undefined,
): Verdict {
  return verdict.status !== "recovered" || recorded?.secondsSinceSame === undefined
    ? verdict
    : verdicts.recurrence(verdict, recorded.cause, recorded.secondsSinceSame);
}
