/** What the user allowed, held against every diagnosis before it is acted upon: the scenario, and the approved plan. */

import type { Clock } from "./clock.ts";
import type { Diagnosis } from "./diagnosis/diagnosis.ts";
import type { RemedyName } from "./diagnosis/remedy-name.ts";
import { needsApproval, RISK, type RiskClass } from "./diagnosis/risk.ts";
import { fits } from "./diagnosis/scenario.ts";
import { untimely } from "./inputs/approval.ts";
import type { Inputs } from "./inputs/inputs.ts";
import { mayRun, type Plan, type Planning, planOf } from "./plan.ts";
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

/** Nobody is there to read a plan when these start a run: what needs an approval never runs under them. */
const UNATTENDED: ReadonlySet<string> = new Set(["schedule", "repository_dispatch"]);

/** Why a step may not run. */
export interface Refusal {
  readonly verdict: Verdict;
  /** Whether an approval is what is missing: then a person wants to see the plan. */
  readonly lacksApproval: boolean;
}

export class Permission {
  readonly #inputs: Pick<Inputs, "scenario" | "approve">;
  readonly #planning: Planning;
  readonly #clock: Clock;
  readonly #event: string;
  readonly #risks: Readonly<Record<RemedyName, RiskClass>>;
  #approved: Plan | undefined;

  /**
   * @param event what started the workflow, as GitHub names it: `schedule`, `workflow_dispatch`; may be empty
   * @param risks the class of each remedy
   */
  constructor(
    inputs: Pick<Inputs, "scenario" | "approve">,
    planning: Planning,
    clock: Clock,
    event: string,
    risks: Readonly<Record<RemedyName, RiskClass>> = RISK,
  ) {
    this.#inputs = inputs;
    this.#planning = planning;
    this.#clock = clock;
    this.#event = event;
    this.#risks = risks;
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
    const { approve } = this.#inputs;
    const plan = planOf(diagnosis, this.#planning, this.#risks);
    if (approve !== undefined && tried.length === 0) {
      const late = untimely(approve, this.#clock.now());
      if (late !== undefined) return unapproved(verdicts.untimelyApproval(diagnosis, late));
      if (!plan.hash.startsWith(approve.hash)) return unapproved(verdicts.anotherSituation(diagnosis, plan));
      this.#approved = plan;
    }
    const [step] = plan.steps;
    if (step === undefined) return undefined;
    if (needsApproval(step.risk) && UNATTENDED.has(this.#event))
      return unapproved(verdicts.unattended(diagnosis, step, this.#event, tried));
    if (mayRun(step, this.#approved, tried)) return undefined;
    return unapproved(
      this.#approved === undefined
        ? verdicts.notApproved(diagnosis, step, tried)
        : verdicts.notInThePlan(diagnosis, step, tried),
    );
  }
}

function unapproved(verdict: Verdict): Refusal {
  return { verdict, lacksApproval: true };
}
