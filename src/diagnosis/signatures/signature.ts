/** What a signature is: words in a log by which a known trouble is recognised, and what follows from it. */

import type { Cause } from "../cause.ts";
import type { RemedyName, RuledOut } from "../remedy-name.ts";
import type { Pattern } from "./pattern.ts";

/**
 * Which text a signature is looked for in, as the survey brings it. `Docker` is what the daemon or Compose answered when
 * they were asked, what stands as `Error` in a container's state, and what our own steps printed when they called them.
 */
export type Where =
  | "Odoo's log"
  | "PostgreSQL's log"
  | "nginx's error log"
  | "nginx -t"
  | "Docker"
  | "the kernel's log";

export interface Signature {
  /** Of small letters and hyphens; stays the same for ever, for reports and issues name it. */
  readonly id: string;
  readonly where: readonly Where[];
  /**
   * Tried on each line. What it matches is all that people are shown of that line, so it spans what tells, and leaves out
   * what may be somebody's: addresses, paths of requests, values of rows.
   */
  readonly pattern: Pattern;
  /**
   * `fatal`: the process that says so ends by it. `symptom`: it tells that something suffers, and not why.
   * `fault`: everything between.
   */
  readonly kind: "fatal" | "fault" | "symptom";
  /** What a diagnosis finds where this is all that is wrong. */
  readonly cause: Cause;
  /** A clause for people. */
  readonly means: string;
  /** What a person does about it: sentences. */
  readonly advice: string;
  /** Remedies of ours that may help. */
  readonly remedies: readonly RemedyName[];
  /** Those that cannot, with a clause that says why. */
  readonly rulesOut: readonly RuledOut[];
  /** Worth telling although the site is good: it will hurt later, or hurts where we do not look. */
  readonly worthKnowing: boolean;
  /** Where the words come from: Odoo, PostgreSQL, nginx, Docker or Linux, and the file of theirs that prints them. */
  readonly source: string;
}

/** What most signatures have in common is not said again by each. */
type Plain = "kind" | "remedies" | "rulesOut" | "worthKnowing";

export function signature(particulars: Omit<Signature, Plain> & Partial<Pick<Signature, Plain>>): Signature {
  return { kind: "fault", remedies: [], rulesOut: [], worthKnowing: false, ...particulars };
}
