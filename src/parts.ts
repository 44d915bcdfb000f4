/** What a run is made of: every effect, as an argument. */

import type { Clock } from "./clock.ts";
import type { EvidenceStore } from "./evidence/capture.ts";
import type { Transport } from "./host/transport.ts";
import type { Journal } from "./journal.ts";
import type { Redactor } from "./redaction/redactor.ts";
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
  /** What started the workflow, as GitHub names it: `schedule`, `workflow_dispatch`; empty outside of one. */
  readonly event: string;
  /** Told values that the runner must mask in its log. */
  readonly mask: (secrets: readonly string[]) => void;
  /** Fires when a person stops the run. */
  readonly signal: AbortSignal;
}

export function noteThat({ journal }: Parts, text: string): (error: unknown) => void {
  return (error) => journal.append({ kind: "note", text: `${text}: ${messageOf(error)}` });
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
