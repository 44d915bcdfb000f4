/** What exceptions and errors say, without the values in it: what is told is what everybody's would say. */

import { CUT } from "./cut.ts";

/** Of Python itself, and of what else says the same words whoever the customer is, but for what stands in quotes. */
const ALWAYS_THE_SAME =
  /^(?:(?:builtins\.)?(?:Attribute|EOF|Import|ModuleNotFound|Index|Key|Memory|Name|OS|IO|Environment|Overflow|Recursion|Reference|Syntax|Indentation|Tab|System|Type|UnboundLocal|Unicode|UnicodeEncode|UnicodeDecode|ZeroDivision|BlockingIO|ChildProcess|BrokenPipe|ConnectionAborted|ConnectionRefused|ConnectionReset|Connection|FileExists|FileNotFound|Interrupted|IsADirectory|NotADirectory|Permission|ProcessLookup|Timeout|Arithmetic|Buffer)Error|KeyboardInterrupt|SystemExit|StopIteration|psycopg2(?:\.\w+)+|configparser\.\w+|werkzeug(?:\.\w+)+|jinja2(?:\.\w+)+|lxml(?:\.\w+)+|urllib3(?:\.\w+)+|socket\.\w+|ssl\.\w+|sass\.CompileError)$/;

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
  if (ALWAYS_THE_SAME.test(type) || PYTHONS_WORDS.test(message))
    return `${type}${colon}${withoutQuoted(message)}`;
  return `${type}${colon}${CUT}`;
}

/** What a quoted text is, by the words in front of it: a name out of a program or a database, and not out of a row. */
const NAMES =
  /(?:^|[\s([])(?:module|modules? named|import name|attribute|argument|keyword argument|relation|column|table|constraint|database|role|user|schema|type|index|function|operator|sequence|trigger|extension|parameter|view|server|host name|host|section|option|bundle|codec|model|Model|[Ii]nvalid field|field|encoding|file|directory|socket|library|access method|tablespace|publication|slot)$/;
const GERMAN_NAMES = /(?:Relation|Spalte|Tabelle|Constraint|Datenbank|Benutzer|Rolle|Funktion|Typ|Schema)$/;
const BEHIND = /^ (?:object\b|is not defined|codec can't|has no attribute|takes|missing|got an)/;
/** What Python's types and Odoo's models are called, and the folders that programs and their files lie in. */
const TECHNICAL =
  /^(?:NoneType|str|int|float|bool|dict|list|tuple|set|bytes|type|function|method|module|object|datetime\.\w+|(?:ir|res|base|web|website|mail|bus|report|account|sale|stock|purchase|product|crm|hr|mrp|pos|portal|theme|uom|digest|payment|delivery|project|calendar|utm|sms|auth|fetchmail|decimal|format)\.[a-z0-9_.]{1,80}|\/(?:var\/lib|var\/log|var\/run|usr|etc|mnt|opt|run|dev|proc|sys|lib|bin)(?:\/[\w.@+-]+){0,20}\/?|\/PostgreSQL\.\d+|\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f:]*::[0-9a-f:]*)$/;

/** A message without what stands in quotes, but for names out of programs and databases; without long numbers. */
export function withoutQuoted(message: string): string {
  return message
    .slice(0, 20_000)
    .replace(
      /(?<![\w\\])(["'])((?:(?!\1)[^\\]|\\.)*?)\1(?!\w)|(?<![\w\\])["'][\s\S]*$|»([^«]*)«?|“[^”]*”?|«[^»]*»?|„[^“”]*[“”]?/g,
      (
        literal: string,
        quote: string | undefined,
        inner: string | undefined,
        german: string | undefined,
        at: number,
        whole: string,
      ) => {
        if (german !== undefined)
          return GERMAN_NAMES.test(whole.slice(Math.max(0, at - 40), at).trimEnd()) &&
            /^[\w.]{1,63}$/.test(german)
            ? literal
            : CUT;
        if (quote === undefined || inner === undefined) return CUT;
        const before = whole.slice(Math.max(0, at - 40), at).trimEnd();
        const after = whole.slice(at + literal.length, at + literal.length + 30);
        const named = /^[\w.:/@*() -]{1,128}$/.test(inner) && (NAMES.test(before) || BEHIND.test(after));
        // A sign alone is nobody's: `'(' was never closed`.
        const sign = /^[^\w\s]{1,3}$/.test(inner);
        return inner === "" || named || sign || TECHNICAL.test(inner) ? literal : `${quote}${CUT}${quote}`;
      },
    )
    .replace(/(?<![\w./:-])(?!\d{4}-\d\d-\d\d\b)\+?\d[\d -]{6,}\d(?![\w./:-]| bytes\b)/g, CUT);
}
