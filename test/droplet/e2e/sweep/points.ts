/** Where a sweep interrupts: each kind at several moments of a step, the same ones each time. */

import { createHash } from "node:crypto";
import { KINDS, type Kind } from "./interruptions.ts";
import { SITUATIONS, type Situation } from "./situations.ts";

export interface Point {
  readonly situation: Situation;
  readonly kind: Kind;
  /** How far into the step: 0 its start, 1 the end of the seconds that are surely within it. */
  readonly at: number;
}

/** For each step and kind: 42 for each step. */
const MOMENTS = 6;
/** It takes most of a minute to be noticed; CI has it on the sandbox, and once on the droplet (interrupted.e2e.test.ts). */
const NOT_IN_SAMPLE: Kind = "the link half-open";
/** Another number takes another sample. */
const SEED = process.env.SWEEP_SEED ?? "1";

export type Extent = "every point" | "a sample";

/** Every point of these steps, or one of each. */
export function pointsOf(extent: Extent, steps: readonly Situation["step"][]): readonly Point[] {
  return SITUATIONS.filter(({ step }) => steps.includes(step)).flatMap((situation) => {
    const all = KINDS.flatMap((kind) =>
      Array.from({ length: MOMENTS }, (_, moment) => ({ situation, kind, at: (moment + 0.5) / MOMENTS })),
    );
    return extent === "every point" ? all : sample(all.filter(({ kind }) => kind !== NOT_IN_SAMPLE));
  });
}

/** @returns the one of them that the seed chooses */
function sample(points: readonly Point[]): readonly Point[] {
  return points.toSorted((a, b) => (rankOf(a) < rankOf(b) ? -1 : 1)).slice(0, 1);
}

function rankOf({ situation, kind, at }: Point): string {
  return createHash("sha256").update(`${SEED}/${situation.step}/${kind}/${at}`).digest("hex");
}
