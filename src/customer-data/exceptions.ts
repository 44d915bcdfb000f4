/** What exceptions and errors say, without the values in it: what is told is what everybody's would say. */

import { CUT } from "./cut.ts";

/** Of Python itself: what these say is the same whoever the customer is, but for what stands in quotes. */
const PYTHONS_ERRORS: ReadonlySet<string> = new Set(
  `Attribute EOF Import ModuleNotFound Index Key Memory Name OS IO Environment Overflow Recursion Reference Syntax
  Indentation Tab System Type UnboundLocal Unicode UnicodeEncode UnicodeDecode ZeroDivision BlockingIO ChildProcess
  BrokenPipe ConnectionAborted ConnectionRefused ConnectionReset Connection FileExists FileNotFound Interrupted
  IsADirectory NotADirectory Permission ProcessLookup Timeout Arithmetic Buffer`
    .split(/\s+/)
    .map((name) => `${name}Error`),
);
const OTHERS_OF_PYTHON = new Set(["KeyboardInterrupt", "SystemExit", "StopIteration", "sass.CompileError"]);
/** Packages whose exceptions say the same everywhere too. */
const SAME_EVERYWHERE =
  /^(?:psycopg2|werkzeug|jinja2|lxml|urllib3)(?:\.\w+)+$|^(?:configparser|socket|ssl)\.\w+$/;

function isAlwaysTheSame(type: string): boolean {
  const name = type.startsWith("builtins.") ? type.slice("builtins.".length) : type;
  return PYTHONS_ERRORS.has(name) || OTHERS_OF_PYTHON.has(type) || SAME_EVERYWHERE.test(type);
}

/** Python's words in exceptions that anybody's code raises with words of its own too. */
const PYTHONS_WORDS =
  /^(?:invalid literal for|could not convert|not enough values|too many values|substring not found|I\/O operation on|embedded null|time data|unconverted data|Invalid isoformat|math domain error|Circular reference|malformed node|Invalid field |Expected singleton: [\w.]+\([\d, ]*\)|Wrong value for|Invalid model name|can't start new thread|maximum recursion|dictionary changed size|generator (?:raised|ignored)|cannot schedule new|Event loop|\[Errno \d+\] )/;

/** Odoo's own words that name modules and places, and nobody. */
const ODOOS_WORDS: readonly RegExp[] = [
  /^CPU time limit exceeded\.?/,
  /^Couldn't bind the websocket\. Is the connection opened on the evented port \(\d+\)\?/,
  /^Access Denied\b/,
  /^The attachment (?:is colliding|collides) with an existing file\.?/,
  /^while parsing (?:file:)?\/[\w./-]+:\d+(?:, near$)?/,
  /^Error while (?:validating|parsing or validating) view\b:?/,
  /^Module \S{1,80} does not exist/,
  /^Unmet dependencies: [\w, ]+/,
  /^Unable to install module "\w+" because an external dependency is not met: [\w .:-]+/,
  /^You try to (?:install|upgrade) (?:the )?module '?\w+'? that depends on module '?\w+'?\.?/,
  /^Session expired\b/i,
  /^File contains no section headers\./,
];

/**
 * What an exception says, without the values in it.
 *
 * @param colon what stands between type and message: nothing where there is no message
 */
export function withoutValues(type: string, message: string, colon = ": "): string {
  if (message === "") return `${type}${colon}`;
  for (const words of ODOOS_WORDS) {
    const known = words.exec(message)?.[0];
    if (known !== undefined)
      return `${type}${colon}${known}${known.length < message.trimEnd().length ? ` ${CUT}` : ""}`;
  }
  // What a function in the database says in words of its own.
  if (/\.RaiseException$/.test(type)) return `${type}${colon}${CUT}`;
  // About options, which are nobody's.
  if (/^optparse\.\w+$/.test(type)) return `${type}${colon}${message}`;
  if (isAlwaysTheSame(type) || PYTHONS_WORDS.test(message)) return `${type}${colon}${withoutQuoted(message)}`;
  return `${type}${colon}${CUT}`;
}

/** What a quoted text is, by the words in front of it: a name out of a program or a database, and not out of a row. */
const NAMES: readonly string[] = [
  ..."module named|import name|attribute|argument|relation|column|table|constraint|database|role|user".split(
    "|",
  ),
  ..."schema|type|index|function|operator|sequence|trigger|extension|parameter|view|server|host name".split(
    "|",
  ),
  ..."host|section|option|bundle|codec|model|Model|Invalid field|invalid field|field|encoding|file".split(
    "|",
  ),
  ..."directory|socket|library|access method|tablespace|publication|slot|module|modules named".split("|"),
];
const GERMAN_NAMES: readonly string[] =
  "Relation|Spalte|Tabelle|Constraint|Datenbank|Benutzer|Rolle|Funktion|Typ|Schema".split("|");

/** Whether a text ends in one of these, as a word of its own. */
function endsInName(text: string): boolean {
  return NAMES.some(
    (name) => text.endsWith(name) && /^[\s([]?$/.test(text.charAt(text.length - name.length - 1)),
  );
}

const BEHIND = /^ (?:object\b|is not defined|codec can't|has no attribute|takes|missing|got an)/;
/** What Python's types are called. */
const TYPES: ReadonlySet<string> = new Set(
  "NoneType str int float bool dict list tuple set bytes type function method module object".split(" "),
);
/** What the names of Odoo's models begin with. */
const APPS: ReadonlySet<string> = new Set(
  `ir res base web website mail bus report account sale stock purchase product crm hr mrp pos portal theme uom digest payment
  delivery project calendar utm sms auth fetchmail decimal format`.split(/\s+/),
);
const LONGEST_MODEL = 80;
/** Folders that programs and their files lie in. */
const FOLDERS: ReadonlySet<string> = new Set("usr etc mnt opt run dev proc sys lib bin".split(" "));
const FOLDERS_OF_VAR: ReadonlySet<string> = new Set(["lib", "log", "run"]);
const DEEPEST_PATH = 20;

/** Whether a quoted text is the name of something technical: a type, a model, a path of a program, an address of IP. */
function isTechnical(text: string): boolean {
  return (
    TYPES.has(text) ||
    /^datetime\.\w+$/.test(text) ||
    isModel(text) ||
    isPathOfPrograms(text) ||
    /^\/PostgreSQL\.\d+$/.test(text) ||
    /^\d{1,3}(?:\.\d{1,3}){3}$/.test(text) ||
    (text.includes("::") && /^[0-9a-f:]+$/.test(text))
  );
}

function isModel(text: string): boolean {
  const dot = text.indexOf(".");
  const rest = text.slice(dot + 1);
  return (
    dot > 0 && APPS.has(text.slice(0, dot)) && rest.length <= LONGEST_MODEL && /^[a-z0-9_.]+$/.test(rest)
  );
}

function isPathOfPrograms(text: string): boolean {
  if (!/^\/[\w.@+/-]+$/.test(text)) return false;
  const [, top = "", ...below] = text.split("/");
  const inVar = top === "var" && FOLDERS_OF_VAR.has(below.shift() ?? "");
  if (below.at(-1) === "") below.pop();
  return (inVar || FOLDERS.has(top)) && below.length <= DEEPEST_PATH && !below.includes("");
}

const MOST_OF_A_MESSAGE = 20_000;
/** Where a text in quotes may begin. */
const QUOTE = /["'»“«„]/g;
const CLOSED: Readonly<Record<string, RegExp>> = {
  '"': /"(?:[^"\\]|\\.)*"/y,
  "'": /'(?:[^'\\]|\\.)*'/y,
  "»": /»[^«]*«?/y,
  "“": /“[^”]*”?/y,
  "«": /«[^»]*»?/y,
  "„": /„[^“”]*[“”]?/y,
};
/** Characters in front of a quoted text, and behind it, that tell what it is. */
const BEFORE = 40;
const AFTER = 30;

/** A message without what stands in quotes, but for names out of programs and databases; without long numbers. */
export function withoutQuoted(message: string): string {
  const text = message.slice(0, MOST_OF_A_MESSAGE);
  let clean = "";
  let done = 0;
  for (const { 0: sign, index } of text.matchAll(QUOTE)) {
    const plain = sign === "'" || sign === '"';
    // Within a word it is an apostrophe.
    if (index < done || (plain && /[\w\\]/.test(text.charAt(index - 1)))) continue;
    const closed = CLOSED[sign];
    if (closed !== undefined) closed.lastIndex = index;
    const quoted = closed?.exec(text)?.[0] ?? "";
    const end = index + quoted.length;
    // Without an end it goes on to that of the message.
    const open = quoted === "" || (plain && /\w/.test(text.charAt(end)));
    const before = text.slice(Math.max(0, index - BEFORE), index).trimEnd();
    clean += text.slice(done, index);
    clean += open ? CUT : shownOf(quoted, before, text.slice(end, end + AFTER));
    done = open ? text.length : end;
  }
  return withoutLongNumbers(clean + text.slice(done));
}

/** What is shown of a quoted text: all of it where it is a name. */
function shownOf(quoted: string, before: string, after: string): string {
  const sign = quoted.charAt(0);
  if (sign === "»") {
    const german = quoted.slice(1, quoted.endsWith("«") ? -1 : undefined);
    return GERMAN_NAMES.some((name) => before.endsWith(name)) && /^[\w.]{1,63}$/.test(german) ? quoted : CUT;
  }
  if (sign !== "'" && sign !== '"') return CUT;
  const inner = quoted.slice(1, -1);
  const named = /^[\w.:/@*() -]{1,128}$/.test(inner) && (endsInName(before) || BEHIND.test(after));
  // A sign alone is nobody's: `'(' was never closed`.
  const isSign = /^[^\w\s]{1,3}$/.test(inner);
  return inner === "" || named || isSign || isTechnical(inner) ? quoted : `${sign}${CUT}${sign}`;
}

const DIGITS = /\+?\d[\d -]*/g;
const FEWEST_DIGITS = 8;

/** Without numbers of telephones, accounts and the like: eight digits or more, perhaps with spaces and dashes, no dates. */
function withoutLongNumbers(text: string): string {
  return text.replaceAll(DIGITS, (run: string, at: number) => {
    const isPart = (place: number): boolean => /[\w./:-]/.test(text.charAt(place));
    let last = run.length - 1;
    const endsNumber = (place: number): boolean =>
      /\d/.test(run.charAt(place)) &&
      !isPart(at + place + 1) &&
      !/^ bytes\b/.test(text.slice(at + place + 1, at + place + 8));
    while (last >= 0 && !endsNumber(last)) last--;
    for (let first = 0; first + FEWEST_DIGITS - 1 <= last; first++) {
      const digits = run.charAt(first) === "+" ? first + 1 : first;
      if (!/\d/.test(run.charAt(digits)) || isPart(at + first - 1) || digits + FEWEST_DIGITS - 1 > last)
        continue;
      if (/^\d{4}-\d\d-\d\d\b/.test(text.slice(at + first, at + first + 11))) continue;
      return run.slice(0, first) + CUT + run.slice(last + 1);
    }
    return run;
  });
}
