/**
 * Cuts what belongs to the site's customers out of text that is written down or printed: values in SQL that Odoo and
 * PostgreSQL log (`bad query:`, `DETAIL:`, `STATEMENT:`, `CONTEXT:`, `QUERY:`, `LINE 1:`), and what an exception says.
 * What tells of the trouble stays: tables, columns, constraints, the exception's type, the frames, the words that Python,
 * PostgreSQL and Odoo always use.
 *
 * Works on lines as logs hold them: with Docker's stamp in front or not, with Odoo's prefix or PostgreSQL's, and for entries
 * of several lines, which end where the next entry begins.
 */

import { CUT } from "./cut.ts";
import { withoutQuoted, withoutValues } from "./exceptions.ts";
import { withoutPeople, withoutPersons, withoutRequests } from "./requests.ts";
import { contextOf, detailOf, restOfDetail, withoutLiterals, withoutTypedSql } from "./sql.ts";

/** Docker's, of `docker logs --timestamps`. */
const STAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)(?: |$)/;

/** Where Odoo's entry begins: `2026-11-24 11:19:19,960 1 ERROR odoo odoo.sql_db: `. */
const ODOO = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} \d+ [A-Z]+ \S+ [\w.]+: /;

/** The logger of an addon, but for those of the framework, which name no customer. */
const ADDON = / odoo\.addons\.(?!(?:base|web|bus|http_routing|mail|iap|auth_\w{1,30})\.)[\w.]{1,200}: $/;

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
const FRAME = /^ {2}File "([^"\n]{1,300})", line \d+/;
/** Odoo reads its options here: a value that it cannot read is an option's, and nobody's. */
const READS_OPTIONS = /\/odoo\/tools\/config\.py$/;
const NO_NUMBER = /^(?:invalid literal for int\(\)|could not convert string to float)/;
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
  | { kind: "trace"; lastFrame?: string };

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
      const message = line.slice(exception[0].length);
      const ofOption = this.#readsOptions() && exception[1] === "ValueError" && NO_NUMBER.test(message);
      this.#block = { kind: "rest" };
      return [...before, out(ofOption ? line : withoutValues(exception[1], message, exception[2] ?? ""))];
    }
    if (BARE.test(line) || OURS.test(line)) {
      const before = this.#flush();
      this.#block = undefined;
      return [...before, out(OURS.test(line) ? line : withoutQuoted(line))];
    }
    switch (this.#block?.kind) {
      case "statement":
        return this.#goesOn(this.#block, line);
      case "trace": {
        const file = FRAME.exec(start)?.[1];
        if (file !== undefined) this.#block.lastFrame = file;
        return [out(withoutTypedSql(line))];
      }
      case "rest":
        // Empty lines stay, so that entries stay apart.
        return line.trim() === "" || HARMLESS.test(line) ? [out(line)] : restOfDetail(line).map(out);
      default:
        return [out(withoutTypedSql(line))];
    }
  }

  /** Whether the last frame of the traceback that is being read stands in Odoo's configuration. */
  #readsOptions(): boolean {
    return this.#block?.kind === "trace" && READS_OPTIONS.test(this.#block.lastFrame ?? "");
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
    const plain = withoutPeople(said);
    return [out(`${head}${ADDON.test(head) ? withoutPersons(plain) : plain}`)];
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
 * A log of which only the end was kept, from its first whole entry on: what stands in front of it may be the rest of one
 * that was cut through, and is left out where the log is Odoo's or PostgreSQL's.
 */
export function fromFirstEntry(text: string): string {
  let from = 0;
  for (let lines = 0; from < text.length; lines++) {
    const said =
      text
        .slice(from, from + 700)
        .split("\n", 1)[0]
        ?.replace(STAMP, "")
        .slice(0, 600) ?? "";
    if (ODOO.test(said) || POSTGRES.test(said) || TRACEBACK.test(said) || BARE.test(said))
      return lines === 0
        ? text
        : `${CUT} ${lines} lines in front of the first whole entry\n${text.slice(from)}`;
    const end = text.indexOf("\n", from);
    if (end < 0) break;
    from = end + 1;
  }
  return text;
}

/** The text without its customers' data. */
export function withoutCustomerData(text: string): string {
  const cutter = new CustomerDataCutter();
  const cut = cutter.push(text) + cutter.end();
  return !text.endsWith("\n") && cut.endsWith("\n") ? cut.slice(0, -1) : cut;
}
