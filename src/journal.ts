/**
 * The journal: the append-only record of one run, every event with its time. Summary, annotations, outputs and report
 * are pure functions of it; it is on disk after every event, so that a run that was killed can still be told.
 */

import type { Clock } from "./clock.ts";
import type { Cause } from "./diagnosis/cause.ts";
import type { Change } from "./diagnosis/changes.ts";
import type { Diagnosis } from "./diagnosis/diagnosis.ts";
import type { Fact } from "./diagnosis/discovery.ts";
import type { Drift } from "./diagnosis/drift.ts";
import type { Layer } from "./diagnosis/layers.ts";
import type { RemedyName, RuledOut } from "./diagnosis/remedy-name.ts";
import type { RiskClass } from "./diagnosis/risk.ts";
import type { SignaturesFound } from "./diagnosis/signatures/index.ts";
import type { Suspect } from "./diagnosis/suspects.ts";
import type { Mode } from "./inputs/inputs.ts";
import type { Redactor } from "./redaction/redactor.ts";

/** How a run ends: exactly one of these (README.md, “Statuses”, tells what each means). */
export type Status =
  | "healthy"
  | "planned"
  | "recovered"
  | "degraded"
  | "unhealthy"
  | "refused"
  | "unreachable"
  | "cancelled"
  | "unknown";

/** A diagnosis without the survey's bulk. */
export interface DiagnosisRecord {
  readonly cause: Cause;
  readonly finding: string;
  readonly evidence: readonly string[];
  readonly advice: string;
  /** Of the advice, the commands that hold names from the host, each whole. */
  readonly commands?: readonly string[];
  readonly layers: readonly Layer[];
  readonly warnings: readonly string[];
  readonly drift: readonly Drift[];
  readonly topology: readonly string[];
  readonly facts: readonly Fact[];
  readonly suspects: readonly Suspect[];
  readonly signatures: SignaturesFound;
  readonly since: string;
  /** What changed around the outage, newest first. */
  readonly changes: readonly Change[];
  readonly project: string | undefined;
  readonly directory: string | undefined;
  readonly ladder: readonly RemedyName[];
  readonly ruledOut: readonly RuledOut[];
}

export type Event =
  | {
      readonly kind: "started";
      readonly mode: Mode;
      readonly version: string;
      readonly run: string;
      readonly host: string;
      /** Whether no person started the run. */
      readonly unattended?: boolean;
    }
  | { readonly kind: "connected"; readonly host: string; readonly identity: string }
  | { readonly kind: "connection"; readonly event: "lost" | "reconnected"; readonly detail: string }
  | { readonly kind: "surveyed"; readonly purpose: string; readonly milliseconds: number }
  | { readonly kind: "diagnosed"; readonly diagnosis: DiagnosisRecord }
  | { readonly kind: "foreseen"; readonly steps: readonly ForeseenStep[] }
  | ({ readonly kind: "planned"; readonly programs: readonly PlannedProgram[] } & PlanApproval)
  | {
      readonly kind: "lease-taken";
      readonly key: string;
      readonly owner: string;
      readonly takenOver: string | undefined;
    }
  | { readonly kind: "lease-released"; readonly key: string; readonly outcome: string }
  | { readonly kind: "lease-lost" }
  | { readonly kind: "evidence"; readonly when: "before" | "after"; readonly files: readonly EvidenceFile[] }
  | {
      readonly kind: "remedy-started";
      readonly remedy: RemedyName;
      readonly step: string;
      /** Of the lease under which it runs. */
      readonly key: string;
    }
  | { readonly kind: "remedy-output"; readonly text: string }
  | {
      readonly kind: "remedy-ended";
      readonly remedy: RemedyName;
      readonly step: string;
      readonly outcome: string;
    }
  | {
      readonly kind: "backup-started";
      readonly step: string;
      /** Of the lease under which it runs. */
      readonly key: string;
    }
  | { readonly kind: "backup-output"; readonly text: string }
  | {
      readonly kind: "backup-ended";
      readonly step: string;
      readonly outcome: string;
      /** undefined: there is none. */
      readonly backup: BackupMade | undefined;
    }
  /** The first remedy is about to be sent: it counts in the budget. */
  | {
      readonly kind: "recovery-recorded";
      readonly cause: Cause;
      /** Since the last recovery from the same cause within six hours; undefined: there is none. */
      readonly secondsSinceSame: number | undefined;
      /** Recoveries of the last 24 hours before this one. */
      readonly earlier: number;
      /** Whether the budget was spent, and a person overrode that. */
      readonly overridden: boolean;
    }
  | { readonly kind: "looked"; readonly good: boolean; readonly why: string }
  | { readonly kind: "verified"; readonly outcome: string; readonly passes: number; readonly seconds: number }
  | {
      readonly kind: "artifact-begun";
      readonly holds: ArtifactContent;
      readonly name: string;
      readonly encrypted: boolean;
    }
  | {
      readonly kind: "artifact-ended";
      readonly holds: ArtifactContent;
      readonly name: string;
      /** undefined: it is not there, or not whole. */
      readonly uploaded: ArtifactMade | undefined;
      /** Why it is not; empty where it is. */
      readonly why: string;
    }
  /** The copy of a backup on the droplet that was to come home to be uploaded: only the recipients can read it. */
  | {
      readonly kind: "backup-encrypted";
      /** On the runner; undefined: it did not come. */
      readonly path: string | undefined;
      readonly seconds: number;
      /** Why it did not; empty where it did. */
      readonly why: string;
    }
  | { readonly kind: "note"; readonly text: string }
  | {
      readonly kind: "concluded";
      readonly status: Status;
      readonly headline: string;
      readonly detail: string;
      readonly next: string;
    };

export type ArtifactContent = "evidence" | "backup";

export interface ArtifactMade {
  /** The page to download it from; empty where that is not known. */
  readonly url: string;
  readonly bytes: number;
  /** SHA-256, as GitHub shows it. */
  readonly digest: string | undefined;
}

/** A backup that was read back whole. */
export interface BackupMade {
  readonly database: string;
  /** On the droplet, and on the runner; undefined where it was not to go there. */
  readonly onDroplet: string | undefined;
  readonly onRunner: string | undefined;
  /** What a person types to have the droplet's, as the login of this run; empty where it is not on the droplet. */
  readonly fetch: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly seconds: number;
  /** Tables whose rows are in it. */
  readonly tables: number;
  /** The hard-link snapshot of the filestore, in Odoo's container; undefined where none was wanted. */
  readonly filestore: string | undefined;
}

/** A step of the ladder as it stands now; each is taken only if a fresh look still allows it. */
export interface ForeseenStep {
  readonly remedy: RemedyName;
  readonly risk: RiskClass;
  /** Whether it runs only after a backup. */
  readonly backup: boolean;
  /** As a sentence without a subject. */
  readonly does: string;
  /** The commands as root would type them on the droplet, a line each; empty where they are none that can be typed. */
  readonly commands: string;
}

export interface EvidenceFile {
  readonly name: string;
  readonly bytes: number;
}

/** By which a person approves a plan: what is to be given as `approve`. */
export interface PlanApproval {
  readonly approve: string;
  /** When it expires: ISO 8601, UTC. */
  readonly until: string;
  /** The inputs of this run that decided on the plan, where they are not the default: they are to be given again. */
  readonly inputs: readonly (readonly [name: string, value: string])[];
}

/** One of the exact programs of a plan, which is a file in the evidence as well. */
export interface PlannedProgram extends EvidenceFile {
  readonly text: string;
}

/** An event with its place in time: the wall clock (ISO 8601, UTC), and milliseconds since the run began. */
export type Entry = Event & { readonly at: string; readonly ms: number };

export type EventOf<K extends Event["kind"]> = Extract<Entry, { kind: K }>;

/** Where the entries go: a file on the runner, and the log that people watch. */
export interface JournalSink {
  append(entry: Entry): void;
}

/** What comes after the verdict. */
const AFTER_THE_END: ReadonlySet<Event["kind"]> = new Set(["artifact-begun", "artifact-ended"]);

export class Journal {
  readonly #entries: Entry[] = [];
  readonly #clock: Clock;
  readonly #redactor: Redactor;
  readonly #sinks: readonly JournalSink[];
  readonly #start: number;
  #closed = false;

  constructor(clock: Clock, redactor: Redactor, sinks: readonly JournalSink[]) {
    this.#clock = clock;
    this.#redactor = redactor;
    this.#sinks = sinks;
    this.#start = clock.monotonic();
  }

  /** Records an event, redacted. Once the journal is closed, only what becomes of its artifacts. */
  append(event: Event): void {
    if (this.#closed && !AFTER_THE_END.has(event.kind)) return;
    const entry: Entry = {
      at: new Date(this.#clock.now()).toISOString(),
      ms: Math.round(this.#clock.monotonic() - this.#start),
      ...this.#redactor.data(event),
    };
    this.#entries.push(entry);
    for (const sink of this.#sinks) sink.append(entry);
  }

  /** The run has its verdict. What it may still do is no longer part of its story. */
  close(): void {
    this.#closed = true;
  }

  get entries(): readonly Entry[] {
    return this.#entries;
  }
}

/** The backup of a run: the last one that was read back whole. */
export function backupOf(entries: readonly Entry[]): BackupMade | undefined {
  const good = entries.flatMap((entry) =>
    entry.kind === "backup-ended" && entry.backup !== undefined ? [entry.backup] : [],
  );
  return good.at(-1);
}

export function recordOf(diagnosis: Diagnosis): DiagnosisRecord {
  return {
    cause: diagnosis.cause,
    finding: diagnosis.finding,
    evidence: diagnosis.evidence,
    advice: diagnosis.advice,
    ...(diagnosis.commands === undefined ? {} : { commands: diagnosis.commands }),
    layers: diagnosis.layers,
    warnings: diagnosis.warnings,
    drift: diagnosis.drift,
    topology: diagnosis.topology,
    facts: diagnosis.facts,
    suspects: diagnosis.suspects,
    signatures: diagnosis.signatures,
    since: diagnosis.since,
    changes: diagnosis.changes,
    project: diagnosis.place?.project,
    directory: diagnosis.place?.directory,
    ladder: diagnosis.ladder,
    ruledOut: diagnosis.ruledOut,
  };
}
