/** What forbids the remedy for a module (runbook 2.4); where the user named none, nothing is ever done to one. */

import type { Cause } from "../cause.ts";
import { moduleObjection } from "../module.ts";
import type { Case } from "./case.ts";
import { withoutDatabase } from "./files.ts";

/** Those that the code of a module can be behind. */
const OF_A_MODULE: ReadonlySet<Cause> = new Set([
  "odoo-unhealthy",
  "assets-missing",
  "assets-corrupt",
  "assets-poisoned",
  "assets-stale",
  "assets-broken",
]);

export function toModule(about: Case): string | undefined {
  const { cause, survey, target, wishes } = about;
  if (wishes.module === undefined) return "no `module` was named; suspects are only listed";
  if (!OF_A_MODULE.has(cause)) return `a module is not behind ${cause}`;
  const without = withoutDatabase(about);
  if (without !== undefined || target === undefined) return without;
  return moduleObjection(survey, target, wishes);
}
