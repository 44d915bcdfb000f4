/** The module that the user named (runbook 2.4), as the database has it, and what forbids acting on it. */

import { ifSeen, type NamedModule, type Survey } from "../survey/survey.ts";
import { storeOf } from "./assets.ts";
import type { Target } from "./target.ts";
import type { Wishes } from "./wishes.ts";

/** Why nothing is done to the module that the user named; undefined where it may be, as a step of an approved plan. */
export function moduleObjection(
  survey: Survey,
  target: Target,
  { module: wish }: Pick<Wishes, "module">,
): string | undefined {
  if (wish === undefined) return "no `module` was named; suspects are only listed";
  const { database } = storeOf(survey, target);
  const asked = database?.named;
  if (asked === undefined) return `what the database has of ${wish.name} was not observed`;
  if (!asked.observed) return `what the database has of ${wish.name} was not observed (${asked.why})`;
  const named = asked.value;
  if (named === undefined) return `the database knows no module ${wish.name}`;
  if (named.essential) return `${wish.name} is one of those without which Odoo does not work`;
  // An update that was cut off left it so, and is the one to be made.
  const half = wish.action === "update" ? "to upgrade" : "installed";
  if (named.state !== "installed" && named.state !== half)
    return `${wish.name} is not installed, but \`${named.state}\``;
  const own = wish.action === "update" ? [named.name, ...named.dependents] : [];
  const marked = database?.pending.find(({ name, state }) => !own.includes(name) || state !== "to upgrade");
  if (marked !== undefined)
    return `the module ${marked.name} is marked \`${marked.state}\`, and that would be carried out as well`;
  if (target.odoo?.state !== "running")
    return "Odoo does not run, and its modules are worked on where it does";
  return undefined;
}

/** What the database has of the module that the user named. */
export function namedIn(survey: Survey, target: Target): NamedModule | undefined {
  const asked = storeOf(survey, target).database?.named;
  return asked && ifSeen(asked);
}
