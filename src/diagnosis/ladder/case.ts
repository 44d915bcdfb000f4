/** What the rules of acting decide on. */

import type { Survey } from "../../survey/survey.ts";
import type { AssetsSight } from "../assets.ts";
import type { Cause } from "../cause.ts";
import type { Layer } from "../layers.ts";
import type { RemedyName } from "../remedy-name.ts";
import type { SignaturesFound } from "../signatures/index.ts";
import type { Target } from "../target.ts";
import type { Wishes } from "../wishes.ts";

export interface Case {
  readonly cause: Cause;
  readonly survey: Survey;
  readonly target: Target | undefined;
  readonly layers: readonly Layer[];
  /** The remedies that already ran in this run and did not help. */
  readonly tried: readonly RemedyName[];
  /** undefined where there is no target whose login page could be looked at. */
  readonly assets: AssetsSight | undefined;
  readonly wishes: LadderWishes;
  readonly signatures: SignaturesFound;
}

/** Of what the user says, what decides on remedies. */
export type LadderWishes = Pick<Wishes, "scenario" | "ceiling" | "url" | "backup" | "module">;

/** Why a remedy is not allowed; undefined when it is. */
export type Objection = (about: Case) => string | undefined;
