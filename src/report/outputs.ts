/**
 * Journal -> the step's outputs, its exit code and its annotation. Each output is a single line without control characters,
 * for a workflow may print it; headline and next are prose, in which the runner finds no command either (lib/line.ts).
 */

import { CAREFUL_NEXT, CAUSES, type Cause } from "../diagnosis/cause.ts";
import type { ArtifactContent, Entry, EventOf, Status } from "../journal.ts";
import { oneLine, sentence } from "../lib/line.ts";
import { whatRecoverWouldDo } from "../verdicts.ts";

export interface Outputs {
  readonly status: Status;
  readonly cause: string;
  readonly headline: string;
  readonly next: string;
  /** `true` when anything on the host was changed. */
  readonly changed: string;
  /** The remedies that ran, in order, separated by commas. */
  readonly remedies: string;
  /** By which the plan is approved; empty where there is none. */
  readonly plan: string;
  /** The artifacts that were uploaded; empty where there is none. */
  readonly artifact: string;
  readonly artifact_url: string;
  readonly backup_artifact: string;
  /** The directory with journal and evidence. */
  readonly report_directory: string;
}

/** How the end of a step is told that did nothing (`describeEnd`). */
const CHANGED_NOTHING = /^(?:not done|not begun|never begun)\b/;

/** The first diagnosis that was not *healthy* gives the cause; a healthy run's is `healthy`. */
export function outputsOf(entries: readonly Entry[], reportDirectory: string): Outputs {
  const concluded = entries.findLast((entry) => entry.kind === "concluded");
  const diagnoses = entries.filter((entry) => entry.kind === "diagnosed");
  const bad = diagnoses.find((entry) => entry.diagnosis.cause !== "healthy") ?? diagnoses.at(0);
  const idle = new Set(
    entries.flatMap((entry) =>
      entry.kind === "remedy-ended" && CHANGED_NOTHING.test(entry.outcome) ? [entry.step] : [],
    ),
  );
  const remedies = entries.flatMap((entry) =>
    entry.kind === "remedy-started" && !idle.has(entry.step) ? [entry.remedy] : [],
  );
  const evidence = uploadedOf(entries, "evidence");
  return {
    status: concluded?.status ?? "unknown",
    cause: oneLine(bad?.diagnosis.cause ?? "unknown"),
    headline: sentence(concluded?.headline ?? "The run ended before it reached a verdict"),
    next: sentence(concluded?.next ?? "Check the site, then run again."),
    changed: String(remedies.length > 0),
    remedies: oneLine(remedies.join(",")),
    plan: oneLine(entries.findLast((entry) => entry.kind === "planned")?.approve ?? ""),
    artifact: oneLine(evidence?.name ?? ""),
    artifact_url: oneLine(evidence?.uploaded?.url ?? ""),
    backup_artifact: oneLine(uploadedOf(entries, "backup")?.name ?? ""),
    report_directory: oneLine(reportDirectory),
  };
}

function uploadedOf(
  entries: readonly Entry[],
  holds: ArtifactContent,
): EventOf<"artifact-ended"> | undefined {
  return entries.findLast(
    (entry): entry is EventOf<"artifact-ended"> =>
      entry.kind === "artifact-ended" && entry.holds === holds && entry.uploaded !== undefined,
  );
}

export type Annotation = {
  readonly level: "notice" | "warning" | "error";
  readonly title: string;
  readonly text: string;
};

const LEVEL: Readonly<Record<Status, Annotation["level"] | undefined>> = {
  healthy: undefined,
  planned: "notice",
  recovered: "notice",
  degraded: "warning",
  unhealthy: "error",
  refused: "error",
  unreachable: "error",
  cancelled: "warning",
  unknown: "error",
};

/** GitHub shows 4,096 characters of an annotation. */
const MOST_CHARACTERS = 4_000;

/** Whether anything of a host was seen: what ended before tells of the inputs alone. */
export function hasSeen(entries: readonly Entry[]): boolean {
  return entries.some(({ kind }) => kind === "connected" || kind === "diagnosed");
}

/**
 * The same for where everybody can read it: headline and next are our own fixed words for the cause and the status, and say
 * nothing of what was seen. What ended before anything was seen is told as it is.
 */
export function openOutputsOf(entries: readonly Entry[], reportDirectory: string): Outputs {
  const outputs = outputsOf(entries, reportDirectory);
  if (!hasSeen(entries)) return outputs;
  const headline = CAUSES[outputs.cause as Cause] ?? CAUSES.unknown;
  return { ...outputs, headline: sentence(headline), next: sentence(openNextOf(entries, outputs)) };
}

const REPORT_SAYS = "The report in the evidence says more.";

/** @param entries of a run that saw something of the host */
function openNextOf(entries: readonly Entry[], { status, cause: atFirst, next }: Outputs): string {
  if (next === "") return "";
  const last = entries.findLast((entry) => entry.kind === "diagnosed")?.diagnosis;
  const cause = last?.cause ?? "unknown";
  const advice = CAREFUL_NEXT[cause] ?? CAREFUL_NEXT.unknown;
  const wouldDo = last === undefined ? advice : whatRecoverWouldDo({ ...last, cause, advice });
  switch (status) {
    case "healthy":
      return REPORT_SAYS;
    case "planned":
      return openApproval(entries) || wouldDo;
    case "refused":
      return (
        openApproval(entries) ||
        (cause === "ambiguous-target" || cause === "in-progress"
          ? advice
          : "The action stopped on purpose. The report in the evidence says why, and what to change.")
      );
    case "recovered":
      return atFirst === "odoo-out-of-memory"
        ? CAREFUL_NEXT["odoo-out-of-memory"]
        : `Something is left to do. ${REPORT_SAYS}`;
    case "degraded":
    case "unhealthy":
      return acted(entries) ? advice || REPORT_SAYS : wouldDo || REPORT_SAYS;
    case "cancelled":
      return `Check the site. ${cause === "healthy" ? REPORT_SAYS : wouldDo}`;
    case "unreachable":
      return CAREFUL_NEXT["host-unreachable"];
    case "unknown":
      return `${CAREFUL_NEXT.unknown} ${REPORT_SAYS}`;
  }
}

/** How the plan is approved; empty where there is none. */
function openApproval(entries: readonly Entry[]): string {
  const planned = entries.findLast((entry) => entry.kind === "planned");
  if (planned === undefined) return "";
  const until = new Date(planned.until);
  const time = Number.isNaN(until.getTime()) ? "" : `, good until ${until.toISOString().slice(11, 16)} UTC`;
  return `Read the plan in the evidence. To run it and nothing else, run again with \`mode: recover\`, the other inputs as they are, and the output \`plan\` as \`approve\`${time}.`;
}

function acted(entries: readonly Entry[]): boolean {
  return entries.some((entry) => entry.kind === "started" && entry.mode === "recover");
}

/** How a step ended, in words that everybody may read: without what the host said of why. */
export function openOutcome(outcome: string): string {
  const [ours = "ended"] =
    /^(?:done, and it did not work|done|not done|failed with status \d{1,3}|vanished|never begun|not begun)\b/.exec(
      outcome,
    ) ?? [];
  return ours;
}

/**
 * A recovery at which nobody was present, or of a site that goes down again and again, must not go unnoticed.
 */
function levelOf(status: Status, entries: readonly Entry[]): Annotation["level"] | undefined {
  const unattended = entries.some((entry) => entry.kind === "started" && entry.unattended === true);
  return status === "recovered" && (unattended || isRecurrence(entries)) ? "warning" : LEVEL[status];
}

/** Whether the same cause was recovered within the hours before this recovery. */
export function isRecurrence(entries: readonly Entry[]): boolean {
  return entries.some((entry) => entry.kind === "recovery-recorded" && entry.secondsSinceSame !== undefined);
}

/** One line: GitHub shows the characters that end one as they are. */
export function annotationOf(
  { status, headline, next }: Outputs,
  entries: readonly Entry[] = [],
): Annotation | undefined {
  const level = levelOf(status, entries);
  if (level === undefined) return undefined;
  const text = next === "" ? headline : `${headline}${/[.!?]$/.test(headline) ? "" : "."} Next: ${next}`;
  return { level, title: oneLine(`Odoo Recover: ${status}`), text: oneLine(text, MOST_CHARACTERS) };
}

/** 0 or 1, by the table of statuses. */
export function exitCodeOf(status: Status, failOn: "unhealthy" | "degraded"): 0 | 1 {
  if (status === "healthy" || status === "planned" || status === "recovered") return 0;
  return status === "degraded" && failOn === "unhealthy" ? 0 : 1;
}
