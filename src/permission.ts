/** What the user allowed, held against every diagnosis before it is acted upon: the scenario, and the approved plan. */

import type { Clock } from "./clock.ts";
import type { Diagnosis, RemedyName } from "./diagnosis/diagnosis.ts";
import { RISK, type RiskClass } from "./diagnosis/risk.ts";
import { fits } from "./diagnosis/scenario.ts";
import { RefusedError } from "./errors.ts";
import { type Approval, untimely } from "./inputs/approval.ts";
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

/** @throws RefusedError when the approval is too old, or from the future */
export function assertTimely(approval: Approval | undefined, clock: Clock): void {
  const why = approval && untimely(approval, clock.now());
  if (why === undefined) return;
  throw new RefusedError(why, {
    advice: "Nothing was changed. Run with `mode: plan` again, read it, and approve that one.",
  });
}

export class Permission {
  readonly #inputs: Pick<Inputs, "scenario" | "approve">;
  readonly #planning: Planning;
  readonly #clock: Clock;
  readonly #risks: Readonly<Record<RemedyName, RiskClass>>;
  #approved: Plan | undefined;

  /** @param risks the class of each remedy */
  constructor(
    inputs: Pick<Inputs, "scenario" | "approve">,
    planning: Planning,
    clock: Clock,
    risks: Readonly<Record<RemedyName, RiskClass>> = RISK,
  ) {
    this.#inputs = inputs;
    this.#planning = planning;
    this.#clock = clock;
    this.#risks = risks;
  }

  /**
   * Why the first step of this diagnosis's ladder may not run, as the verdict that the run then ends with; undefined when
   * it may, or when there is none. An approval is for one situation: until something has run, it must still be that one.
   *
   * @param tried the remedies that already ran in this run
   * @throws RefusedError when the approval has expired meanwhile
   */
  objectionTo(diagnosis: Diagnosis, tried: readonly RemedyName[]): Verdict | undefined {
    const misfit = againstScenario(diagnosis, this.#inputs, tried);
    if (misfit !== undefined) return misfit;
    const { approve } = this.#inputs;
    const plan = planOf(diagnosis, this.#planning, this.#risks);
    if (approve !== undefined && tried.length === 0) {
      assertTimely(approve, this.#clock);
      if (!plan.hash.startsWith(approve.hash)) return verdicts.anotherSituation(diagnosis, plan);
      this.#approved = plan;
    }
    const [step] = plan.steps;
    if (step === undefined || mayRun(step, this.#approved, tried)) return undefined;
    return this.#approved === undefined
      ? verdicts.notApproved(diagnosis, step, tried)
      : verdicts.notInThePlan(diagnosis, step, tried);
  }
}
