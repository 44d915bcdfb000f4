/**
 * Which modules a person should look at first (the runbook's 2.4, without touching any): those that were installed or
 * updated lately, that tracebacks or broken assets name, or that are stuck half-way.
 */

import { type Container, ifSeen, type OdooDatabase, type Survey } from "../survey/survey.ts";
import { type AssetsSight, storeOf } from "./assets.ts";
import type { Cause } from "./cause.ts";
import type { Outage } from "./changes.ts";
import { failureOf, logSince, sinceItsLastTries } from "./log.ts";
import type { Target } from "./target.ts";
import type { Work } from "./work.ts";

export interface Suspect {
  readonly module: string;
  /** `named by the traceback (models.py line 3); updated 14 min before the first error` */
  readonly why: string;
}

/** Causes for which a module may be to blame. */
const OF_MODULES: ReadonlySet<Cause> = new Set([
  "odoo-crash-loop",
  "odoo-unhealthy",
  "assets-poisoned",
  "assets-stale",
  "assets-broken",
]);

const DAY = 86_400_000;
/** Whoever updates so many modules at once updates Odoo itself, or makes a database: that singles none out. */
const MANY = 5;
const AT_ONCE = 90_000;
const MOST_SUSPECTS = 6;

/** Of Odoo's own, through which everybody's errors come. */
const FRAMEWORK: ReadonlySet<string> = new Set(["base", "web", "http_routing"]);

interface Reason {
  readonly module: string;
  readonly weight: number;
  readonly why: string;
}

/** Those that may be to blame, most suspicious first; none where the cause is not one of Odoo's own. */
export function suspectsOf(
  survey: Survey,
  target: Target,
  cause: Cause,
  assets: AssetsSight,
  outage: Outage | undefined,
): Suspect[] {
  if (!OF_MODULES.has(cause)) return [];
  const { database } = storeOf(survey, target);
  const reasons: readonly Reason[] = [
    ...byTraceback(survey, target.odoo),
    ...byAssets(assets),
    ...byState(database),
    ...byTime(database, firstError(survey, target.odoo, outage)),
    ...byBundle(database, assets),
  ];
  const modules = [...new Set(reasons.map(({ module }) => module))];
  const weightOf = (module: string): number =>
    reasons.filter((each) => each.module === module).reduce((sum, { weight }) => sum + weight, 0);
  return modules
    .sort((a, b) => weightOf(b) - weightOf(a) || (a < b ? -1 : 1))
    .slice(0, MOST_SUSPECTS)
    .map((module) => ({
      module,
      why: [...new Set(reasons.filter((each) => each.module === module).map(({ why }) => why))].join("; "),
    }));
}

function byTraceback(survey: Survey, odoo: Container | undefined): Reason[] {
  const failure = failureOf(survey, odoo);
  if (failure?.module === undefined || FRAMEWORK.has(failure.module)) return [];
  const file = failure.file?.split("/").at(-1);
  const line = failure.line === undefined ? "" : ` line ${failure.line}`;
  const where = file === undefined ? "" : ` (${file}${line})`;
  return [{ module: failure.module, weight: 4, why: `named by the traceback in Odoo's log${where}` }];
}

/** A script's missing source, or a module's own file that is not handed out. The list of a whole bundle names nobody. */
function byAssets({ findings }: AssetsSight): Reason[] {
  return findings.flatMap(({ name, markers, kind }) => {
    const texts = markers.filter((text) => /Could not get content|does not exist|not utf-8/.test(text));
    const paths = kind === "other" && name.startsWith("/") ? [name, ...texts] : texts;
    return paths.flatMap((text) => {
      const [, module] = /\/(\w+)\/static\//.exec(text) ?? [];
      return module === undefined
        ? []
        : [
            {
              module,
              weight: 4,
              why: text === name ? `its ${name} is not good` : `named by the error in ${name}`,
            },
          ];
    });
  });
}

/** A bundle that does not compile is told with all of its files: of these, the modules that were touched lately. */
function byBundle(database: OdooDatabase | undefined, { findings }: AssetsSight): Reason[] {
  const touched = new Set((database?.recent ?? []).map(({ name }) => name));
  const text = findings.flatMap(({ kind, markers }) => (kind === "poisoned" ? markers : [])).join("\n");
  return [...text.matchAll(/^[ \t]+- (\/(\w+)\/static\/\S+)/gm)].flatMap(([, file = "", module = ""]) =>
    touched.has(module) ? [{ module, weight: 1, why: `${file} is in the bundle that does not compile` }] : [],
  );
}

function byState(database: OdooDatabase | undefined): Reason[] {
  return (database?.pending ?? []).map(({ name, state }) => ({
    module: name,
    weight: 3,
    why: `stuck in \`${state}\``,
  }));
}

/** @param error when the first one was seen, or the time of the look; in milliseconds since 1970 */
function byTime(database: OdooDatabase | undefined, error: number): Reason[] {
  const recent = (database?.recent ?? []).filter(({ at }) => at <= error && at > error - DAY);
  return recent
    .filter(({ at }) => recent.filter((other) => Math.abs(other.at - at) < AT_ONCE).length <= MANY)
    .map(({ name, state, at }) => ({
      module: name,
      weight: error - at < DAY / 24 ? 2 : 1,
      why: `${state === "installed" ? "installed or updated" : state} ${howLong(error - at)} before the first error`,
    }));
}

function firstError(survey: Survey, odoo: Container | undefined, outage: Outage | undefined): number {
  if (outage !== undefined) return outage.since;
  const lines = odoo === undefined ? [] : logSince(survey, odoo.id, sinceItsLastTries(odoo));
  const traceback = lines.find(({ text }) => text.startsWith("Traceback (most recent call last)"));
  return traceback?.at ?? (ifSeen(survey.host)?.epoch ?? 0) * 1000;
}

function howLong(milliseconds: number): string {
  const minutes = Math.round(milliseconds / 60_000);
  return minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
}

/** Modules that an update left half-way: the site may work, and its crons do not (odoo/addons/base, `ir_cron`). */
export function stuckModules(survey: Survey, target: Target, work: readonly Work[]): string[] {
  const pending = storeOf(survey, target).database?.pending ?? [];
  if (pending.length === 0 || work.length > 0) return [];
  const shown = pending.slice(0, MOST_SUSPECTS).map(({ name, state }) => `${name} in \`${state}\``);
  const more = pending.length - shown.length;
  return [
    `modules are stuck half-way, and no scheduled action runs until they are not: ${shown.join(", ")}${more > 0 ? ` and ${more} more` : ""}`,
  ];
}
