/** What a run is made of: every effect, as an argument. */

import type { Clock } from "./clock.ts";
import { messageOf } from "./errors.ts";
import type { EvidenceStore } from "./evidence/store.ts";
import type { Transport } from "./host/transport.ts";
import type { ReviewWish } from "./inputs/inputs.ts";
import type { Journal } from "./journal.ts";
import type { Redactor } from "./redaction/redactor.ts";
import type { Review } from "./review.ts";
import type { Starter } from "./starter.ts";
import type { Observation, PublicProbe } from "./survey/survey.ts";

export interface Parts {
  readonly connect: () => Promise<Transport>;
  /** What the public gets, asked from here. */
  readonly askPublic: (url: URL, signal?: AbortSignal) => Promise<Observation<PublicProbe>>;
  readonly clock: Clock;
  readonly journal: Journal;
  readonly redactor: Redactor;
  readonly evidence: EvidenceStore;
  /** On the runner, for this user only: where a backup that goes home is put. */
  readonly reportDirectory: string;
  /** 32 hexadecimal digits that were never used before. */
  readonly nonce: () => string;
  /** This run's token: it owns the lease and names the steps. */
  readonly run: string;
  /** For people who find our lease: who runs this, and where to look. */
  readonly who: string;
  readonly starter: Starter;
  /**
   * Asks GitHub who let this run into the environment.
   *
   * @throws RefusedError where it does not confirm that a required reviewer did
   */
  readonly confirmReview: (wish: ReviewWish, signal?: AbortSignal) => Promise<Review>;
  /** Told values that the runner must mask in its log. */
  readonly mask: (secrets: readonly string[]) => void;
  /** Fires when a person stops the run. */
  readonly signal: AbortSignal;
}

export function noteThat({ journal }: Parts, text: string): (error: unknown) => void {
  return (error) => journal.append({ kind: "note", text: `${text}: ${messageOf(error)}` });
}
