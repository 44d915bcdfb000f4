/**
 * Cuts what belongs to the site's customers out of text that is written down or printed: values in SQL that Odoo and
 * PostgreSQL log (`bad query:`, `DETAIL:`, `STATEMENT:`, `CONTEXT:`, `QUERY:`, `LINE 1:`), and what an exception says.
 * What tells of the trouble stays: tables, columns, constraints, the exception's type, the frames, the words that Python,
 * PostgreSQL and Odoo always use.
 *
 * Works on lines as logs hold them: with Docker's stamp in front or not, with Odoo's prefix or PostgreSQL's, and for entries
 * of several lines, which end where the next entry begins.
 */

/** In place of what was cut. */
export const CUT = "[cut]";

/** Docker's, of `docker logs --timestamps`. */
const STAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)(?: |$)/;

/** Where Odoo's entry begins: `2026-11-24 11:19:19,960 1 ERROR odoo odoo.sql_db: `. */
const ODOO = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} \d+ [A-Z]+ \S+ [\w.]+: /;

/** PostgreSQL prints two spaces behind these, whatever its `log_line_prefix` is; the words in its other languages too. */
const SERVERS = "LOG|FATAL|PANIC|DEBUG\\d?|PÂNICO";
/** What these say may be about a row. */
const SESSIONS =
  "ERROR|WARNING|NOTICE|INFO|FEHLER|WARNUNG|HINWEIS|ERREUR|ATTENTION|ADVERTENCIA|ERRO|ERRORE|ОШИБКА";
const DETAILS = "DETAIL|DÉTAIL|DETALLE|DETTAGLI|DETALHE|ПОДРОБНОСТИ";
const STATEMENTS =
  "STATEMENT|ANWEISUNG|INSTRUCTION|SENTENCIA|ISTRUZIONE|COMANDO|QUERY|ANFRAGE|REQUÊTE|CONSULTA|ОПЕРАТОР|ЗАПРОС";
const CONTEXTS = "CONTEXT|ZUSAMMENHANG|CONTEXTE|CONTEXTO|CONTESTO|КОНТЕКСТ";
const HINTS = "HINT|TIPP|ASTUCE|SUGERENCIA|SUGGERIMENTO|DICA|LOCATION|ПОДСКАЗКА";
const POSTGRES = new RegExp(
  String.raw`^(?:\S.{0,200}?[\s\]:>])?(?:(${SERVERS})|(${SESSIONS})|(${DETAILS})|(${STATEMENTS})|(${CONTEXTS})|(${HINTS})) ?:(?:  |$)`,
);

/** The error in front of this context has the words of a function that somebody wrote. */
const RAISED = /(?:^|[\s:])PL\/pgSQL .{1,300} at (?:RAISE|ASSERT)$/;

/** As psycopg2 and psql print it, without a prefix. */
const EXCERPT = /^LINE \d+:/;

const TRACEBACK = /^Traceback \(most recent call last\):/;
const BETWEEN = /^(?:During handling of the above exception|The above exception was the direct cause)/;
/** An exception outside of a traceback, by the form of its name. */
const EXCEPTION =
  /^((?:[A-Za-z_]\w*\.)*[A-Z]\w*(?:Error|Exception|Warning|Violation|Failure|Exit|Interrupt|Fault|Denied|Expired))(: |$)/;
/** Behind a traceback's last frame stands an exception, whatever its name is. */
const LAST_LINE = /^([A-Za-z_][\w.]*)(: |$)/;
/** What the image's entrypoint and libpq say between entries. */
const BARE = /^(?:Database connection failure:|Usage: |usage: )/;
/** What our own programs say. */
const OURS =
  /^(?:(?:did|undo|not done|it did not work): |boot (?:begins|ended)|the boot did not end|manifest \/)/;

/** Lines below an error that are the same for everybody. */
const HARMLESS =
  /^\s*(?:Is the server running (?:on host|locally)\b.*|TCP\/IP connections on port \d+\?|connections on (?:that socket|Unix domain socket "[^"]*")\?|This probably means the server terminated abnormally|before or while processing the request\.|Field "[\w.]+" does not exist in model "[\w.]+"|View name: [\w.]+|file: \/[\w./-]+|But the latter module is not available in your system\.|Process \d+ waits for \w+ on [\w ,:()]+; blocked by process \d+\.)$/;

/** Characters of one query. */
const LONGEST_QUERY = 200_000;

type Block =
  /** `query`: what Odoo's `bad query:` is about, which ends with a line `ERROR: ` outside of all its texts. */
  | { kind: "query" | "statement"; head: string; lines: string[]; size?: number }
  /** A text of which nothing more is told. */
  | { kind: "rest" }
  | { kind: "trace" };

/** The same for text that comes in pieces: an entry may go over several of them, and a piece may end within a line. */
export class CustomerDataCutter {
  #rest = "";
  #block: Block | undefined;
  /** An error of PostgreSQL's, held back until its context tells whose words it has. */
  #error: { readonly plain: string; readonly cut: string; readonly more: string[] } | undefined;

  push(text: string): string {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop() ?? "";
    return lines.flatMap((line) => this.#settled(line)).join("");
  }

  /** What was held back until it would be known how it goes on. */
  end(): string {
    const last = this.#rest === "" ? [] : this.#settled(this.#rest);
    this.#rest = "";
    const error = this.#error === undefined ? [] : [this.#error.plain, ...this.#error.more];
    const text = [...last, ...error, ...this.#flush()].join("");
    this.#block = undefined;
    this.#error = undefined;
    return text;
  }

  /** A line, and the error in front of it as soon as it is known whether somebody's function raised it. */
  #settled(line: string): string[] {
    const error = this.#error;
    this.#error = undefined;
    const told = this.#line(line);
    if (error === undefined) return told;
    const said = line.replace(STAMP, "").slice(0, 600);
    if (RAISED.test(said)) return [error.cut, ...error.more, ...told];
    const [, , , detail, , , hint] = POSTGRES.exec(said) ?? [];
    if (this.#error !== undefined || (detail ?? hint) === undefined || error.more.length > 20)
      return [error.plain, ...error.more, ...told];
    error.more.push(...told);
    this.#error = error;
    return [];
  }

  #line(whole: string): string[] {
    const carriage = whole.endsWith("\r") ? "\r" : "";
    const [stamp = ""] = STAMP.exec(whole) ?? [];
    const line = withoutRequests(whole.slice(stamp.length, whole.length - carriage.length));
    const out = (text: string): string => `${stamp}${text}${carriage}\n`;

    const start = line.slice(0, 600);
    const odoo = ODOO.exec(start)?.[0];
    if (odoo !== undefined) {
      const before = this.#flush();
      this.#block = undefined;
      return [...before, ...this.#odooEntry(odoo, line.slice(odoo.length), out)];
    }
    if (this.#block?.kind === "query" && !this.#endsQuery(line)) return this.#goesOn(this.#block, line);
    if (TRACEBACK.test(line) || BETWEEN.test(line)) {
      const before = this.#flush();
      this.#block = TRACEBACK.test(line) ? { kind: "trace" } : undefined;
      return [...before, out(line)];
    }
    if (this.#block?.kind === "query") {
      const before = this.#flush();
      const [head = ""] = /^ERROR: +/.exec(line) ?? [];
      return [...before, ...this.#hold(head, line.slice(head.length), out)];
    }
    const postgres = POSTGRES.exec(start);
    if (postgres !== null) {
      const before = this.#flush();
      return [...before, ...this.#postgresEntry(postgres, line, out)];
    }
    if (EXCERPT.test(line)) {
      const before = this.#flush();
      this.#block = { kind: "rest" };
      return [...before, out(`${EXCERPT.exec(line)?.[0]} ${CUT}`)];
    }
    const exception = (this.#block?.kind === "trace" ? LAST_LINE : EXCEPTION).exec(start);
    if (exception?.[1] !== undefined) {
      const before = this.#flush();
      this.#block = { kind: "rest" };
      return [
        ...before,
        out(withoutValues(exception[1], line.slice(exception[0].length), exception[2] ?? "")),
      ];
    }
    if (BARE.test(line) || OURS.test(line)) {
      const before = this.#flush();
      this.#block = undefined;
      return [...before, out(OURS.test(line) ? line : withoutQuoted(line))];
    }
    switch (this.#block?.kind) {
      case "statement":
        return this.#goesOn(this.#block, line);
      case "rest":
        // Empty lines stay, so that entries stay apart.
        return line.trim() === "" || HARMLESS.test(line) ? [out(line)] : restOfDetail(line).map(out);
      default:
        return [out(withoutTypedSql(line))];
    }
  }

  #odooEntry(head: string, said: string, out: (text: string) => string): string[] {
    const query = /^(?:bad query|Programming error): /.exec(said)?.[0];
    if (query !== undefined) {
      this.#block = { kind: "query", head: out(`${head}${query}\u0000`), lines: [said.slice(query.length)] };
      return [];
    }
    const exception = EXCEPTION.exec(said.slice(0, 600));
    if (exception?.[1] !== undefined) {
      this.#block = { kind: "rest" };
      return [
        out(`${head}${withoutValues(exception[1], said.slice(exception[0].length), exception[2] ?? "")}`),
      ];
    }
    return [out(`${head}${withoutPeople(said)}`)];
  }

  #postgresEntry(found: RegExpExecArray, line: string, out: (text: string) => string): string[] {
    const [head = "", servers, sessions, detail, statement, context] = found;
    const said = line.slice(head.length);
    if (statement !== undefined) {
      this.#block = { kind: "statement", head: out(`${head}\u0000`), lines: [said] };
      return [];
    }
    if (servers !== undefined) {
      const announced =
        /^(?:duration: [\d.]+ ms {1,2})?(?:(?:statement|(?:parse|bind|execute) [^:\n]{1,100}): |plan:$)/.exec(
          said,
        )?.[0];
      this.#block =
        announced === undefined
          ? undefined
          : {
              kind: "statement",
              head: out(`${head}${announced}${announced.endsWith(" ") ? "" : " "}\u0000`),
              lines: [said.slice(announced.length)],
            };
      return announced === undefined ? [out(line)] : [];
    }
    if (sessions === undefined && detail === undefined && context === undefined) {
      this.#block = undefined;
      return [out(line)];
    }
    this.#block = { kind: "rest" };
    if (sessions !== undefined) return this.#hold(head, said, out);
    if (detail !== undefined) return [out(`${head}${detailOf(said)}`)];
    if (context !== undefined) return [out(`${head}${contextOf(said)}`)];
    return [out(line)];
  }

  #hold(head: string, said: string, out: (text: string) => string): string[] {
    this.#error = { plain: out(`${head}${withoutQuoted(said)}`), cut: out(`${head}${CUT}`), more: [] };
    return [];
  }

  /** What is too long to be looked at again and again ends here, and its rest is left out. */
  #goesOn(block: { lines: string[]; size?: number }, line: string): string[] {
    block.lines.push(line);
    block.size = (block.size ?? 0) + line.length + (line.startsWith("ERROR: ") ? LONGEST_QUERY / 50 : 1);
    return block.size > LONGEST_QUERY ? this.#flush() : [];
  }

  /** Odoo prints PostgreSQL's error behind the query; a line like it within one of the query's texts is no error. */
  #endsQuery(line: string): boolean {
    return (
      this.#block?.kind === "query" &&
      line.startsWith("ERROR: ") &&
      !withoutLiterals(this.#block.lines.join("\n")).open
    );
  }

  #flush(): string[] {
    const block = this.#block;
    if (block?.kind !== "query" && block?.kind !== "statement") return [];
    this.#block = { kind: "rest" };
    const { sql } = withoutLiterals(block.lines.join("\n"));
    return [block.head.replace("\u0000", () => sql.replaceAll(/\s+/g, " ").trim())];
  }
}

/**
 * The same for a log of which only the end was kept: what stands in front of its first whole entry may be the rest of one
 * that was cut through, and is left out where the log is Odoo's or PostgreSQL's.
 */
export function logWithoutCustomerData(text: string): string {
  const lines = text.split("\n");
  const first = lines.findIndex((line) => {
    const said = line.replace(STAMP, "").slice(0, 600);
    return ODOO.test(said) || POSTGRES.test(said) || TRACEBACK.test(said) || BARE.test(said);
  });
  return first <= 0
    ? withoutCustomerData(text)
    : `${CUT} ${first} lines in front of the first whole entry\n${withoutCustomerData(lines.slice(first).join("\n"))}`;
}

/** The text without its customers' data. */
export function withoutCustomerData(text: string): string {
  const cutter = new CustomerDataCutter();
  const cut = cutter.push(text) + cutter.end();
  return !text.endsWith("\n") && cut.endsWith("\n") ? cut.slice(0, -1) : cut;
}

/** SQL without its values: quoted texts, numbers and comments. `open`: it ended within a text, or may have. */
export function withoutLiterals(text: string): { sql: string; open: boolean } {
  // Bytes as Python prints them: its quotes are not SQL's.
  if (/^b['"]/.test(text)) return { sql: CUT, open: false };
  let open = false;
  const sql = text.replace(
    /"(?:[^"]|"")*"|[eE]'(?:[^'\\]|\\[\s\S]|'')*('?)|'(?:[^']|'')*('?)|(\$\w*\$)[\s\S]*?(?:\3|$)|--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|(?<![\w$.])-?\d[\d.]*(?![\w.])|"[^"]*$/g,
    (literal, escaped?: string, plain?: string, dollars?: string) => {
      if (literal.startsWith('"')) {
        if (/^"[^"\n]{1,128}"$/.test(literal)) return literal;
        open ||= !/^"(?:[^"]|"")*"$/.test(literal);
        return CUT;
      }
      if (dollars !== undefined) {
        open ||= literal.length < 2 * dollars.length || !literal.endsWith(dollars);
        return `'${CUT}'`;
      }
      if (escaped !== undefined || plain !== undefined) {
        open ||= (escaped ?? plain) === "";
        return `'${CUT}'`;
      }
      return /^(?:--|\/\*)/.test(literal) ? CUT : "?";
    },
  );
  return { sql, open };
}

/** A deadlock's detail goes on with what each session ran. */
function restOfDetail(line: string): string[] {
  const [head] = /^\s*Process \d+: /.exec(line) ?? [];
  return head === undefined ? [] : [`${head}${withoutLiterals(line.slice(head.length)).sql}`];
}

/** Details that say the same of every site. */
const PLAIN_DETAILS =
  /^(?:Permissions should be [\w=, ()]+\.|The data directory was initialized by PostgreSQL version \d+, .*|Connection matched (?:file "[^"]*"|pg_hba\.conf) line \d+: "[^"]*"|This WAL record .*|Process \d+ waits for \w+ on [\w ,:()]+; blocked by process \d+\.)$/;

function detailOf(said: string): string {
  if (PLAIN_DETAILS.test(said)) return said;
  const running = /^Failed process was running: /.exec(said)?.[0];
  if (running !== undefined) return `${running}${withoutLiterals(said.slice(running.length)).sql}`;
  const key =
    /^(Key \([\w, ":()]{1,300}\)=)\([\s\S]*?(\) (?:already exists|is not present in table "[^"]*"|is still referenced from table "[^"]*"|is duplicated)\.)?$/.exec(
      said,
    );
  if (key !== null) return `${key[1]}(${CUT}${key[2] ?? ")"}`;
  if (said.startsWith("Failing row contains (")) return `Failing row contains (${CUT}).`;
  return CUT;
}

function contextOf(said: string): string {
  return /^(?:while (?:locking|updating|deleting|inserting index|rechecking updated|checking (?:uniqueness|exclusion constraint on)) tuple \(\d+,\d+\) in relation "[^"]*"|PL\/pgSQL function [\w.]+(?:\([\w, ]*\))? line \d+ at [\w ]+)$/.test(
    said,
  )
    ? said
    : CUT;
}

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

/** Who logged in or failed to, and whose mail it was. */
function withoutPeople(said: string): string {
  return said
    .replace(/^(Login (?:successful|failed) for db:\S* login:).*?( from \S+)?(\s*)$/, `$1${CUT}$2$3`)
    .replaceAll(/(?<![\w.+-])[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,8}[A-Za-z]{2,24}\b/g, CUT);
}

/** Parameters whose values name parts of the program. */
const HARMLESS_PARAMETERS =
  /^(?:db|debug|lang|model|view_type|bundle|sw|mode|order|cids|v|ver|version|unique)$/;
const HARMLESS_VALUES = /^(?:\d{1,5}|true|false|\$\w*|\[cut\]|\*\*\*)?$/i;

/**
 * A line without what people asked for: the values behind a question mark (names, searches, links to reset a password), and
 * addresses of e-mail within a path. For what web servers and Odoo's threads say of requests; a line without them stays as
 * it is.
 */
function withoutRequests(line: string): string {
  if (!line.includes("/")) return line;
  return line
    .replaceAll(
      /(?<![^\s"'<>?])([^\s"'<>?]*\?)([^\s"'<>)]+)/g,
      (asked: string, path: string, query: string) => {
        if (!path.includes("/")) return asked;
        return `${path}${query.replaceAll(/([^&=;]+)=([^&]*)/g, (pair, name: string, value: string) =>
          HARMLESS_PARAMETERS.test(name) || HARMLESS_VALUES.test(value) ? pair : `${name}=${CUT}`,
        )}`;
      },
    )
    .replaceAll(
      /(?<=[\w.~%-]\/|[ "']\/)[\w.+%-]{1,64}(?:@|%40)(?:[\w-]{1,63}\.){1,8}(?!(?:service|socket|target|slice|timer|scope|mount)\b)[A-Za-z]{2,24}\b/g,
      CUT,
    );
}

/** What somebody typed as SQL in an argument of a program. */
function withoutTypedSql(line: string): string {
  const [head] = /^.*?(?<![\w-])psql\b.*?\s(?:-\w*c|--command)(?=[ =])/.exec(line.slice(0, 2000)) ?? [];
  return head === undefined ? line : `${head}${withoutLiterals(line.slice(head.length)).sql}`;
}

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
function withoutQuoted(message: string): string {
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
        return inner === "" || named || TECHNICAL.test(inner) ? literal : `${quote}${CUT}${quote}`;
      },
    )
    .replace(/(?<![\w./:-])(?!\d{4}-\d\d-\d\d\b)\+?\d[\d -]{6,}\d(?![\w./:-]| bytes\b)/g, CUT);
}
