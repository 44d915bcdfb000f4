/** How a run ends, in words: the first lines of the summary, for every way in which it can end. */

import { type Diagnosis, isWaiting, type RemedyName } from "./diagnosis/diagnosis.ts";
import { HostError, InputError, RefusedError } from "./errors.ts";
import type { Scenario } from "./inputs/inputs.ts";
import type { Status } from "./journal.ts";
import { messageOf } from "./parts.ts";
import { REMEDIES } from "./remedies/index.ts";
import type { Verified } from "./verify.ts";

/** How a run ended, for the first lines of the summary. */
export interface Verdict {
  readonly status: Status;
  /** One sentence: what is broken, and whether it is mended. */
  readonly headline: string;
  /** Particulars; may be empty. */
  readonly detail: string;
  /** What a person must do next; empty when nothing. */
  readonly next: string;
}

const sentences = (...parts: readonly string[]): string => parts.filter((part) => part !== "").join(" ");

/** Every layer is good; what would break it next makes it *degraded*. */
export function good(diagnosis: Diagnosis, opening = "Every layer is good"): Verdict {
  const { cause, finding, advice, warnings, drift } = diagnosis;
  const breaking = drift.find((each) => each.breaking);
  if (cause !== "healthy" || breaking !== undefined) {
    const what = cause === "healthy" ? `${breaking?.service}: ${breaking?.what}` : finding;
    return {
      status: "degraded",
      headline: `People can work, but ${what}`,
      detail: warnings.join("\n"),
      next: sentences(advice, aboutDrift(diagnosis)),
    };
  }
  return {
    status: "healthy",
    headline: `${opening}; nothing was changed`,
    detail: warnings.map((warning) => `Worth a look: ${warning}`).join("\n"),
    next: aboutDrift(diagnosis),
  };
}

export function planned(diagnosis: Diagnosis): Verdict {
  return {
    status: "planned",
    headline: `${opening(diagnosis)}: ${diagnosis.finding}. Nothing was changed: this was a plan`,
    detail: "",
    next: whatRecoverWouldDo(diagnosis),
  };
}

/** @param lesson what was learnt on the way that a person should act on; may be empty */
export function recovered(
  cause: Diagnosis,
  tried: readonly RemedyName[],
  now: Diagnosis,
  lesson = "",
): Verdict {
  const lasting = cause.cause === "odoo-out-of-memory" ? cause.advice : "";
  return {
    status: "recovered",
    headline: [
      lasting === "" ? "The site is back." : "The site is back, until it happens again.",
      cause.since === "" ? "" : `It was ${cause.since.replace(/^Down/, "down")}.`,
      `Found: ${cause.finding}.`,
      `Done: ${tried.join(", then ")}`,
    ]
      .filter(Boolean)
      .join(" "),
    detail: now.warnings.map((warning) => `Worth a look: ${warning}`).join("\n"),
    next: sentences(lasting, lesson, aboutDrift(now)),
  };
}

export function fellBack(cause: Diagnosis, tried: readonly RemedyName[], watched: Verified): Verdict {
  return {
    status: "unhealthy",
    headline: `The site came back after ${tried.join(", then ")} and fell again`,
    detail: `At first ${cause.finding}.\nThen it ${watched.why}.`,
    next: "Look at the logs in the evidence: something takes it down again.",
  };
}

/** Somebody else was at work for longer than we wait, or the database still recovers. */
export function waitedInVain(diagnosis: Diagnosis, waitedMs: number): Verdict {
  const waited = `after ${Math.round(waitedMs / 60_000) || 1} min of waiting`;
  const evidence = diagnosis.evidence.join("\n");
  return diagnosis.cause === "database-starting"
    ? {
        ...unhealthy(diagnosis, diagnosis.advice),
        headline: `The site is down ${waited}: ${diagnosis.finding}`,
      }
    : {
        status: "refused",
        headline: `We must not act, ${waited}: ${diagnosis.finding}`,
        detail: evidence,
        next: diagnosis.advice,
      };
}

/** Bad, ambiguous or not fully seen: which of them, by what the layers say. */
export function unhealthy(
  diagnosis: Diagnosis,
  next: string,
  tried: readonly RemedyName[] = [],
  finding = diagnosis.finding,
): Verdict {
  const verdict = (status: Status, words: string): Verdict => ({
    status,
    headline: `${words}: ${finding}${inVain(tried)}`,
    detail: diagnosis.evidence.join("\n"),
    next,
  });
  if (diagnosis.cause === "ambiguous-target") return verdict("refused", "Nothing was looked at further");
  const works = peopleCanWork(diagnosis);
  // A login page is handed out, but what for was not found: nobody can say that this is the site that was meant.
  if (works && diagnosis.cause === "unknown" && diagnosis.target === undefined)
    return verdict("unknown", "A login page is handed out, and what hands it out is not known");
  if (works) return verdict("degraded", "People can work, but something is wrong");
  if (diagnosis.layers.some((layer) => layer.state === "bad"))
    return verdict("unhealthy", opening(diagnosis));
  return verdict("unknown", "Whether the site is up is not known");
}

/** The cause belongs to the scenario that was not asked for: what was found is told, and nothing (more) is done. */
export function otherScenario(
  diagnosis: Diagnosis,
  asked: Exclude<Scenario, "auto">,
  tried: readonly RemedyName[] = [],
): Verdict {
  const { cause, finding, evidence } = diagnosis;
  const other = asked === "502" ? "500" : "502";
  const words = peopleCanWork(diagnosis) ? "People can work, but something is wrong" : opening(diagnosis);
  return {
    status: "refused",
    headline: `${words}: ${finding}${inVain(tried)}. That is ${cause}, of scenario ${other}, and \`scenario: ${asked}\` was asked for${tried.length === 0 ? "; nothing was changed" : ""}`,
    detail: evidence.join("\n"),
    next: `Run again with \`scenario: auto\`, or with \`scenario: ${other}\`.`,
  };
}

function opening({ since }: Diagnosis): string {
  return since === "" ? "The site is down" : since;
}

/** What was tried and did not help; the boot check mends nothing, and was not meant to. */
function inVain(tried: readonly RemedyName[]): string {
  const meant = tried.filter((remedy) => remedy !== "boot-check");
  return meant.length === 0 ? "" : `; ${meant.join(", then ")} did not mend it`;
}

/** What the public gets decides whether people can work, then what the proxy hands out on the host. */
function peopleCanWork({ layers }: Diagnosis): boolean {
  const outermost = ["public", "proxy", "direct"]
    .map((name) => layers.find((layer) => layer.name === name)?.state)
    .find((state) => state !== undefined && state !== "not observed");
  return outermost === "good";
}

export function whatRecoverWouldDo(diagnosis: Diagnosis): string {
  const [remedy] = diagnosis.ladder;
  if (isWaiting(diagnosis))
    return "Wait. With `mode: recover` the action waits for it, and acts afterwards if the site is still bad.";
  if (remedy === undefined) return diagnosis.advice;
  return `Run again with \`mode: recover\`: it would begin with ${remedy}, which ${REMEDIES[remedy].does}.`;
}

function aboutDrift({ drift }: Diagnosis): string {
  return drift.length === 0
    ? ""
    : "Look at the drift below before anyone recreates the containers; we applied none of it.";
}

/** What an error means for the run. */
export function verdictOn(error: unknown, signal?: AbortSignal): Verdict {
  if (signal?.aborted && !(error instanceof RefusedError)) {
    return {
      status: "cancelled",
      headline: "The run was stopped by hand before it had a verdict",
      detail: "",
      next: "Check the site, then run again.",
    };
  }
  if (error instanceof InputError || error instanceof RefusedError) {
    return { status: "refused", headline: error.message, detail: error.detail, next: error.advice };
  }
  if (error instanceof HostError) {
    const status = STATUS_OF_PROBLEM[error.problem];
    return { status, headline: error.message, detail: error.detail, next: error.advice };
  }
  return {
    status: "unknown",
    headline: `Odoo Recover itself failed: ${messageOf(error)}`,
    detail: error instanceof Error ? (error.stack ?? "") : "",
    next: "Check the site by hand, and report this failure.",
  };
}

export const STATUS_OF_PROBLEM: Readonly<Record<HostError["problem"], Status>> = {
  unresolved: "unreachable",
  closed: "unreachable",
  silent: "unreachable",
  jump: "unreachable",
  authentication: "unreachable",
  "no-shell": "unreachable",
  "host-key": "refused",
  lost: "unknown",
  "timed-out": "unknown",
  nonsense: "unknown",
};
