/**
 * What forbids each of the remedies for Odoo's files and compiled bundles (runbook 2.1 to 2.3). Their order is that in
 * which one must act: permissions, then what is made anew, then deleting.
 */

import { ifSeen } from "../../survey/survey.ts";
import { storeOf } from "../assets.ts";
import type { Cause } from "../cause.ts";
import type { Case } from "./case.ts";

export function toFixPermissions({ cause, survey, target }: Case): string | undefined {
  if (cause !== "filestore-unreadable") return "Odoo may read and write its files, or that is not the cause";
  if (target?.odoo?.state !== "running") return "Odoo does not run, and as whom it runs was not seen";
  if (storeOf(survey, target).filestore?.readOnly === true)
    return "the filestore is mounted read-only, whoever owns it";
  return ifSeen(survey.running)?.get(target.odoo.id)?.user
    ? undefined
    : "as which user Odoo runs could not be seen";
}

/** Those that Odoo itself may mend by compiling anew. */
const MADE_ANEW: ReadonlySet<Cause> = new Set([
  "assets-missing",
  "assets-corrupt",
  "assets-poisoned",
  "assets-stale",
  "assets-broken",
]);

export function toRegenerateAssets(about: Case): string | undefined {
  return notOfBundles(about) ?? withoutDatabase(about);
}

export function toWipeAssets(about: Case): string | undefined {
  if (about.cause === "assets-poisoned")
    return "whatever is compiled anew from the same source has the same error, and the older stylesheet would be gone";
  return notOfBundles(about) ?? withoutDatabase(about);
}

const ROW_WITHOUT_FILE = "what is made anew while Odoo may not use its files is a row without a file";

function notOfBundles({ cause, assets, survey, target }: Case): string | undefined {
  if (cause === "filestore-missing")
    return "users' files are missing as well: bundles made anew would hide that, and might go to the wrong place";
  if (cause === "filestore-unreadable") return ROW_WITHOUT_FILE;
  if (!MADE_ANEW.has(cause)) return "compiled stylesheets and scripts are not the cause";
  const filestore = target && storeOf(survey, target).filestore;
  if (filestore === undefined) return "whether Odoo may use its files could not be seen";
  if (!filestore.writable || (filestore.exists && !filestore.readable)) return ROW_WITHOUT_FILE;
  const bundles = assets?.findings.some(({ name }) => !name.startsWith("/"));
  return cause === "assets-broken" && bundles !== true
    ? "what is broken is no compiled bundle, but a file of a module"
    : undefined;
}

/** What works on Odoo's rows needs Odoo's container, and the one database in PostgreSQL's. */
export function withoutDatabase({ target }: Case): string | undefined {
  if (target?.odoo === undefined) return "Odoo has no container";
  if (target.db?.state !== "running") return "the database is not in a container of the project that runs";
  return target.database.observed ? undefined : target.database.why;
}
