/** Which cases of a table run where: CI has the first of each kind, and `npm run test:long` has every one. */

import { it } from "vitest";

const EVERY_CASE = process.env.EVERY_CASE === "1";

/** @param others differ from `inCi` in nothing but the fault: what mends or names them is the same code */
export function cases<T>(inCi: readonly T[], others: readonly T[]): readonly T[] {
  return EVERY_CASE ? [...inCi, ...others] : inCi;
}

/** A test that takes long, of something that a shorter one in CI shows nearly: on the sandbox, or of another step. */
export function inLongRun(name: string, test: () => Promise<void>): void {
  if (EVERY_CASE) it(name, test);
}
