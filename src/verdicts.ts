/** How a run ends, in words: the first lines of the summary, for every way in which it can end. */

import type { Overspent } from "./budget.ts";
import { type Diagnosis, isWaiting } from "./diagnosis/diagnosis.ts";
import type { RemedyName } from "./diagnosis/remedy-name.ts";
import { ABOVE_CEILING, needsApproval, RISK, type RiskClass } from "./diagnosis/risk.ts";
import { HostError, InputError, messageOf, RefusedError } from "./errors.ts";
import type { Recovery } from "./host/budget/recoveries.ts";
import type { Scenario } from "./inputs/inputs.ts";
import type { PlanApproval, Status } from "./journal.ts";
import { describePlan, type Plan, type PlanStep } from "./plan.ts";
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
      next: sentences(cause === "healthy" ? advice : whatRecoverWouldDo(diagnosis), aboutDrift(diagnosis)),
    };
  }
  return {
    status: "healthy",
    headline: `${opening}; nothing was changed`,
    detail: warnings.map((warning) => `Worth a look: ${warning}`).join("\n"),
    next: aboutDrift(diagnosis),
  };
}

/** The site was bad at first, and is good without anything of ours. */
export function cameBack(first: Diagnosis, now: Diagnosis): Verdict {
  const verdict = good(now, "The site came back by itself");
  return { ...verdict, detail: [`At first: ${first.finding}`, verdict.detail].filter(Boolean).join("\n") };
}

/** @param approval undefined where there is nothing to do but wait */
export function planned(diagnosis: Diagnosis, approval: PlanApproval | undefined): Verdict {
  return {
    status: "planned",
    headline: `${opening(diagnosis)}: ${diagnosis.finding}. Nothing was changed: this was a plan`,
    detail: "",
    next:
      approval === undefined
        ? whatRecoverWouldDo(diagnosis)
        : `To run this plan (${diagnosis.ladder.join(", then ")}) and nothing else, run again with \`mode: recover\`, ${asGiven(approval)}\`approve: ${approval.approve}\`, good until ${approval.until.slice(11, 16)} UTC.`,
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
  const broken = cause.layers.some(({ state }) => state === "bad");
  return {
    status: "recovered",
    headline: [
      broken
        ? lasting === ""
          ? "The site is back."
          : "The site is back, until it happens again."
        : "What was wrong is mended.",
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

/**
 * Every layer is good after repairs, and nothing of ours is left to do. What a whole look still finds is told: the same as
 * before makes it *degraded*, for it was not mended; something else is a matter of its own.
 */
export function mended(cause: Diagnosis, done: readonly RemedyName[], now: Diagnosis): Verdict {
  return now.cause === cause.cause
    ? unhealthy(now, whatRecoverWouldDo(now), done)
    : recovered(cause, done, now, now.cause === "healthy" ? "" : `Besides, ${now.finding}. ${now.advice}`);
}

/** @param stopped the container that was stopped meanwhile, and not by the run; undefined: none */
export function fellBack(
  cause: Diagnosis,
  tried: readonly RemedyName[],
  watched: Verified,
  stopped: string | undefined = undefined,
): Verdict {
  const how =
    stopped === undefined
      ? ""
      : `: the container ${stopped} was stopped, not by the action, and was left stopped`;
  return {
    status: "unhealthy",
    headline: `The site came back after ${tried.join(", then ")} and fell again${how}`,
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

const PLAN_AGAIN = "Run with `mode: plan` again, read it, and approve that one.";

/**
 * The approval is of no plan for this situation in that minute. Of the plan that was approved only a digest is known, so
 * what the plan would be now is shown for comparison.
 */
export function anotherPlan(diagnosis: Diagnosis, plan: Plan): Verdict {
  return {
    status: "refused",
    headline: `The site's state has changed since the plan was approved, or the minute in \`approve\` was edited; now: ${diagnosis.finding}. Nothing was changed`,
    detail: `Compare with the plan that was approved. It would now be one of\n${describePlan(plan)}\n\n${diagnosis.evidence.join("\n")}`,
    next: plan.steps.length === 0 && diagnosis.advice !== "" ? diagnosis.advice : PLAN_AGAIN,
  };
}

/** The plan was approved too long ago, or by a clock that is off. */
export function untimelyApproval(diagnosis: Diagnosis, why: string): Verdict {
  return {
    status: "refused",
    headline: `${why}. Nothing was changed; now: ${diagnosis.finding}`,
    detail: diagnosis.evidence.join("\n"),
    next: PLAN_AGAIN,
  };
}

const BY_HAND =
  "start a run by hand (`on: workflow_dispatch`) with `mode: plan`, read the plan, and approve it.";

/**
 * A run that no person started comes to a step that only a person may allow.
 *
 * @param why it is no person's, as a clause
 */
export function unattended(
  diagnosis: Diagnosis,
  step: PlanStep,
  why: string,
  tried: readonly RemedyName[],
): Verdict {
  const { headline, ...rest } = unhealthy(diagnosis, "", tried);
  return {
    ...rest,
    status: "refused",
    headline: `${headline}. The next step, ${step.remedy}, is of the class ${step.risk} and needs a person's approval: ${why}`,
    next: `To let it run, ${BY_HAND}`,
  };
}

/**
 * An approval was given to a run that no person started.
 *
 * @param why it is no person's, as a clause
 */
export function nobodyApproved(diagnosis: Diagnosis, why: string): Verdict {
  return {
    status: "refused",
    headline: `The approval does not count, because ${why}. Nothing was changed; now: ${diagnosis.finding}`,
    detail: diagnosis.evidence.join("\n"),
    next: `Remove the line \`approve:\` from this workflow to run only what needs no approval. To approve a plan, ${BY_HAND}`,
  };
}

/**
 * `override_budget` was given to a run that no person started.
 *
 * @param why it is no person's, as a clause
 */
export function nobodyOverrides(diagnosis: Diagnosis, why: string): Verdict {
  return {
    status: "refused",
    headline: `\`override_budget\` does not count, because ${why}. Nothing was changed; now: ${diagnosis.finding}`,
    detail: diagnosis.evidence.join("\n"),
    next: "Remove the line `override_budget: true` from this workflow. To override the budget, start a run by hand (`on: workflow_dispatch`).",
  };
}

/** The site goes down again and again: another recovery would only hide why. */
export function budgetSpent(diagnosis: Diagnosis, spent: Overspent): Verdict {
  return {
    status: "refused",
    headline: `${opening(diagnosis)}: ${diagnosis.finding}. The budget is spent: ${describeSpent(diagnosis, spent)}. Nothing was changed`,
    detail: [...spent.earlier.map(describeRecovery), ...diagnosis.evidence].join("\n"),
    next: sentences(diagnosis.advice, overTheBudget(spent)),
  };
}

/** For a run that only looks. */
export function withBudget(verdict: Verdict, diagnosis: Diagnosis, spent: Overspent): Verdict {
  const refusal = `With \`mode: recover\` the action would refuse: the budget is spent, because ${describeSpent(diagnosis, spent)}.`;
  const rest = verdict.status === "planned" ? verdict.next : "";
  return {
    ...verdict,
    detail: [verdict.detail, ...spent.earlier.map(describeRecovery)].filter(Boolean).join("\n"),
    next: sentences(refusal, diagnosis.advice, overTheBudget(spent), rest),
  };
}

function describeSpent({ cause }: Diagnosis, { earlier, ofThisCause, hours }: Overspent): string {
  const times = earlier.length === 2 ? "twice" : `${earlier.length} times`;
  const when = earlier
    .map(({ age }) => ago(age))
    .toReversed()
    .join(", ");
  return ofThisCause
    ? `the same cause (${cause}) was already recovered ${times} within ${hours} h (${when})`
    : `this droplet was already recovered ${times} within ${hours} h (${when})`;
}

function describeRecovery({ age, cause, remedy, run }: Recovery): string {
  return `Earlier recovery: ${ago(age)}, cause ${cause}, first remedy ${remedy}, run ${run === "" ? "unknown" : run}`;
}

function overTheBudget({ freeIn }: Overspent): string {
  return `Fix the cause: the evidence has the logs. To recover once more before that, start the run by hand (\`on: workflow_dispatch\`) with \`mode: recover\` and \`override_budget: true\`. Without it, the action recovers again in ${span(freeIn)} at the earliest.`;
}

/** The same cause was recovered not long ago. */
export function recurrence(verdict: Verdict, cause: string, secondsAgo: number): Verdict {
  return {
    ...verdict,
    headline: `Recovered, but this is a recurrence: the same cause (${cause}) was recovered ${ago(secondsAgo)}. ${verdict.headline}`,
    next: sentences(
      `Find out why it happens again: within 6 h of the first one, the next recovery from this cause is refused.`,
      verdict.next,
    ),
  };
}

function ago(seconds: number): string {
  return seconds < 60 ? "less than a minute ago" : `${span(seconds)} ago`;
}

/** `40 min`, `3 h` */
function span(seconds: number): string {
  const minutes = Math.max(1, Math.round(seconds / 60));
  return minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
}

/** GitHub did not confirm that reviewers approved the plan. */
export function unconfirmedReview(diagnosis: Diagnosis, { message, detail, advice }: RefusedError): Verdict {
  return {
    status: "refused",
    headline: `${message}. Nothing was changed; now: ${diagnosis.finding}`,
    detail: [detail, ...diagnosis.evidence].filter(Boolean).join("\n"),
    next: advice,
  };
}

/** The same verdict with the plan that a person may approve instead. */
export function withPlan(verdict: Verdict, approval: PlanApproval): Verdict {
  const { approve, until } = approval;
  return {
    ...verdict,
    next: `${verdict.next} As things are now the plan is below: \`mode: recover\`, ${asGiven(approval)}\`approve: ${approve}\`, good until ${until.slice(11, 16)} UTC.`,
  };
}

/** The inputs that are to be given again. */
function asGiven({ inputs }: PlanApproval): string {
  return inputs.map(([name, value]) => `\`${name}: ${value}\`, `).join("");
}

/** The next step is of a class that runs only as a part of an approved plan. */
export function notApproved(diagnosis: Diagnosis, step: PlanStep, tried: readonly RemedyName[]): Verdict {
  const { headline, ...rest } = unhealthy(diagnosis, toApprove(step.remedy), tried);
  return {
    ...rest,
    status: "refused",
    headline: `${headline}. The next step is of the class ${step.risk}, and was not approved`,
  };
}

/** The approved steps have run, and the next one is not among them. */
export function notInThePlan(
  diagnosis: Diagnosis,
  { remedy }: PlanStep,
  tried: readonly RemedyName[],
): Verdict {
  return unhealthy(
    diagnosis,
    `The next step would be ${remedy}, and that is not in the approved plan as it would run now. ${PLAN_AGAIN}`,
    tried,
  );
}

function toApprove(remedy: RemedyName): string {
  return `The next step is ${remedy}, which ${REMEDIES[remedy].does}: it runs only when a person approved it. Run with \`mode: plan\`, read it, then \`mode: recover\` with the \`approve\` that it prints.`;
}

function opening({ since, layers }: Diagnosis): string {
  if (since !== "") return since;
  const bad = layers.filter(({ state }) => state === "bad").map(({ name }) => name);
  if (bad.length === 0) return "People can work, but something is wrong";
  return bad.join() === "assets" ? "The site is broken" : "The site is down";
}

/** What was tried and did not help; the boot check mends nothing, and was not meant to. */
function inVain(tried: readonly RemedyName[]): string {
  const meant = tried.filter((remedy) => remedy !== "boot-check");
  return meant.length === 0 ? "" : `; ${meant.join(", then ")} did not mend it`;
}

/**
 * What the public gets decides whether people can work, then what the proxy hands out on the host; and a page without its
 * stylesheets and scripts is of no use to them.
 */
function peopleCanWork({ layers }: Diagnosis): boolean {
  const at = (name: string): string | undefined => layers.find((layer) => layer.name === name)?.state;
  const outermost = ["public", "proxy", "direct"]
    .map(at)
    .find((state) => state !== undefined && state !== "not observed");
  return outermost === "good" && at("assets") !== "bad";
}

/** A container was stopped during the run, and not by it: a person decides. What the run had done by then did not help. */
export function stoppedByOthers(
  { finding, evidence }: Diagnosis,
  container: string,
  done: readonly RemedyName[],
): Verdict {
  return {
    status: done.length === 0 ? "refused" : "unhealthy",
    headline: `The container ${container} was stopped during this run, not by the action, so it was left stopped${done.length === 0 ? "" : `. Done before that: ${done.join(", then ")}`}`,
    detail: [finding, ...evidence].join("\n"),
    next: "Find out who stopped it, and why. If it should run, start this workflow again: a new run with `mode: recover` starts it.",
  };
}

/** What stopped a run half-way, and what it had done by then. */
export function refusedAfter(
  { message, detail, advice }: RefusedError,
  done: readonly RemedyName[],
): Verdict {
  return { status: "refused", headline: `${message}${inVain(done)}`, detail, next: advice };
}

/**
 * @param diagnosis what of one decides on what comes next; its advice may be another, for another reader
 * @param risks the class of each remedy
 */
export function whatRecoverWouldDo(
  diagnosis: Pick<Diagnosis, "cause" | "ladder" | "ruledOut" | "advice">,
  risks: Readonly<Record<RemedyName, RiskClass>> = RISK,
): string {
  const [remedy] = diagnosis.ladder;
  if (isWaiting(diagnosis))
    return "Wait. With `mode: recover` the action waits for it, and acts afterwards if the site is still bad.";
  if (remedy === undefined) return sentences(underAHigherCeiling(diagnosis, risks), diagnosis.advice);
  if (needsApproval(risks[remedy])) return toApprove(remedy);
  return `Run again with \`mode: recover\`: it would begin with ${remedy}, which ${REMEDIES[remedy].does}.`;
}

/** The input to change, where the ceiling alone stands in the way of a remedy; empty where it does not. */
function underAHigherCeiling(
  { ruledOut, cause }: Pick<Diagnosis, "ruledOut" | "cause">,
  risks: Readonly<Record<RemedyName, RiskClass>>,
): string {
  const first = ruledOut.find(({ why }) => why.startsWith(ABOVE_CEILING));
  if (first === undefined || cause === "in-progress") return "";
  const { remedy } = first;
  return `With \`ceiling: ${risks[remedy]}\`, \`mode: recover\` would begin with ${remedy}, which ${REMEDIES[remedy].does}. By hand:`;
}

function aboutDrift({ drift }: Diagnosis): string {
  return drift.length === 0
    ? ""
    : "Look at the drift below before anyone recreates the containers; we applied none of it.";
}

/** What an error means for the run. */
export function verdictOn(error: unknown, signal?: AbortSignal): Verdict {
  if (signal?.aborted && !(error instanceof RefusedError)) {
    return stopped();
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

function stopped(): Verdict {
  return {
    status: "cancelled",
    headline: "The run was stopped by hand before it had a verdict",
    detail: "",
    next: "Check the site, then run again.",
  };
}

/** A run that was stopped and whose host did not answer in the seconds that were left. */
export function cutShort(): Verdict {
  return {
    ...stopped(),
    detail:
      "The droplet did not answer in the seconds after the stop. What had begun there goes on; the post step waits for it, gives the lease back and says how the site is.",
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

export function isUnreachable(error: unknown): error is HostError {
  return error instanceof HostError && STATUS_OF_PROBLEM[error.problem] === "unreachable";
}
