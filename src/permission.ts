/** What the user allowed, checked against every diagnosis before it is acted upon: the scenario, and the approved plan. */

import type { Diagnosis } from "./diagnosis/diagnosis.ts";
import type { RemedyName } from "./diagnosis/remedy-name.ts";
import { needsApproval, RISK, type RiskClass } from "./diagnosis/risk.ts";
import { fits } from "./diagnosis/scenario.ts";
import { RefusedError } from "./errors.ts";
import { isOf, untimely } from "./inputs/approval.ts";
import type { Inputs } from "./inputs/inputs.ts";
import type { Parts } from "./parts.ts";
import { mayRun, type Plan, type Planning, planOf } from "./plan.ts";
import { describeReview, type Review } from "./review.ts";
import { startedBy, whyUnattended } from "./starter.ts";
import type { Verdict } from "./verdicts.ts";
import * as verdicts from "./verdicts.ts";

/** The verdict on a site that is bad for a cause of the scenario that was not asked for; undefined on any other. */
export function againstScenario(
  diagnosis: Diagnosis,
  { scenario }: Pick<Inputs, "scenario">,
  tried: readonly RemedyName[] = [],
): Verdict | undefined {
  return scenario === "auto" || fits(diagnosis.cause, scenario)
    ? undefined
    : verdicts.otherScenario(diagnosis, scenario, tried);
}

/** Why a step may not run. */
export interface Refusal {
  readonly verdict: Verdict;
  /** Whether an approval is what is missing: then a person wants to see the plan. */
  readonly lacksApproval: boolean;
}

/** Beside what the user wrote: where and when the run takes place, and who can be asked. */
export interface Circumstances extends Pick<Parts, "clock" | "starter" | "confirmReview"> {
  /** The class of each remedy. */
  readonly risks?: Readonly<Record<RemedyName, RiskClass>>;
}

type Allowed = Pick<Inputs, "scenario" | "approve" | "review">;

export class Permission {
  readonly #inputs: Allowed;
  readonly #planning: Planning;
  readonly #circumstances: Circumstances;
  readonly #risks: Readonly<Record<RemedyName, RiskClass>>;
  #approved: Plan | undefined;
  #review: Review | undefined;

  constructor(inputs: Allowed, planning: Planning, circumstances: Circumstances) {
    this.#inputs = inputs;
    this.#planning = planning;
    this.#circumstances = circumstances;
    this.#risks = circumstances.risks ?? RISK;
  }

  /**
   * Why the first step of this diagnosis's ladder may not run, with the verdict that the run then ends with; undefined
   * when it may, or when there is none. An approval is for one situation: until something has run, it must still be that
   * one.
   *
   * @param tried the remedies that already ran in this run
   */
  objectionTo(diagnosis: Diagnosis, tried: readonly RemedyName[]): Refusal | undefined {
    const misfit = againstScenario(diagnosis, this.#inputs, tried);
    if (misfit !== undefined) return { verdict: misfit, lacksApproval: false };
    const { clock, starter } = this.#circumstances;
    const { approve } = this.#inputs;
    const unattended = whyUnattended(starter);
    const plan = planOf(diagnosis, this.#planning, this.#risks);
    if (approve !== undefined && tried.length === 0) {
      if (unattended !== undefined) return unapproved(verdicts.nobodyApproved(diagnosis, unattended));
      const late = untimely(approve, clock.now());
      if (late !== undefined) return unapproved(verdicts.untimelyApproval(diagnosis, late));
      if (!isOf(approve, plan.hash)) return unapproved(verdicts.anotherPlan(diagnosis, plan));
      this.#approved = plan;
    }
    const [step] = plan.steps;
    if (step === undefined) return undefined;
    if (needsApproval(step.risk) && unattended !== undefined)
      return unapproved(verdicts.unattended(diagnosis, step, unattended, tried));
    if (mayRun(step, this.#approved, tried)) return undefined;
    return unapproved(
      this.#approved === undefined
        ? verdicts.notApproved(diagnosis, step, tried)
        : verdicts.notInThePlan(diagnosis, step, tried),
    );
  }

  /**
   * Why an approval that reviewers are to have given is not believed; undefined where GitHub confirms it, or where it is
   * the approval of who started the run. Asked once, before the first step.
   *
   * @throws the signal's reason when it fires
   */
  async objectionToReview(diagnosis: Diagnosis, signal?: AbortSignal): Promise<Refusal | undefined> {
    const { approve, review } = this.#inputs;
    if (approve === undefined || review === undefined || diagnosis.ladder.length === 0) return undefined;
    try {
      this.#review = await this.#circumstances.confirmReview(review, signal);
      return undefined;
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      return unapproved(verdicts.unconfirmedReview(diagnosis, error));
    }
  }

  /** Under which approval the steps run, and whose it is, in one line; empty where none is needed. */
  get approval(): string {
    if (this.#approved === undefined || this.#inputs.approve === undefined) return "";
    const { token } = this.#inputs.approve;
    const started = `run by ${startedBy(this.#circumstances.starter)}`;
    return `${token}, ${started}${this.#review === undefined ? "" : `, reviewed by ${describeReview(this.#review)}`}`;
  }

  /** Whether a person let in what they started themselves, as far as GitHub says so. */
  get reviewedByItsStarter(): boolean {
    const { starter } = this.#circumstances;
    const starters = [starter.actor, starter.triggeringActor];
    return this.#review?.reviewers.every((login) => starters.includes(login)) ?? false;
  }
}

function unapproved(verdict: Verdict): Refusal {
  return { verdict, lacksApproval: true };
}
