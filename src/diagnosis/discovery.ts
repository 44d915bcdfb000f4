/** What is found out about how this Odoo is set up, and who said so: its effective settings, its database, its versions. */

import { RE2JS } from "re2js";
import {
  type Container,
  type DatabaseActivity,
  ifSeen,
  type Observation,
  type Survey,
  seen,
  unseen,
} from "../survey/survey.ts";
import type { Target, TargetWishes } from "./target.ts";

/** A setting as the running Odoo has it. */
export interface Effective {
  readonly value: string;
  /** As it is spelled there: `xmlrpc_port` may stand for `http_port`. */
  readonly name: string;
  /** `its command line`, `/etc/odoo/odoo.conf:4`, `the container's environment`. */
  readonly from: string;
}

/** One line about how the site is built, for people. */
export interface Fact {
  readonly what: string;
  readonly value: string;
  /** Where it was said, or how it was found. */
  readonly from: string;
}

const ALIASES: Readonly<Record<string, readonly string[]>> = { http_port: ["http_port", "xmlrpc_port"] };
/** Odoo takes these words for nothing where a name or a number is meant (odoo/tools/config.py). */
const NOTHING = /^(?:false|none|)$/i;
/** Of these, `False` is a value. */
const BOOLEAN: ReadonlySet<string> = new Set(["list_db", "proxy_mode", "http_enable"]);

/**
 * A setting of the running Odoo: its command line is before odoo.conf, and what the container's environment says is
 * handed on by the image's entrypoint where neither does.
 *
 * @param name in odoo.conf
 * @returns undefined where nobody says anything, and Odoo's default holds
 */
export function settingOf(survey: Survey, odoo: Container | undefined, name: string): Effective | undefined {
  if (odoo === undefined) return undefined;
  const running = ifSeen(survey.running)?.get(odoo.id);
  const told = running?.options.get(name);
  if (told !== undefined && says(name, told)) return { name, value: told, from: "its command line" };
  const names = ALIASES[name] ?? [name];
  // The last one counts, as Python's configparser reads it.
  const line = ifSeen(survey.settings)
    ?.get(odoo.id)
    ?.findLast((each) => names.includes(each.name));
  if (line !== undefined && says(name, line.value)) {
    const file = running?.configFile || "/etc/odoo/odoo.conf";
    return { name: line.name, value: line.value, from: `${file}:${line.line}` };
  }
  if (name === "db_host" && odoo.databaseHost !== "")
    return { name, value: odoo.databaseHost, from: "the container's environment" };
  return undefined;
}

function says(name: string, value: string): boolean {
  return BOOLEAN.has(name) ? value !== "" : !NOTHING.test(value);
}

interface NamedDatabase {
  readonly name: string;
  readonly from: string;
}

type Wishes = TargetWishes & { readonly url: URL | undefined };

/**
 * Odoo's database: the one that the user names; the one that Odoo is told; the only one that holds an Odoo; the only one
 * that `dbfilter` selects for the public name. A name that PostgreSQL does not hold is none: who starts Odoo with it
 * would make it.
 *
 * @param db the container of PostgreSQL, where it is in the project
 */
export function findDatabase(
  survey: Survey,
  wishes: Wishes,
  odoo: Container | undefined,
  db: Container | undefined,
): Observation<NamedDatabase> {
  const activity = ifSeen(survey.databases)?.get(db?.id ?? "");
  const held = activity?.observed ? namesOf(activity.value) : undefined;
  const named = namedDatabases(survey, wishes.database, odoo);
  if (named !== undefined) return chosen(named, held);
  if (held === undefined)
    return unseen(`PostgreSQL was not observed${activity?.observed === false ? `: ${activity.why}` : ""}`);
  const [only] = held;
  if (only === undefined) return unseen("no database holds an Odoo");
  if (held.length === 1) return seen({ name: only, from: "the only one that holds an Odoo" });
  const filter = settingOf(survey, odoo, "dbfilter");
  const selected = filter && selectedBy(filter.value, wishes.url?.hostname, held);
  const [first] = selected ?? [];
  if (filter !== undefined && first !== undefined && selected?.length === 1)
    return seen({ name: first, from: `\`dbfilter\`, ${filter.from}` });
  return unseen(`several databases hold an Odoo: ${held.join(", ")}; name one with \`database\``);
}

function namesOf({ odoo }: DatabaseActivity): string[] {
  return odoo.map(({ name }) => name);
}

interface Named {
  readonly names: readonly string[];
  /** Who names them, as a clause: `\`db_name\`, /etc/odoo/odoo.conf:3`. */
  readonly from: string;
}

function namedDatabases(
  survey: Survey,
  wish: string | undefined,
  odoo: Container | undefined,
): Named | undefined {
  if (wish !== undefined) return { names: [wish], from: "the input `database`" };
  const setting = settingOf(survey, odoo, "db_name");
  if (setting === undefined) return undefined;
  const names = setting.value
    .split(",")
    .map((name) => name.trim())
    .filter(Boolean);
  return names.length === 0 ? undefined : { names, from: `\`db_name\`, ${setting.from}` };
}

function chosen({ names, from }: Named, held: readonly string[] | undefined): Observation<NamedDatabase> {
  const there = held === undefined ? names : names.filter((name) => held.includes(name));
  const [first] = there;
  if (first === undefined) return unseen(`${notHeld({ names, from }, held ?? [])}`);
  return there.length === 1
    ? seen({ name: first, from })
    : unseen(`several databases are named (${from}): ${there.join(", ")}; name one with \`database\``);
}

function notHeld({ names, from }: Named, held: readonly string[]): string {
  const there = held.length === 0 ? "there is none" : `there is ${held.join(", ")}`;
  return `${names.join(" and ")} is named (${from}), and PostgreSQL has no Odoo under that name: ${there}`;
}

/**
 * The databases that `dbfilter` lets a host name see, as Odoo does it (odoo/http.py, `db_filter`).
 *
 * @returns undefined where the filter is not plain enough to say, or the name that it asks for is not known
 */
export function selectedBy(
  filter: string,
  hostname: string | undefined,
  names: readonly string[],
): string[] | undefined {
  if (hostname === undefined && /%[hd]/.test(filter)) return undefined;
  const host = hostname ?? "";
  const [first = "", second = ""] = host.split(".");
  const domain = first === "www" && second !== "" ? second : first;
  const literal = (text: string): string => text.replaceAll(/[^\w]/g, (character) => `\\${character}`);
  // Without groups, and with few repetitions: it means the same in Python and here. RE2 takes linear time for any pattern.
  if (!/^[\w\s.^$\\*+?|%-]{1,100}$/.test(filter) || filter.replace(/[^*+?]/g, "").length > 3)
    return undefined;
  const pattern = filter.replaceAll("%h", literal(host)).replaceAll("%d", literal(domain));
  try {
    const expression = RE2JS.compile(pattern);
    return names.filter((name) => expression.matcher(name).lookingAt());
  } catch {
    return undefined;
  }
}

/**
 * Why Odoo, as it is set up, serves none of the databases that PostgreSQL holds; undefined when it may serve one, or what
 * is there was not seen. A restart changes nothing of that.
 */
export function whyNoneIsServed(
  survey: Survey,
  { odoo, db }: Pick<Target, "odoo" | "db">,
  url: URL | undefined,
): string | undefined {
  const activity = ifSeen(survey.databases)?.get(db?.id ?? "");
  const held = activity?.observed ? namesOf(activity.value) : [];
  if (held.length === 0) return undefined;
  const named = namedDatabases(survey, undefined, odoo);
  if (named !== undefined && !named.names.some((name) => held.includes(name))) return notHeld(named, held);
  const filter = settingOf(survey, odoo, "dbfilter");
  if (filter === undefined) return undefined;
  if (selectedBy(filter.value, url?.hostname, held)?.length !== 0) return undefined;
  return `\`dbfilter = ${filter.value}\` (${filter.from}) lets ${url === undefined ? "nobody" : url.hostname} see none of ${held.join(", ")}`;
}

/** How the site is built, for people: only what was seen. */
export function factsOf(survey: Survey, wishes: Wishes, target: Target): Fact[] {
  const { odoo, db } = target;
  const activity = ifSeen(survey.databases)?.get(db?.id ?? "");
  const database = findDatabase(survey, wishes, odoo, db);
  const name = ifSeen(database)?.name;
  const held = activity?.observed ? activity.value.odoo.find((each) => each.name === name) : undefined;
  const running = ifSeen(survey.running)?.get(odoo?.id ?? "");
  return [
    ...fact("Odoo", held?.odooVersion, `its module base in ${name}`),
    ...fact(
      "PostgreSQL",
      activity?.observed ? /^[\d.]+/.exec(activity.value.version)?.[0] : undefined,
      "PostgreSQL itself",
    ),
    ...fact("database", name, ifSeen(database)?.from ?? ""),
    ...fact(
      "data_dir",
      running?.dataDirectory,
      settingOf(survey, odoo, "data_dir")?.from ?? "Odoo's own default",
    ),
    ...fact("Odoo's user and group", running?.user, "the running process"),
    ...SETTINGS.flatMap((each) => {
      const setting = settingOf(survey, odoo, each);
      return setting === undefined ? [] : fact(each, setting.value, setting.from);
    }),
  ];
}

function fact(what: string, value: string | undefined, from: string): Fact[] {
  return value === undefined || value === "" ? [] : [{ what, value, from }];
}

/** Those that people ask for first. */
const SETTINGS = [
  "db_host",
  "db_port",
  "db_user",
  "dbfilter",
  "list_db",
  "workers",
  "proxy_mode",
  "http_port",
  "server_wide_modules",
] as const;
