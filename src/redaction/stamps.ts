/**
 * Docker's stamps in front of each line of a log: what goes over several lines is seen as what it is only without them.
 */

import type { Span } from "./span.ts";

/** Of `docker logs --timestamps`. */
const STAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d) /gm;

export interface Unstamped {
  readonly text: string;
  /** Where a part of the text without stamps stands in the one with them; stamps inside of it are a part of it. */
  placed(span: Span): Span;
}

/** @returns undefined for a text without stamps */
export function withoutStamps(stamped: string): Unstamped | undefined {
  /** For each stamp, where it stood in the text without stamps, and how much was taken away up to there. */
  const places: number[] = [];
  const taken: number[] = [];
  const kept: string[] = [];
  let done = 0;
  let sum = 0;
  for (const { 0: stamp, index } of stamped.matchAll(STAMP)) {
    kept.push(stamped.slice(done, index));
    places.push(index - sum);
    done = index + stamp.length;
    sum += stamp.length;
    taken.push(sum);
  }
  if (places.length === 0) return undefined;
  kept.push(stamped.slice(done));
  const before = (at: number): number => {
    let [low, high] = [0, places.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((places[middle] ?? 0) <= at) low = middle + 1;
      else high = middle;
    }
    return low === 0 ? 0 : (taken[low - 1] ?? 0);
  };
  return {
    text: kept.join(""),
    placed: ({ from, to, ...rest }) => ({
      ...rest,
      from: from + before(from),
      to: to > from ? to + before(to - 1) : from + before(from),
    }),
  };
}
