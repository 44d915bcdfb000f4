/** Journal -> the step's outputs, its exit code and its annotation. */

import { CAUSES, type Cause } from "../diagnosis/cause.ts";
import type { ArtifactContent, Entry, EventOf, Status } from "../journal.ts";

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
    cause: bad?.diagnosis.cause ?? "unknown",
    headline: concluded?.headline ?? "The run ended before it reached a verdict",
    next: concluded?.next ?? "Check the site, then run again.",
    changed: String(remedies.length > 0),
    remedies: remedies.join(","),
    plan: entries.findLast((entry) => entry.kind === "planned")?.approve ?? "",
    artifact: evidence?.name ?? "",
    artifact_url: evidence?.uploaded?.url ?? "",
    backup_artifact: uploadedOf(entries, "backup")?.name ?? "",
    report_directory: reportDirectory,
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

/**
 * The same for where everybody can read it: the headline tells of the cause, and nothing of what was seen. What ended
 * before anything was seen is told as it is.
 */
export function openOutputsOf(entries: readonly Entry[], reportDirectory: string): Outputs {
  const outputs = outputsOf(entries, reportDirectory);
  if (!entries.some(({ kind }) => kind === "connected" || kind === "diagnosed")) return outputs;
  return { ...outputs, headline: CAUSES[outputs.cause as Cause] ?? CAUSES.unknown };
}

export function annotationOf({ status, headline, next }: Outputs): Annotation | undefined {
  const level = LEVEL[status];
  if (level === undefined) return undefined;
  const text = next === "" ? headline : `${headline}\nNext: ${next}`;
  return { level, title: `Odoo Recover: ${status}`, text: text.slice(0, MOST_CHARACTERS) };
}

/** 0 or 1, by the table of statuses. */
export function exitCodeOf(status: Status, failOn: "unhealthy" | "degraded"): 0 | 1 {
  if (status === "healthy" || status === "planned" || status === "recovered") return 0;
  return status === "degraded" && failOn === "unhealthy" ? 0 : 1;
}
