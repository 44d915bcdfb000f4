/** What a person copies from a plan to approve it: the plan's hash, and the minute in which it was made. */

export interface Approval {
  /** The first 16 hexadecimal digits of the plan's hash. */
  readonly hash: string;
  /** When the plan was made: in milliseconds since 1970, a whole minute. */
  readonly at: number;
}

const HASH_DIGITS = 16;
const MINUTE = 60_000;

/** `4f1c0a9be27d6683-20261124T0250Z`: the same hash for the same situation, whenever it was made. */
export function tokenOf(hash: string, now: number): string {
  const minute = new Date(now).toISOString().slice(0, 16).replaceAll(/[-:]/g, "");
  return `${hash.slice(0, HASH_DIGITS)}-${minute}Z`;
}

/** @returns undefined for what no plan ever printed */
export function parseApproval(token: string): Approval | undefined {
  const [, hash, year, month, day, hour, minute] =
    /^([0-9a-f]{16})-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)Z$/.exec(token) ?? [];
  if (hash === undefined) return undefined;
  const at = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:00Z`);
  // A 31st of February is read as a day of March.
  return Number.isNaN(at) || tokenOf(hash, at) !== token ? undefined : { hash, at };
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

/** `2026-11-24 02:50 UTC` */
function clockTime(time: number): string {
  return `${new Date(time).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}
