/** Secrets by their position: in calls of Odoo's API, in lines of .pgpass, in tables, in nginx's `map`. */

import { isSecretName } from "./names.ts";
import { matchAt, type Span } from "./span.ts";

/** Calls whose third argument is the password (Odoo's external API, and its services `object` and `common`). */
const CALL =
  /\b(?:execute_kw|execute|exec_workflow|authenticate|login|check|check_security|render_report|args)\b/g;
const ONE = String.raw`(?:[bu]?\\{0,8}["'][^"'\\\n]{0,100}\\{0,8}["']|-?\d{1,10}|[A-Za-z_][\w.]{0,60})`;
const TWO = new RegExp(
  String.raw`\\{0,8}["']?\s{0,8}(?:[(,:]\s{0,8}|,\s{0,8}\\{0,8}["']args\\{0,8}["']\s{0,8}:\s{0,8})[[(]{0,2}\s{0,8}${ONE}\s{0,4},\s{0,8}${ONE}\s{0,4},\s{0,8}[bu]?(\\{0,8}["'])`,
  "y",
);
const XML_CALL =
  /<methodName>(?:execute_kw|execute|authenticate|login|exec_workflow)<\/methodName>\s{0,40}<params>\s{0,40}(?:<param>\s{0,40}<value>(?:<\w{1,20}>)?[^<]{0,200}(?:<\/\w{1,20}>)?<\/value>\s{0,40}<\/param>\s{0,40}){2}<param>\s{0,40}<value>(?:<\w{1,20}>)?([^<]{1,500})/g;
/** `CREATE USER … IDENTIFIED BY '…'`. */
const IDENTIFIED =
  /\bidentified(?:[ \t]{1,4}with[ \t]{1,4}\S{1,60})?[ \t]{1,4}(?:by|as)[ \t]{1,4}(?:password[ \t]{1,4})?["']([^"'\n]{1,500})/gi;
/** A line of .pgpass, as a word: host:port:database:user:password; colons in it have a backslash in front. */
const WORD = /[^\s"']{1,1000}/g;
const FIELD = /(?:[^:\\]|\\[\s\S]){1,300}/g;

function passwordsOfPgpass(text: string): Span[] {
  return [...text.matchAll(WORD)].flatMap(({ 0: word, index }) => {
    if (word.split(":", 6).length < 5) return [];
    const [host, port, database, user] = [...word.matchAll(FIELD)];
    if (host === undefined || port === undefined || database === undefined || user === undefined) return [];
    // Not an address of hardware or IPv6, a fingerprint, nor a place in a file.
    if (!/^(?:\d{2,5}|\*)$/.test(port[0]) || /^\d+$/.test(database[0]) || host[0].includes("/")) return [];
    const from = user.index + user[0].length + 1;
    return word[from - 1] === ":" && from < word.length
      ? [{ from: index + from, to: index + word.length }]
      : [];
  });
}

/** pgbouncer's list of users. */
const USER_LIST = /^[ \t]{0,8}"[^"\n]{1,63}"[ \t]{1,8}"([^"\n]{1,300})"[ \t]{0,8}$/gm;

/** Secrets that only their position tells. */
export function secretsByPosition(text: string): Span[] {
  const spans: Span[] = [];
  for (const { 0: call, index } of text.matchAll(CALL)) {
    const head = matchAt(TWO, text, index + call.length);
    if (head === null) continue;
    if (
      call === "args" &&
      !/execute|authenticate|login|common|object/.test(text.slice(Math.max(0, index - 200), index + 400))
    )
      continue;
    const from = head.index + head[0].length;
    const value = text.slice(from, from + 500).split(/[\n"']/, 1)[0] ?? "";
    spans.push({ from, to: from + value.replace(/\\{1,8}$/, "").length });
  }
  for (const form of [XML_CALL, IDENTIFIED, USER_LIST]) {
    for (const found of text.matchAll(form)) {
      const value = found[1] ?? "";
      const from = found.index + found[0].lastIndexOf(value);
      spans.push({ from, to: from + value.length });
    }
  }
  return [...spans, ...passwordsOfPgpass(text), ...tables(text), ...maps(text)];
}

/** The line below the head of a table, as psql and mysql draw it. */
const RULE = /^[ \t|]{0,4}-{2,200}(?:[+|]-{2,200}){1,60}[+|]?[ \t]{0,4}$/gm;
const MOST_ROWS = 1_000;

/** Cells below a head such as `password`, and those beside a cell with the name of a secret (`ir_config_parameter`). */
function tables(text: string): Span[] {
  const spans: Span[] = [];
  for (const { 0: rule, index } of text.matchAll(RULE)) {
    const headEnd = index - 1;
    const headStart = text.slice(Math.max(0, headEnd - 5_000), Math.max(0, headEnd)).lastIndexOf("\n");
    const begin = headStart < 0 ? Math.max(0, headEnd - 5_000) : Math.max(0, headEnd - 5_000) + headStart + 1;
    const head = text
      .slice(begin, Math.max(begin, headEnd))
      .split("|")
      .map((cell) => cell.trim());
    const secret = head.map((cell) => isSecretName(cell));
    const [key, value] = [head.findIndex((cell) => /^(?:key|name)$/i.test(cell)), head.indexOf("value")];
    if (!secret.includes(true) && (key < 0 || value < 0)) continue;
    let at = index + rule.length + 1;
    for (let row = 0; row < MOST_ROWS; row++) {
      const feed = text.indexOf("\n", at);
      const line = text.slice(at, Math.min(feed < 0 ? text.length : feed, at + 20_000));
      const cells = line.split("|");
      if (cells.length !== head.length) break;
      let from = at;
      const beside = key >= 0 && isSecretName(cells[key]?.trim() ?? "");
      for (const [column, cell] of cells.entries()) {
        if (secret[column] || (beside && column === value)) {
          const start = from + cell.length - cell.trimStart().length;
          spans.push({ from: start, to: start + cell.trim().length });
        }
        from += cell.length + 1;
      }
      if (feed < 0) break;
      at = feed + 1;
    }
  }
  return spans;
}

/** `map SOURCE $TARGET { KEY VALUE; … }`: what a secret is compared with, and what becomes one. */
const MAP = /(?<![\w-])map[ \t]{1,20}(\S{1,200})[ \t]{1,20}(\$\w{1,100})\s{0,20}\{/g;
const ENTRY =
  /^([ \t]{0,80})(?!#|default\b|include\b|hostnames\b|volatile\b)("[^"\n]{0,1000}"|'[^'\n]{0,1000}'|[^\s;"'{}]{1,1000})([ \t]{1,80})("[^"\n]{0,1000}"|'[^'\n]{0,1000}'|[^\s;]{1,1000})/;
const DEFAULT = /^([ \t]{0,80}default[ \t]{1,80})("[^"\n]{0,1000}"|'[^'\n]{0,1000}'|[^\s;]{1,1000})/;
const LONGEST_MAP = 50_000;
/** What is asked of a visitor: `$http_x_api_key`, `$arg_key`. */
const isSecretVariable = (name: string): boolean =>
  isSecretName(name) || /^\$(?:arg|http|cookie)_(?:\w{0,60}_)?key$/.test(name);

function maps(text: string): Span[] {
  const spans: Span[] = [];
  let done = 0;
  for (const { 0: head, 1: source = "", 2: target = "", index } of text.matchAll(MAP)) {
    if (index < done) continue;
    const [keys, values] = [isSecretVariable(source), isSecretVariable(target)];
    const from = index + head.length;
    const body = text.slice(from, from + LONGEST_MAP).split("}", 1)[0] ?? "";
    done = from + body.length;
    if ((!keys && !values) || body.includes("{")) continue;
    let at = from;
    for (const line of body.split("\n")) {
      const entry = ENTRY.exec(line);
      const fallback = DEFAULT.exec(line);
      if (entry !== null) {
        const [, space = "", key = "", between = "", value = ""] = entry;
        const valueAt = at + space.length + key.length + between.length;
        if (keys) spans.push({ from: at + space.length, to: at + space.length + key.length });
        if (values) spans.push({ from: valueAt, to: valueAt + value.length });
      } else if (fallback !== null && values) {
        const valueAt = at + (fallback[1] ?? "").length;
        spans.push({ from: valueAt, to: valueAt + (fallback[2] ?? "").length });
      }
      at += line.length + 1;
    }
  }
  for (const { 0: found, index } of text.matchAll(SECURE_LINK)) {
    const space = found.search(/[ \t]/);
    const start = index + space + found.slice(space).search(/[^ \t]/);
    spans.push({ from: start, to: index + found.length });
  }
  return spans;
}

const SECURE_LINK =
  /(?<![\w-])secure_link_(?:md5|secret)[ \t]{1,20}(?:"[^"\n]{0,1000}"?|'[^'\n]{0,1000}'?|[^\s;"']{1,1000})/g;
