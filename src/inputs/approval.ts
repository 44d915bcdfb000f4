/**
 * What a person copies from a plan to approve it: a digest over the plan and the minute in which it was made, and that
 * minute. Another minute has another digest, so an approval that has expired cannot be made fresh by editing it.
 */

import { createHash } from "node:crypto";

export interface Approval {
  /** As it was given: `4f1c0a9be27d6683-20261124T0250Z`. */
  readonly token: string;
  /** When the plan was made: in milliseconds since 1970, a whole minute. */
  readonly at: number;
}

/** 64 bits: nobody finds another plan with the same digest in the half-hour in which one is good. */
const DIGEST_DIGITS = 16;
const MINUTE = 60_000;

/**
 * @param planHash of the plan; it is shown nowhere
 * @param now when the plan is made, in milliseconds since 1970
 * @returns `4f1c0a9be27d6683-20261124T0250Z`: the same for the same situation in the same minute
 */
export function tokenOf(planHash: string, now: number): string {
  const minute = compactMinute(now);
  const digest = createHash("sha256").update(`${planHash}\n${minute}`).digest("hex").slice(0, DIGEST_DIGITS);
  return `${digest}-${minute}`;
}

/** @returns undefined for what no plan ever printed */
export function parseApproval(token: string): Approval | undefined {
  const [, minuteGiven, year, month, day, hour, minute] =
    /^[0-9a-f]{16}-((\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)Z)$/.exec(token) ?? [];
  const at = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:00Z`);
  // A 31st of February is read as a day of March.
  return Number.isNaN(at) || compactMinute(at) !== minuteGiven ? undefined : { token, at };
}

/** Whether an approval is of this plan, made in the minute that stands in it. */
export function isOf({ token, at }: Approval, planHash: string): boolean {
  return tokenOf(planHash, at) === token;
}

/** A plan grows stale: this guards against acting on what a person read yesterday, not against who holds the secrets. */
const GOOD_FOR = 30 * MINUTE;
/** Two runners' clocks may differ by so much. */
const AHEAD_AT_MOST = 5 * MINUTE;

/** The last moment at which a plan that was made now can be acted upon. */
export function goodUntil(now: number): number {
  return now - (now % MINUTE) + GOOD_FOR;
}

/** Why an approval cannot be acted upon any more, as a sentence; undefined when it can. */
export function untimely({ at }: Approval, now: number): string | undefined {
  if (now > goodUntil(at))
    return `The approval has expired: its plan was made at ${clockTime(at)}, and was good until ${clockTime(goodUntil(at))}`;
  if (at > now + AHEAD_AT_MOST)
    return `The approval is of a plan that is yet to be made, at ${clockTime(at)}; it is ${clockTime(now)} now`;
  return undefined;
}

/** `20261124T0250Z` */
function compactMinute(time: number): string {
  return `${new Date(time).toISOString().slice(0, 16).replaceAll(/[-:]/g, "")}Z`;
}

/** `2026-11-24 02:50 UTC` */
function clockTime(time: number): string {
  return `${new Date(time).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}
