/**
 * The runbook's two scenarios. A user who names one only narrows what may be done: a cause that belongs to the other one
 * is not acted upon, and neither are the other one's remedies.
 */

import type { Scenario } from "../inputs/inputs.ts";
import type { Cause } from "./cause.ts";
import type { RemedyName } from "./remedy-name.ts";

/** Scenario 1 (502): Odoo, or the way to it, is down. Scenario 2 (500): Odoo answers with errors, or without its styles. */
type Belongs = "502" | "500" | "both";

/** `both`: the fault can show as either, or there is nothing to narrow. */
const OF_CAUSE: Readonly<Record<Cause, Belongs>> = {
  // Nothing is wrong, or nothing that could be acted upon.
  healthy: "both",
  "in-progress": "both",
  intermittent: "both",
  // No container runs or is reachable without it.
  "docker-down": "502",
  // A full disk takes down whatever writes first: PostgreSQL, Odoo's sessions, or only a stylesheet.
  "disk-full": "both",
  "inodes-full": "both",
  "stack-down": "502",
  // Odoo answers 500 (or leads to its database selector) while it runs, and 502 once it was restarted without one.
  "database-down": "both",
  "database-starting": "both",
  "database-unreachable": "both",
  "database-locked": "both",
  "odoo-absent": "502",
  "odoo-stopped": "502",
  "odoo-out-of-memory": "502",
  // Between two falls it may answer, and then with errors.
  "odoo-crash-loop": "both",
  "odoo-frozen": "502",
  "odoo-not-listening": "502",
  "port-mapping-missing": "502",
  // Whatever it answers instead of the login page.
  "odoo-unhealthy": "both",
  "filestore-unreadable": "500",
  "filestore-missing": "500",
  "assets-missing": "500",
  "assets-corrupt": "500",
  "assets-poisoned": "500",
  "assets-stale": "500",
  "assets-proxy": "500",
  "assets-broken": "500",
  "nginx-down": "502",
  "nginx-config-invalid": "502",
  "nginx-elsewhere": "502",
  // Neither: it is for a person, whichever scenario was asked for.
  "redirect-loop": "both",
  "public-unreachable": "both",
  "host-unreachable": "both",
  "ambiguous-target": "both",
  "other-topology": "both",
  unknown: "both",
};

const OF_REMEDY: Readonly<Record<RemedyName, Belongs>> = {
  "start-docker": "502",
  "start-nginx": "502",
  "start-db": "both",
  "start-stack": "502",
  "resume-odoo": "502",
  "restart-odoo": "both",
  "boot-check": "both",
  "fix-permissions": "500",
  "regenerate-assets": "500",
  "wipe-assets": "500",
  module: "both",
};

/** Whether a cause may be acted upon under the scenario that the user asked for. */
export function fits(cause: Cause, asked: Scenario): boolean {
  return asked === "auto" || OF_CAUSE[cause] === "both" || OF_CAUSE[cause] === asked;
}

/** Why a scenario that the user asked for rules a remedy out; undefined when it does not. */
export function outsideScenario(remedy: RemedyName, cause: Cause, asked: Scenario): string | undefined {
  if (!fits(cause, asked))
    return `${cause} belongs to scenario ${OF_CAUSE[cause]}, and \`scenario: ${asked}\` was asked for`;
  const belongs = OF_REMEDY[remedy];
  return asked === "auto" || belongs === "both" || belongs === asked
    ? undefined
    : `it belongs to scenario ${belongs}, and \`scenario: ${asked}\` was asked for`;
}
