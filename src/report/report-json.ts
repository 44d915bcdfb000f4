/**
 * Journal -> report.json: the run for programs, in the form of docs/report.schema.json. A key is always there; what there
 * is none of is null, an empty text or an empty list. Times are ISO 8601 in UTC, by the runner's clock unless said.
 */

import type { Cause } from "../diagnosis/cause.ts";
import type { Fact } from "../diagnosis/discovery.ts";
import type { Layer } from "../diagnosis/layers.ts";
import type { RemedyName } from "../diagnosis/remedy-name.ts";
import type { SignatureFound } from "../diagnosis/signatures/index.ts";
import type { Suspect } from "../diagnosis/suspects.ts";
import type { Mode } from "../inputs/inputs.ts";
import type {
  ArtifactContent,
  BackupMade,
  DiagnosisRecord,
  Entry,
  EventOf,
  ForeseenStep,
  Status,
} from "../journal.ts";
import { commandsToType } from "./commands.ts";
import { consoleWords } from "./console.ts";
import { deedsOf } from "./deeds.ts";
import { isRecurrence, outputsOf } from "./outputs.ts";

/**
 * Goes up when a key goes away, or means something else. A key that is new does not raise it: who reads a report skips
 * keys that it does not know.
 */
export const SCHEMA_VERSION = 1;

/** Where the run took place, as far as the environment tells. */
export interface Workflow {
  /** `owner/name`; empty outside of a workflow. */
  readonly repository: string;
  readonly event: string;
  /** The page of the workflow's run. */
  readonly url: string;
}

type Nullable<T> = {
  readonly [K in keyof T]: undefined extends T[K] ? Exclude<T[K], undefined> | null : T[K];
};

export interface Report {
  readonly schemaVersion: typeof SCHEMA_VERSION;
  readonly version: string;
  readonly run: {
    readonly id: string;
    readonly mode: Mode | null;
    readonly host: string;
    readonly hostKey: string | null;
    readonly startedAt: string | null;
    readonly endedAt: string | null;
    readonly seconds: number;
    readonly workflow: Workflow;
  };
  readonly status: Status;
  readonly cause: Cause | "unknown";
  readonly headline: string;
  readonly detail: string;
  readonly next: string;
  /** What `next` asks a person to type as root on the droplet, each whole. */
  readonly commands: readonly string[];
  readonly changed: boolean;
  /** Whether the same cause was recovered within six hours before. */
  readonly recurrence: boolean;
  /** At first and at last; a layer that was not there at first has no `first`. */
  readonly layers: readonly LayerStory[];
  readonly diagnoses: readonly ReportedDiagnosis[];
  readonly foreseen: readonly ForeseenStep[];
  readonly plan: {
    readonly approve: string;
    readonly until: string;
    readonly inputs: Readonly<Record<string, string>>;
    readonly files: readonly string[];
  } | null;
  readonly remedies: readonly ReportedRemedy[];
  readonly backups: readonly ReportedBackup[];
  readonly verifications: readonly { at: string; outcome: string; passes: number; seconds: number }[];
  readonly evidence: readonly { when: "before" | "after"; name: string; bytes: number }[];
  readonly artifacts: readonly ReportedArtifact[];
  readonly timeline: readonly { at: string; ms: number; kind: Entry["kind"]; text: string }[];
}

interface ReportedArtifact {
  readonly holds: ArtifactContent;
  readonly name: string;
  readonly uploaded: boolean;
  readonly url: string;
  readonly bytes: number | null;
  readonly digest: string | null;
  readonly why: string;
}

interface LayerStory {
  readonly name: Layer["name"];
  readonly first: Omit<Layer, "name"> | null;
  readonly last: Omit<Layer, "name">;
}

interface ReportedDiagnosis {
  readonly at: string;
  readonly cause: Cause;
  readonly finding: string;
  readonly evidence: readonly string[];
  readonly advice: string;
  readonly since: string;
  readonly layers: readonly Layer[];
  readonly warnings: readonly string[];
  readonly topology: readonly string[];
  readonly drift: readonly { service: string; what: string; breaking: boolean }[];
  readonly facts: readonly Fact[];
  readonly suspects: readonly Suspect[];
  readonly signatures: {
    readonly version: number;
    readonly root: ReportedSignature | null;
    readonly consequences: readonly ReportedSignature[];
  };
  /** By the host's clock. */
  readonly changes: readonly { at: string; what: string }[];
  readonly project: string | null;
  readonly directory: string | null;
  readonly ladder: readonly RemedyName[];
  readonly ruledOut: readonly { remedy: RemedyName; why: string }[];
}

type ReportedSignature = Omit<SignatureFound, "at"> & { readonly at: string | null };

interface ReportedRemedy {
  readonly remedy: RemedyName;
  readonly step: string;
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly outcome: string | null;
  readonly did: readonly string[];
  readonly undo: string;
}

interface ReportedBackup {
  readonly step: string;
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly outcome: string | null;
  readonly backup: Nullable<BackupMade> | null;
}

/** @param entries the journal of one run; of one that never concluded the status is `unknown` */
export function reportOf(entries: readonly Entry[], workflow: Workflow): Report {
  const started = entries.find((entry) => entry.kind === "started");
  const concluded = entries.findLast((entry) => entry.kind === "concluded");
  const diagnosed = entries.filter((entry) => entry.kind === "diagnosed");
  const planned = entries.findLast((entry) => entry.kind === "planned");
  const { status, cause, headline, next, changed } = outputsOf(entries, "");
  const first = entries.at(0);
  const last = entries.at(-1);
  return {
    schemaVersion: SCHEMA_VERSION,
    version: started?.version ?? "",
    run: {
      id: started?.run ?? "",
      mode: started?.mode ?? null,
      host: started?.host ?? "",
      hostKey: entries.find((entry) => entry.kind === "connected")?.identity ?? null,
      startedAt: first?.at ?? null,
      endedAt: last?.at ?? null,
      seconds: first && last ? Math.max(0, (Date.parse(last.at) - Date.parse(first.at)) / 1000) : 0,
      workflow,
    },
    status,
    cause: cause as Report["cause"],
    headline,
    detail: concluded?.detail ?? "",
    next,
    commands: commandsToType(entries),
    changed: changed === "true",
    recurrence: isRecurrence(entries),
    layers: layerStories(diagnosed),
    diagnoses: diagnosed.map(({ at, diagnosis }) => ({ at, ...reportedDiagnosis(diagnosis) })),
    foreseen: (entries.findLast((entry) => entry.kind === "foreseen")?.steps ?? []).map(
      ({ remedy, risk, backup, does, commands }) => ({ remedy, risk, backup, does, commands }),
    ),
    plan:
      planned === undefined
        ? null
        : {
            approve: planned.approve,
            until: planned.until,
            inputs: Object.fromEntries(planned.inputs),
            files: planned.programs.map(({ name }) => name),
          },
    remedies: remediesOf(entries),
    backups: backupsOf(entries),
    verifications: entries.flatMap((entry) =>
      entry.kind === "verified"
        ? [{ at: entry.at, outcome: entry.outcome, passes: entry.passes, seconds: entry.seconds }]
        : [],
    ),
    evidence: entries.flatMap((entry) =>
      entry.kind === "evidence"
        ? entry.files.map(({ name, bytes }) => ({ when: entry.when, name, bytes }))
        : [],
    ),
    artifacts: entries.flatMap((entry) => (entry.kind === "artifact-ended" ? [reportedArtifact(entry)] : [])),
    timeline: entries.flatMap((entry) => {
      const text = consoleWords(entry);
      return text === undefined ? [] : [{ at: entry.at, ms: entry.ms, kind: entry.kind, text }];
    }),
  };
}

function reportedArtifact({ holds, name, uploaded, why }: EventOf<"artifact-ended">): ReportedArtifact {
  return {
    holds,
    name,
    uploaded: uploaded !== undefined,
    url: uploaded?.url ?? "",
    bytes: uploaded?.bytes ?? null,
    digest: uploaded?.digest ?? null,
    why,
  };
}

function layerStories(diagnosed: readonly EventOf<"diagnosed">[]): LayerStory[] {
  const seen = diagnosed.map(({ diagnosis }) => diagnosis.layers).filter((layers) => layers.length > 0);
  const first = seen.at(0) ?? [];
  return (seen.at(-1) ?? []).map(({ name, state, why }) => {
    const before = first.find((layer) => layer.name === name);
    return {
      name,
      first: before === undefined ? null : { state: before.state, why: before.why },
      last: { state, why },
    };
  });
}

function reportedDiagnosis(record: DiagnosisRecord): Omit<ReportedDiagnosis, "at"> {
  const { root, consequences, version } = record.signatures;
  return {
    cause: record.cause,
    finding: record.finding,
    evidence: record.evidence,
    advice: record.advice,
    since: record.since,
    layers: record.layers.map(({ name, state, why }) => ({ name, state, why })),
    warnings: record.warnings,
    topology: record.topology,
    drift: record.drift.map(({ service, what, breaking }) => ({
      service,
      what,
      breaking: breaking === true,
    })),
    facts: record.facts.map(({ what, value, from }) => ({ what, value, from })),
    suspects: record.suspects.map(({ module, why }) => ({ module, why })),
    signatures: {
      version,
      root: root === undefined ? null : reportedSignature(root),
      consequences: consequences.map(reportedSignature),
    },
    changes: record.changes.flatMap(({ at, what }) => {
      const time = instant(at);
      return time === null ? [] : [{ at: time, what }];
    }),
    project: record.project ?? null,
    directory: record.directory ?? null,
    ladder: record.ladder,
    ruledOut: record.ruledOut.map(({ remedy, why }) => ({ remedy, why })),
  };
}

function reportedSignature(found: SignatureFound): ReportedSignature {
  const { id, area, cause, symptom, where, at, times, line, means, advice, source } = found;
  return { id, area, cause, symptom, where, at: instant(at), times, line, means, advice, source };
}

/** A time that a host told may be no time at all. */
function instant(milliseconds: number | null | undefined): string | null {
  const date = new Date(milliseconds ?? Number.NaN);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}

function remediesOf(entries: readonly Entry[]): ReportedRemedy[] {
  const deeds = deedsOf(entries);
  return entries
    .filter((entry): entry is EventOf<"remedy-started"> => entry.kind === "remedy-started")
    .map(({ remedy, step, at }, index) => {
      const ended = entries.find((entry) => entry.kind === "remedy-ended" && entry.step === step);
      return {
        remedy,
        step,
        startedAt: at,
        endedAt: ended?.at ?? null,
        outcome: ended?.kind === "remedy-ended" ? ended.outcome : null,
        did: deeds[index]?.did ?? [],
        undo: deeds[index]?.undo ?? "",
      };
    });
}

function backupsOf(entries: readonly Entry[]): ReportedBackup[] {
  return entries
    .filter((entry): entry is EventOf<"backup-started"> => entry.kind === "backup-started")
    .map(({ step, at }) => {
      const ended = entries.find(
        (entry): entry is EventOf<"backup-ended"> => entry.kind === "backup-ended" && entry.step === step,
      );
      return {
        step,
        startedAt: at,
        endedAt: ended?.at ?? null,
        outcome: ended?.outcome ?? null,
        backup: ended?.backup === undefined ? null : reportedBackup(ended.backup),
      };
    });
}

function reportedBackup(made: BackupMade): Nullable<BackupMade> {
  const { database, onDroplet, onRunner, fetch, bytes, sha256, seconds, tables, filestore } = made;
  return {
    database,
    onDroplet: onDroplet ?? null,
    onRunner: onRunner ?? null,
    fetch,
    bytes,
    sha256,
    seconds,
    tables,
    filestore: filestore ?? null,
  };
}
