/** What forbids acting on the module that the user named (runbook 2.4); without a name, nothing is ever done to one. */

import type { Cause } from "./diagnosis.ts";
import type { Case } from "./ladder/case.ts";
import { withoutDatabase } from "./ladder/files.ts";

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
  const { cause, wishes } = about;
  if (wishes.module === undefined) return "no `module` was named; suspects are only listed";
  if (!OF_A_MODULE.has(cause)) return `a module is not behind ${cause}`;
  return withoutDatabase(about);
}
