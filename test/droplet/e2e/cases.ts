/** Which cases of a table run where: CI has the first of each kind, and `npm run test:long` has every one. */

/** @param others differ from `inCi` in nothing but the fault: what mends or names them is the same code */
export function cases<T>(inCi: readonly T[], others: readonly T[]): readonly T[] {
  return process.env.EVERY_CASE === "1" ? [...inCi, ...others] : inCi;
}
