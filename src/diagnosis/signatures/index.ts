/**
 * The catalogue of signatures: words by which a known trouble is recognised in what the survey brings, one file per area.
 *
 * Several can be found at once, for one trouble makes the next. Which one is the root:
 *
 * 1. A symptom is never the root where anything else is found: `connect() failed` and `Failed to load registry` tell that
 *    something suffers, and not why.
 * 2. The lowest layer: the host, Docker, PostgreSQL, what Odoo says of its database, Odoo's start, its modules, its limits,
 *    its files and bundles, the proxy. Nothing above can be good before what lies below it.
 * 3. Within a layer, what ended the process that says so, before what was only logged.
 * 4. Then what was said first.
 *
 * The others are told as its consequences. What no longer holds does not count:
 *
 * - what a container said before its last start (of one that Docker starts again and again: before its last tries);
 * - what PostgreSQL said before it was ready to accept connections, and nginx before it was started;
 * - what Odoo said before it handed out a page again, but for its limits and its files, which do not keep pages from being
 *   handed out; and what it said of a database that was started since;
 * - what was not said lately, but for words with which a process ended and for what is said only at a start.
 *
 * A signature never makes a site bad: it explains what the layers show (causes/), and where all of them are good the few
 * that are worth knowing are told beside the verdict.
 */

import { type Container, ifSeen, type Survey } from "../../survey/survey.ts";
import { DOWN, type Found, isFresh, OPEN_ADVICE } from "../causes/situation.ts";
import type { Cause, RemedyName } from "../diagnosis.ts";
import { logSince, sinceItsLastTries } from "../log.ts";
import type { Target } from "../target.ts";
import { DOCKER } from "./docker.ts";
import { HOST } from "./host.ts";
import { NGINX } from "./nginx.ts";
import { ODOO_ASSETS } from "./odoo-assets.ts";
import { ODOO_BOOT } from "./odoo-boot.ts";
import { ODOO_DATABASE } from "./odoo-database.ts";
import { ODOO_LIMITS } from "./odoo-limits.ts";
import { ODOO_MODULES } from "./odoo-modules.ts";
import { POSTGRES } from "./postgres.ts";
import type { Signature, Where } from "./signature.ts";

/** Of the catalogue; raised with every change of what is recognised or of what follows from it. */
export const VERSION = 1;

/** What repeats itself at every request, and at every look of ours, is old news after so long; in milliseconds. */
const LATELY = 2 * 60_000;
/** What comes and goes. */
const A_WHILE = 15 * 60_000;

interface Area {
  readonly name: string;
  /** For people: what its signatures are about. */
  readonly about: string;
  readonly signatures: readonly Signature[];
  /** How long ago it may have been said, in milliseconds; Infinity: at the last start, whenever that was. */
  readonly reach: number;
  /** Whether a page that Odoo handed out afterwards shows that it no longer holds. */
  readonly refutedByPages: boolean;
}

/** Lowest layer first. */
export const AREAS: readonly Area[] = [
  {
    name: "host",
    about: "The host: kernel, disk, memory",
    signatures: HOST,
    reach: LATELY,
    refutedByPages: true,
  },
  {
    name: "docker",
    about: "Docker and Compose",
    signatures: DOCKER,
    reach: Infinity,
    refutedByPages: true,
  },
  {
    name: "postgres",
    about: "PostgreSQL",
    signatures: POSTGRES,
    reach: LATELY,
    refutedByPages: true,
  },
  {
    name: "odoo-database",
    about: "Odoo's database, as Odoo sees it",
    signatures: ODOO_DATABASE,
    reach: LATELY,
    refutedByPages: true,
  },
  {
    name: "odoo-boot",
    about: "Odoo's start",
    signatures: ODOO_BOOT,
    reach: Infinity,
    refutedByPages: true,
  },
  {
    name: "odoo-modules",
    about: "Odoo's modules",
    signatures: ODOO_MODULES,
    reach: Infinity,
    refutedByPages: true,
  },
  {
    name: "odoo-limits",
    about: "Odoo's limits",
    signatures: ODOO_LIMITS,
    reach: A_WHILE,
    refutedByPages: false,
  },
  {
    name: "odoo-assets",
    about: "Odoo's files, stylesheets and scripts",
    signatures: ODOO_ASSETS,
    reach: A_WHILE,
    refutedByPages: false,
  },
  {
    name: "nginx",
    about: "nginx",
    signatures: NGINX,
    reach: A_WHILE,
    refutedByPages: false,
  },
];

const LISTED = AREAS.flatMap((area, layer) =>
  area.signatures.map((signature) => ({ signature, area, layer })),
);

type Listed = (typeof LISTED)[number];

const BY_ID: ReadonlyMap<string, Signature> = new Map(
  LISTED.map(({ signature }) => [signature.id, signature]),
);

/** A signature that was found, and where. */
export interface SignatureFound {
  readonly id: string;
  readonly area: string;
  readonly cause: Cause;
  readonly symptom: boolean;
  /** In which text, for people: `the log of odoo-ce-odoo-1`. */
  readonly where: string;
  /** When it was said first, in milliseconds since 1970; undefined where that is not known. */
  readonly at: number | undefined;
  readonly times: number;
  /** What tells of the line; the rest of it may be somebody's. */
  readonly line: string;
  readonly means: string;
  readonly advice: string;
  readonly source: string;
}

export interface SignaturesFound {
  /** Of the catalogue. */
  readonly version: number;
  readonly root: SignatureFound | undefined;
  /** What else was found, in the order of the rule above. */
  readonly consequences: readonly SignatureFound[];
}

export const NO_SIGNATURES: SignaturesFound = { version: VERSION, root: undefined, consequences: [] };

const MOST_CONSEQUENCES = 8;
const MOST_WORTH_KNOWING = 3;

/** What the logs say, with its root; the target is undefined where none is known. */
export function signaturesIn(survey: Survey, target: Target | undefined): SignaturesFound {
  const [root, ...consequences] = foundIn(textsOf(survey, target), true);
  return { version: VERSION, root, consequences: consequences.slice(0, MOST_CONSEQUENCES) };
}

/** What is worth telling although the site is good: lines for its warnings. */
export function worthKnowing(survey: Survey, target: Target): string[] {
  return foundIn(textsOf(survey, target), false)
    .filter(({ id }) => BY_ID.get(id)?.worthKnowing)
    .slice(0, MOST_WORTH_KNOWING)
    .map(({ where, means, line }) => `${where}: ${means} (${line})`);
}

/** What the output of a command tells, as of Docker or Compose that one of our own steps called; undefined: nothing. */
export function signatureInOutput(output: string): SignatureFound | undefined {
  const lines = output.split("\n").map((text) => ({ at: undefined, text }));
  return foundIn(
    [{ where: "Docker", place: "what Docker answered", lines, began: 0, now: 0, refuted: 0 }],
    true,
  )[0];
}

// ---- What a diagnosis takes from it --------------------------------------------------------------------------------

/** Causes that say what is seen, and leave open why. */
const OPEN: ReadonlySet<Cause> = new Set(["unknown", "odoo-unhealthy", "odoo-crash-loop"]);
/** Causes whose finding is only in which state something is. */
const TERSE: ReadonlySet<Cause> = new Set([
  "unknown",
  "odoo-stopped",
  "odoo-absent",
  "stack-down",
  "database-down",
  "nginx-down",
]);

/** Whether a root is why that cause is there. */
function explains(root: SignatureFound, cause: Cause): boolean {
  if (root.symptom) return false;
  if (root.cause === cause) return true;
  return OPEN.has(cause) && (cause === "unknown" || root.area !== "nginx");
}

/**
 * A cause with what its root signature adds to it: why, where it only says what is seen; what to do, where it has no
 * advice of its own.
 */
export function explained(found: Found, { root }: SignaturesFound): Found {
  if (root === undefined || !explains(root, found.cause)) return found;
  const known = found.finding.includes(root.line) || !TERSE.has(found.cause);
  const open: readonly string[] = ["", ...Object.values(OPEN_ADVICE)];
  return {
    ...found,
    finding: known ? found.finding : `${found.finding}: ${root.means}`,
    advice: open.includes(found.advice) ? whatItMeans(root) : found.advice,
  };
}

/** What a signature means and what to do, in sentences. */
export function whatItMeans({ means, advice }: SignatureFound): string {
  const [first = ""] = means;
  return `${means.startsWith("nginx") ? first : first.toUpperCase()}${means.slice(1)}. ${advice}`;
}

/** Why the root signature rules a remedy out; undefined when it does not, or does not fit the cause. */
export function ruledOutBySignature(
  remedy: RemedyName,
  cause: Cause,
  { root }: SignaturesFound,
): string | undefined {
  if (root === undefined || !explains(root, cause)) return undefined;
  return BY_ID.get(root.id)?.rulesOut.find((each) => each.remedy === remedy)?.why;
}

// ---- Looking -------------------------------------------------------------------------------------------------------

interface Line {
  /** Milliseconds since 1970; undefined for what holds at this moment. */
  readonly at: number | undefined;
  readonly text: string;
}

interface Text {
  readonly where: Where;
  readonly place: string;
  readonly lines: readonly Line[];
  /** What was said before does not count. */
  readonly began: number;
  /** What is lately is counted from here: of a process that ended, from its end. */
  readonly now: number;
  /** What was said up to here no longer holds; for Odoo's log, where pages refute it. */
  readonly refuted: number;
  /** What was said of the database up to here is about another start of it. */
  readonly databaseStarted?: number;
}

/** Longer lines are cut: what tells stands at the beginning. */
const LONGEST_LINE = 4_000;
const LONGEST_SHOWN = 240;

/** Root first. */
function foundIn(texts: readonly Text[], refutable: boolean): SignatureFound[] {
  const found = new Map<string, SignatureFound & { readonly rank: readonly number[] }>();
  for (const text of texts) {
    const listed = LISTED.filter(({ signature }) => signature.where.includes(text.where));
    for (const { at, text: whole } of text.lines) {
      const line = whole.slice(0, LONGEST_LINE);
      for (const each of listed) {
        const { signature, area } = each;
        const shown = wordsIn(signature, line);
        if (shown === undefined || !counts(each, at, text, refutable)) continue;
        const before = found.get(signature.id);
        if (before !== undefined) {
          found.set(signature.id, { ...before, times: before.times + 1 });
          continue;
        }
        const { id, cause, means, advice, source, kind } = signature;
        const particulars = { cause, means, advice, source, symptom: kind === "symptom" };
        const place = { where: text.place, at, times: 1, line: shown };
        found.set(id, { id, area: area.name, ...particulars, ...place, rank: rankOf(each, at) });
      }
    }
  }
  return [...found.values()].sort((a, b) => compare(a.rank, b.rank)).map(({ rank: _, ...rest }) => rest);
}

/** What a signature finds in a line, for people; undefined: nothing. */
function wordsIn({ pattern }: Signature, line: string): string | undefined {
  const [words] = pattern.exec(line) ?? [];
  // werkzeug's log format puts its own fields behind a traceback's last line
  return words
    ?.replaceAll(/\s+/g, " ")
    .replace(/(?: -)+ ?$/, "")
    .trim()
    .slice(0, LONGEST_SHOWN);
}

function rankOf({ signature, layer }: Listed, at: number | undefined): number[] {
  return [
    signature.kind === "symptom" ? 1 : 0,
    layer,
    signature.kind === "fatal" ? 0 : 1,
    at ?? Number.MAX_SAFE_INTEGER,
  ];
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (const [index, value] of a.entries()) {
    const difference = value - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

function counts(
  { signature, area }: Listed,
  at: number | undefined,
  text: Text,
  refutable: boolean,
): boolean {
  if (at === undefined) return true;
  const reach = signature.kind === "fatal" ? Infinity : area.reach;
  if (at < Math.max(text.began, text.now - reach)) return false;
  if (area.signatures === ODOO_DATABASE && at <= (text.databaseStarted ?? 0)) return false;
  const refutes = text.where === "Odoo's log" ? area.refutedByPages && refutable : true;
  return !(refutes && at <= text.refuted);
}

/** A page that only an Odoo hands out that has its database and its modules; its files are not among them. */
const GOOD_PAGE =
  / werkzeug: [^"\n]*"GET \/(?!web\/(?:health|static|database|assets|content)\b|[\w-]+\/static\/)\S* HTTP\/[\d.]+" 200 /;
const READY = /LOG: {1,4}database system is ready to accept connections/;

function textsOf(survey: Survey, target: Target | undefined): Text[] {
  const now = (ifSeen(survey.host)?.epoch ?? 0) * 1000;
  return [
    kernelText(survey, target, now),
    dockerText(survey, target, now),
    ...(target?.db === undefined ? [] : [databaseText(survey, target.db, now)]),
    ...(target?.odoo === undefined ? [] : [odooText(survey, target.odoo, target.db, now)]),
    ...nginxTexts(survey, now),
  ];
}

/** The kernel's killer: lately, or when a container that does not run any more ended. */
function kernelText(survey: Survey, target: Target | undefined, now: number): Text {
  const ends = (target?.containers ?? []).filter(({ state }) => DOWN.has(state)).map(endOf);
  return {
    where: "the kernel's log",
    place: "the kernel's log",
    lines: (ifSeen(survey.history)?.kills ?? []).map(({ at, what }) => ({ at, text: what })),
    began: Math.min(now - A_WHILE, ...ends.filter((end) => end > 0).map((end) => end - LATELY)),
    now,
    refuted: 0,
  };
}

/** What Docker and Compose answer now, and why containers are not running. */
function dockerText(survey: Survey, target: Target | undefined, now: number): Text {
  const { containers, projects } = survey;
  const all = target === undefined ? (ifSeen(projects) ?? []) : [target.project];
  const answers = [
    ...(containers.observed ? [] : [containers.why]),
    ...all.flatMap(({ services }) => (services.observed ? [] : [services.why])),
  ].flatMap((why) => why.split("\n"));
  const states = (target?.containers ?? [])
    .filter((container) => !runsOn(survey, container))
    .flatMap(stateLines);
  return {
    where: "Docker",
    place: "Docker",
    lines: [...answers.map((text) => ({ at: undefined, text })), ...states],
    began: 0,
    now,
    refuted: 0,
  };
}

/** Not one that falls again and again. */
function runsOn(survey: Survey, { state, restartCount, startedAt }: Container): boolean {
  return state === "paused" || (state === "running" && !(restartCount >= 2 && isFresh(survey, startedAt)));
}

/** As `docker inspect` prints them. */
function stateLines(container: Container): Line[] {
  const { state, exitCode, oomKilled, error } = container;
  const at = endOf(container) || undefined;
  const facts = JSON.stringify({ Status: state, OOMKilled: oomKilled, ExitCode: exitCode });
  return [{ at, text: facts }, ...error.split("\n").map((text) => ({ at, text }))];
}

/** In milliseconds since 1970; 0 for one that never ran. */
function endOf({ finishedAt }: Container): number {
  return Math.max(0, Date.parse(finishedAt) || 0);
}

function logText(survey: Survey, container: Container, now: number): Omit<Text, "where" | "refuted"> {
  const since = sinceItsLastTries(container);
  const lines = logSince(survey, container.id, since);
  const end = DOWN.has(container.state) ? endOf(container) : 0;
  return {
    place: `the log of ${container.name}`,
    lines,
    began: Date.parse(since),
    now: end || now || (lines.at(-1)?.at ?? 0),
  };
}

function databaseText(survey: Survey, db: Container, now: number): Text {
  const text = logText(survey, db, now);
  return { ...text, where: "PostgreSQL's log", refuted: lastOf(text.lines, READY) };
}

function odooText(survey: Survey, odoo: Container, db: Container | undefined, now: number): Text {
  const text = logText(survey, odoo, now);
  const lines = withoutTornBeginning(text.lines);
  const databaseStarted = Date.parse(db?.startedAt ?? "") || 0;
  return { ...text, lines, where: "Odoo's log", refuted: lastOf(lines, GOOD_PAGE), databaseStarted };
}

/** The end of a traceback whose beginning was not brought along would be taken for what was said first. */
function withoutTornBeginning(lines: readonly Line[]): readonly Line[] {
  const whole = lines.findIndex(({ text }) => !/^(?:\s|$|[A-Za-z_][\w.]*(?:Error|Exception)\b)/.test(text));
  return whole < 0 ? lines : lines.slice(whole);
}

function lastOf(lines: readonly Line[], pattern: RegExp): number {
  return lines.findLast(({ text }) => pattern.test(text))?.at ?? 0;
}

function nginxTexts(survey: Survey, now: number): Text[] {
  const unit = ifSeen(survey.units)?.get("nginx.service");
  const began =
    unit?.active === "active"
      ? (unit.upSince ?? 0)
      : unit?.downSince === undefined
        ? 0
        : unit.downSince - LATELY;
  const zone = (ifSeen(survey.host)?.zoneMinutes ?? 0) * 60_000;
  const said = (ifSeen(survey.nginx)?.said ?? "").split("\n");
  const errors = (ifSeen(survey.nginxErrors) ?? "").split("\n");
  const common = { began, now, refuted: 0 };
  return [
    {
      ...common,
      where: "nginx -t",
      place: "`nginx -t`",
      // Its stamp is of this very look.
      lines: said.map((text) => ({ at: undefined, text })),
    },
    {
      ...common,
      where: "nginx's error log",
      place: "nginx's error log",
      lines: errors.flatMap((text) => {
        const at = stampOf(text, zone);
        return at === undefined ? [] : [{ at, text }];
      }),
    },
  ];
}

/** `2024/05/02 03:00:00 [error] …` is in the host's own zone; journald says which one it means. */
function stampOf(line: string, zone: number): number | undefined {
  const [, year, month, day, time] = /^(\d{4})\/(\d\d)\/(\d\d) (\d\d:\d\d:\d\d) /.exec(line) ?? [];
  if (time !== undefined) return Date.parse(`${year}-${month}-${day}T${time}Z`) - zone;
  const [, local, hours, minutes] = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)([+-]\d\d):?(\d\d) /.exec(line) ?? [];
  const at = local === undefined ? Number.NaN : Date.parse(`${local}${hours}:${minutes}`);
  return Number.isNaN(at) ? undefined : at;
}
