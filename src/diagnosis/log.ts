/** Reading a container's log: lines with their times, and the failure that ended it. */

import { withoutCustomerData } from "../customer-data/cutter.ts";
import { withoutValues } from "../customer-data/exceptions.ts";
import { withoutEndings } from "../strings.ts";
import { type Container, ifSeen, type Survey } from "../survey/survey.ts";

export interface LogLine {
  /** Milliseconds since 1970, by Docker's stamp. */
  readonly at: number;
  readonly text: string;
}

/** The lines of a container's log since a time (ISO 8601), oldest first; none where it was not seen. */
export function logSince(survey: Survey, containerId: string, since: string): LogLine[] {
  const log = ifSeen(survey.logs)?.get(containerId) ?? "";
  const from = Date.parse(since);
  return log.split("\n").flatMap((line) => {
    const [, stamp, text] = /^(\d{4}-\d\d-\d\dT\S+Z) (.*)$/.exec(line) ?? [];
    const at = Date.parse(stamp ?? "");
    return text === undefined || Number.isNaN(at) || at < from ? [] : [{ at, text }];
  });
}

/** A crash loop pauses for ever longer between its tries, up to a minute (moby, restartmanager); in seconds. */
export const LONGEST_PAUSE = 90;

/** When a container was started last; of one that Docker started again by itself, some of its tries before that too. */
export function sinceItsLastTries({ startedAt, restartCount }: Container): string {
  const before = restartCount > 0 ? LONGEST_PAUSE * 1000 : 0;
  return new Date(Math.max(0, (Date.parse(startedAt) || 0) - before)).toISOString();
}

/** What Odoo and its entrypoint say when PostgreSQL does not let them in (libpq, facts of the official image). */
const LOCKED_OUT =
  /FATAL: +(?:password authentication failed[^\n]*|database "[^"]*" does not exist|role "[^"]*" does not exist|sorry, too many clients already|remaining connection slots[^\n]*|no pg_hba\.conf entry[^\n]*)|could not translate host name[^\n]*|could not connect to server[^\n]*|Database connection failure: [^\n]*/;

/** The words of a line that say so, up to its end. */
function lockedOutIn(text: string): string | undefined {
  const found = LOCKED_OUT.exec(text);
  const connection = text.indexOf("connection to server at ");
  const failed = connection >= 0 && text.includes(" failed", connection);
  if (failed && (found === null || connection < found.index)) return text.slice(connection).trim();
  return found?.[0].trim();
}

/** What PostgreSQL tells a client while it starts, recovers or goes down (postmaster.c, canAcceptConnections). */
export const STARTING =
  /the database system is (?:starting up|shutting down|in recovery mode|not yet accepting connections|not accepting connections)/;

/** Words about the database are old news after so long; in milliseconds. */
const LATELY = 120_000;

/**
 * What Odoo said lately of a PostgreSQL that does not let it in; undefined when nothing. What it said before PostgreSQL was
 * started last, while that was starting, or before it served again, does not count: by now it is let in.
 */
export function lockedOut(survey: Survey, odoo: Container, db: Container | undefined): string | undefined {
  const since = Math.max(
    (ifSeen(survey.host)?.epoch ?? 0) * 1000 - LATELY,
    Date.parse(db?.startedAt ?? "") || 0,
  );
  const lines = logSince(survey, odoo.id, sinceItsLastTries(odoo)).filter(
    ({ at, text }) => at > since && !STARTING.test(text),
  );
  const said = lines.findLastIndex(({ text }) => lockedOutIn(text) !== undefined);
  if (said < 0 || lines.slice(said).some(({ text }) => isServed(text))) return undefined;
  return lockedOutIn(lines[said]?.text ?? "");
}

/** Whether Odoo complained of the database in its last tries, however long ago that is. */
export function spokeOfDatabase(survey: Survey, odoo: Container): boolean {
  return logSince(survey, odoo.id, sinceItsLastTries(odoo)).some(
    ({ text }) => lockedOutIn(text) !== undefined,
  );
}

/** A request that Odoo answered, as werkzeug logs it: `… werkzeug: 172.18.0.1 - - […] "GET /web HTTP/1.1" 200 - …`. */
export function requestIn(
  text: string,
): { readonly method: string; readonly path: string; readonly status: number } | undefined {
  const at = text.indexOf(" werkzeug: ");
  if (at < 0) return undefined;
  const [, method, path, status] = /"(GET|POST|HEAD) (\S+) HTTP\/[\d.]+" (\d{3}) /.exec(text.slice(at)) ?? [];
  return method === undefined || path === undefined ? undefined : { method, path, status: Number(status) };
}

/** Whether it tells of a page that Odoo handed out. */
export function isServed(text: string): boolean {
  const { status = 0 } = requestIn(text) ?? {};
  return status >= 100 && status < 500;
}

/** What went wrong inside of Odoo, as its traceback tells. */
export interface Failure {
  /** `ModuleNotFoundError`, `odoo.tools.convert.ParseError`; empty when it ended with words of its own. */
  readonly exception: string;
  readonly message: string;
  /** The addon in whose files it happened; undefined when in none. */
  readonly module: string | undefined;
  readonly file: string | undefined;
  readonly line: number | undefined;
}

/** For people, without what may be a customer's: `ImportError: No module named 'x' (module shop_notes, /mnt/extra-addons/shop_notes/models.py line 3)` */
export function describeFailure({ exception, message, module, file, line }: Failure): string {
  // Whatever is not the name of an exception are our own words.
  const words = /^[\w.]+$/.test(exception)
    ? withoutValues(exception, message)
    : [exception, withoutCustomerData(message)].filter((part) => part !== "").join(": ");
  const what = message === "" ? exception : words;
  const place = [
    ...(module === undefined ? [] : [`module ${module}`]),
    ...(file === undefined ? [] : [line === undefined ? file : `${file} line ${line}`]),
  ];
  return place.length === 0 ? what : `${what} (${place.join(", ")})`;
}

/**
 * Where the threads of a hanging Odoo stand: the place in an addon that most of them have innermost.
 *
 * @param stacks as Odoo prints them on SIGQUIT (odoo/tools/misc.py, dumpstacks)
 * @returns `module shop_notes, /mnt/extra-addons/shop_notes/models.py line 23`; empty when none stands in an addon
 */
export function whereThreadsStand(stacks: string): string {
  const counts = new Map<string, number>();
  for (const thread of stacks.split(/^.*# Thread: /m).slice(1)) {
    const place = [...thread.matchAll(/File: "([^"]+)", line (\d+), in \w+/g)].findLast(
      ([, file = ""]) => !isFramework(file) && moduleOf(file) !== undefined,
    );
    if (place?.[1] === undefined) continue;
    const words = `module ${moduleOf(place[1])}, ${place[1]} line ${place[2]}`;
    counts.set(words, (counts.get(words) ?? 0) + 1);
  }
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0] ?? "";
}

interface Frame {
  readonly file: string;
  readonly line: number;
}

/**
 * The addon to which a file belongs: the first folder below a folder of addons that may be a module's name.
 * `shop_notes` of `/mnt/extra-addons/shop_notes/models/note.py`; undefined where it lies in none.
 */
function addonOf(file: string): string | undefined {
  const parts = file.split("/");
  const name = parts.at(-1) ?? "";
  if (!/^[\w.-]+$/.test(name) || !/\.(?:py|xml|csv|js)$/.test(name)) return undefined;
  // Behind the last part that is no plain name.
  const plain = parts.findLastIndex((part, at) => at < parts.length - 1 && !/^[\w.-]+$/.test(part)) + 1;
  const addons = parts.findIndex((part, at) => at > 0 && at + 1 >= plain && isAddons(part));
  if (addons < 0) return undefined;
  return parts.slice(addons + 1, -1).find((part) => /^\w+$/.test(part));
}

function isAddons(folder: string): boolean {
  return (
    /^(?:custom|modules|enterprise)$/.test(folder) || (folder.includes("addons") && /^[\w-]+$/.test(folder))
  );
}

/**
 * The failure that a log tells of: of its last traceback, else the last words of a process that ended.
 *
 * @param text without Docker's stamps
 */
export function failureIn(text: string): Failure | undefined {
  const lines = text.split("\n").map((line) => line.trimEnd());
  // Each start begins with Odoo's version: the last one that says anything counts, whatever those before it fell over.
  const starts = lines.flatMap((line, index) => (/ odoo: Odoo version /.test(line) ? [index] : []));
  const runs = [0, ...starts].map((start, index) => lines.slice(start, starts[index] ?? lines.length));
  for (const run of runs.reverse()) {
    const failure = tracebackIn(run) ?? lastWords(run);
    if (failure !== undefined) return failure;
  }
  return undefined;
}

/** What Odoo's log says went wrong since it was started last; of one that was just started again, before that too. */
export function failureOf(survey: Survey, odoo: Container | undefined): Failure | undefined {
  if (odoo === undefined) return undefined;
  return failureIn(
    logSince(survey, odoo.id, sinceItsLastTries(odoo))
      .map(({ text }) => text)
      .join("\n"),
  );
}

function tracebackIn(lines: readonly string[]): Failure | undefined {
  const start = lines.findLastIndex((line) => line.includes("Traceback (most recent call last):"));
  if (start < 0) return undefined;
  const frames: Frame[] = [];
  for (let at = start + 1; at < lines.length; at++) {
    const line = lines[at] ?? "";
    // werkzeug takes the indent from the file that a SyntaxError names.
    const frame = /^\s*File "([^"]+)", line (\d+)/.exec(line);
    if (frame?.[1] !== undefined) frames.push({ file: frame[1], line: Number(frame[2]) });
    const end = /^([A-Za-z_][\w.]*)(?:: (.*))?$/.exec(line);
    if (end?.[1] !== undefined && frames.length > 0) {
      // A message may go on: a ParseError has its file in the lines below.
      const more: string[] = [];
      for (let next = at + 1; next < lines.length && more.length < 4; next++) {
        const text = lines[next] ?? "";
        if (/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} /.test(text) || /^Traceback |^During handling/.test(text))
          break;
        more.push(text);
      }
      return failureFrom(end[1], [end[2] ?? "", ...more].join("\n").trim(), frames);
    }
  }
  return undefined;
}

function failureFrom(exception: string, message: string, frames: readonly Frame[]): Failure {
  const xml =
    /while parsing (?:file:)?(\S+?\.(?:xml|csv)):(\d+)/.exec(message) ??
    /File "([^"]+\.(?:xml|csv))", line (\d+)/.exec(message);
  const place =
    xml?.[1] !== undefined
      ? { file: xml[1], line: Number(xml[2]) }
      : (frames.findLast(({ file }) => addonOf(file) !== undefined && !isFramework(file)) ??
        // Of Odoo's own; a frame of Python's library says nothing to anybody.
        frames.findLast(({ file }) => /\/odoo\//.test(file)));
  // werkzeug's log format puts its own fields behind a traceback's last line
  const said = withoutEndings(message.split("\n")[0] ?? "", " -").slice(0, 250);
  const last = frames.at(-1);
  if (last?.file === "<unknown>" && frames.some(({ file }) => /\/odoo\/modules\/module\.py$/.test(file))) {
    // Odoo evaluates a manifest's text, and does not log whose it is.
    const message = `${said} in line ${last.line} of a module's __manifest__.py`;
    return { exception, message, module: undefined, file: undefined, line: undefined };
  }
  return {
    exception,
    message: said,
    module: place === undefined ? undefined : moduleOf(place.file),
    file: place?.file,
    line: place?.line,
  };
}

/** Odoo's own `base` and `web` hand on what others raise. */
function isFramework(file: string): boolean {
  return /\/odoo\/(?!addons\/)|\/odoo\/addons\/(?:base|web|http_routing)\//.test(file);
}

function moduleOf(file: string): string | undefined {
  return /\/odoo\/(?!addons\/)/.test(file) ? undefined : addonOf(file);
}

/** `sys.exit("words")`, an option that cannot be read, a database that was waited for: no traceback, but a last word. */
function lastWords(lines: readonly string[]): Failure | undefined {
  const said = lines.findLast(
    (line) =>
      line !== "" &&
      !/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} \d+ (?:INFO|DEBUG|WARNING) /.test(line) &&
      !/^\s/.test(line) &&
      !/^(?:Usage|usage):/.test(line),
  );
  if (said === undefined) return undefined;
  const message = said.replace(
    /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} \d+ (?:ERROR|CRITICAL) \S+ (?:[\w.]+: )?/,
    "",
  );
  return {
    exception: "",
    message: message.slice(0, 300),
    module: undefined,
    file: undefined,
    line: undefined,
  };
}
