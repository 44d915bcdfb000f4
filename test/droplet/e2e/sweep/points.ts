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
/** For each step, where there is no time for all. */
const SAMPLE = 2;
/** It takes most of a minute to be noticed; CI has it on the sandbox, and once on the droplet (interrupted.e2e.test.ts). */
const NOT_IN_SAMPLE: Kind = "the link half-open";
/** Another number takes another sample. */
const SEED = process.env.SWEEP_SEED ?? "1";

const EVERY_POINT = process.env.EVERY_CASE === "1";

/** Every point of these steps; in CI a sample of each. */
export function pointsOf(steps: readonly Situation["step"][]): readonly Point[] {
  return SITUATIONS.filter(({ step }) => steps.includes(step)).flatMap((situation) => {
    const all = KINDS.flatMap((kind) =>
      Array.from({ length: MOMENTS }, (_, moment) => ({ situation, kind, at: (moment + 0.5) / MOMENTS })),
    );
    return EVERY_POINT ? all : sample(all.filter(({ kind }) => kind !== NOT_IN_SAMPLE));
  });
}

/** @returns so many of them, chosen by the seed, of different kinds */
function sample(points: readonly Point[]): readonly Point[] {
  const shuffled = points
    .map((point) => ({ point, rank: rankOf(point) }))
    .sort((a, b) => (a.rank < b.rank ? -1 : 1))
    .map(({ point }) => point);
  const ofEachKind = shuffled.filter(
    ({ kind }, at) => shuffled.findIndex((other) => other.kind === kind) === at,
  );
  return ofEachKind.slice(0, SAMPLE);
}

function rankOf({ situation, kind, at }: Point): string {
  return createHash("sha256").update(`${SEED}/${situation.step}/${kind}/${at}`).digest("hex");
}
