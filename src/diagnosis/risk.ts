/** How much each remedy may do, and what a user has to say before one may run. */

import type { BackupWish, Ceiling } from "../inputs/inputs.ts";
import type { RemedyName } from "./remedy-name.ts";

/**
 * Least first: `observe` looks; `restart` starts, restarts and lets go on; `repair` makes anew what Odoo can make by
 * itself; `wipe` removes. `module` stands apart: only what the user names, never automatic.
 */
export type RiskClass = "observe" | "restart" | "repair" | "wipe" | "module";

const ORDER = ["observe", "restart", "repair", "wipe"] as const satisfies readonly RiskClass[];

/** The one place that says so. */
export const RISK: Readonly<Record<RemedyName, RiskClass>> = {
  "start-docker": "restart",
  "start-nginx": "restart",
  "start-db": "restart",
  "start-stack": "restart",
  "resume-odoo": "restart",
  "restart-odoo": "restart",
  "boot-check": "restart",
  "fix-permissions": "repair",
  "regenerate-assets": "repair",
  "wipe-assets": "wipe",
  module: "module",
};

/** How the reason of a remedy begins that the ceiling alone rules out. */
export const ABOVE_CEILING = "it is of the class";

/**
 * Why a class is more than the ceiling allows; undefined when it is not. The ceiling says nothing of `module`: what the
 * user named was named on purpose, and is approved besides.
 */
export function aboveCeiling(risk: RiskClass, ceiling: Ceiling): string | undefined {
  if (risk === "module" || ORDER.indexOf(risk) <= ORDER.indexOf(ceiling)) return undefined;
  return `${ABOVE_CEILING} ${risk}, and \`ceiling: ${ceiling}\` is the most that was allowed`;
}

/** Whether a remedy of this class runs only as a step of a plan that a person has read and approved. */
export function needsApproval(risk: RiskClass): boolean {
  return risk === "wipe" || risk === "module";
}

/**
 * Whether a remedy of this class runs only after a verified backup. What removes rows or tables always does; with
 * `backup: always` so does whatever else touches Odoo's rows and files.
 */
export function needsBackup(risk: RiskClass, wish: BackupWish): boolean {
  if (wish === "never") return false;
  return needsApproval(risk) || (wish === "always" && risk === "repair");
}
