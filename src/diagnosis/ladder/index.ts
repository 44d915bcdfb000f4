/**
 * The remedies that a cause allows, least invasive first, and why the others are ruled out: the rules of acting
 * (docs/runbook.md, 1.4, 1.5 and 2.1 to 2.4). Each question is asked of every remedy, so that a person sees why not.
 */

import type { Cause } from "../cause.ts";
import type { RemedyName, RuledOut } from "../remedy-name.ts";
import { aboveCeiling, needsBackup, RISK, type RiskClass } from "../risk.ts";
import { outsideScenario } from "../scenario.ts";
import { ruledOutBySignature } from "../signatures/index.ts";
import type { Case, Objection } from "./case.ts";
import { toFixPermissions, toRegenerateAssets, toWipeAssets } from "./files.ts";
import { toModule } from "./module.ts";
import {
  toBootCheck,
  toRestartOdoo,
  toResumeOdoo,
  toStartDb,
  toStartDocker,
  toStartNginx,
  toStartStack,
} from "./stack.ts";

/** Least invasive first. */
const OBJECTIONS: readonly (readonly [RemedyName, Objection])[] = [
  ["start-docker", toStartDocker],
  ["start-nginx", toStartNginx],
  ["start-db", toStartDb],
  ["start-stack", toStartStack],
  ["resume-odoo", toResumeOdoo],
  ["restart-odoo", toRestartOdoo],
  ["boot-check", toBootCheck],
  ["fix-permissions", toFixPermissions],
  ["regenerate-assets", toRegenerateAssets],
  ["wipe-assets", toWipeAssets],
  ["module", toModule],
];

/**
 * What the user allowed is asked last, so that it is named as the reason only where it alone stands in the way.
 *
 * @param risks the class of each remedy
 */
export function ladderFor(
  about: Case,
  risks: Readonly<Record<RemedyName, RiskClass>> = RISK,
): { ladder: RemedyName[]; ruledOut: RuledOut[] } {
  const { cause, tried, wishes, signatures } = about;
  const ladder: RemedyName[] = [];
  const ruledOut: RuledOut[] = [];
  if (cause === "healthy") return { ladder, ruledOut };
  for (const [remedy, objection] of OBJECTIONS) {
    const why =
      (tried.includes(remedy) ? "it ran already and did not help" : undefined) ??
      objectionToAny(about) ??
      ruledOutBySignature(remedy, cause, signatures) ??
      objection(about) ??
      outsideScenario(remedy, cause, wishes.scenario) ??
      aboveCeiling(risks[remedy], wishes.ceiling) ??
      (wishes.backup === "never" && needsBackup(risks[remedy], "auto") ? NO_BACKUP : undefined);
    if (why === undefined) ladder.push(remedy);
    else ruledOut.push({ remedy, why });
  }
  return { ladder, ruledOut };
}

const NO_BACKUP = "it runs only after a verified backup, and `backup: never` forbids one";

/** What only who has logged in meets: every layer may be good, and people cannot work all the same. */
const BEYOND_THE_PAGE: ReadonlySet<Cause> = new Set([
  "filestore-unreadable",
  "assets-corrupt",
  "assets-missing",
]);

/** What forbids any change. */
function objectionToAny({ cause, survey, layers }: Case): string | undefined {
  if (!layers.some(({ state }) => state === "bad") && !BEYOND_THE_PAGE.has(cause))
    return "nothing that could be seen is bad";
  // What they start or restart, an update or a restore may be working on.
  if (!survey.processes.observed && cause !== "docker-down" && cause !== "nginx-down")
    return `whether somebody is at work could not be seen (${survey.processes.why})`;
  switch (cause) {
    case "in-progress":
      return "somebody is at work, and is never interrupted";
    case "database-starting":
      return "PostgreSQL is starting or recovering, and is given time";
    case "disk-full":
    case "inodes-full":
      return "the disk is full: whatever is started or made anew now fails again, and may write half of something";
    case "database-locked":
      return "it would not give the lock free that Odoo waits for";
    default:
      return undefined;
  }
}
