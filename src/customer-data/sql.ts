/** SQL, and what PostgreSQL says of it, without values out of rows. */

import { CUT } from "./cut.ts";

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

/** What somebody typed as SQL in an argument of a program. */
export function withoutTypedSql(line: string): string {
  const [head] = /^.*?(?<![\w-])psql\b.*?\s(?:-\w*c|--command)(?=[ =])/.exec(line.slice(0, 2000)) ?? [];
  return head === undefined ? line : `${head}${withoutLiterals(line.slice(head.length)).sql}`;
}

/** A deadlock's detail goes on with what each session ran. */
export function restOfDetail(line: string): string[] {
  const [head] = /^\s*Process \d+: /.exec(line) ?? [];
  return head === undefined ? [] : [`${head}${withoutLiterals(line.slice(head.length)).sql}`];
}

/** Details that say the same of every site. */
const PLAIN_DETAILS =
  /^(?:Permissions should be [\w=, ()]+\.|The data directory was initialized by PostgreSQL version \d+, .*|Connection matched (?:file "[^"]*"|pg_hba\.conf) line \d+: "[^"]*"|This WAL record .*|Process \d+ waits for \w+ on [\w ,:()]+; blocked by process \d+\.)$/;

export function detailOf(said: string): string {
  if (PLAIN_DETAILS.test(said)) return said;
  const running = /^Failed process was running: /.exec(said)?.[0];
  if (running !== undefined) return `${running}${withoutLiterals(said.slice(running.length)).sql}`;
  const key = keyOf(said);
  if (key !== undefined) return `${key}(${CUT}${endOf(said.slice(key.length + 1)) ?? ")"}`;
  if (said.startsWith("Failing row contains (")) return `Failing row contains (${CUT}).`;
  return CUT;
}

const LONGEST_KEY = 300;

/** `Key (login)=` of `Key (login)=(jane) already exists.` */
function keyOf(said: string): string | undefined {
  const [start, end] = ["Key (".length, said.indexOf(")=(")];
  const isKey = said.startsWith("Key (") && end > start && end <= start + LONGEST_KEY;
  return isKey && /^[\w, ":()]+$/.test(said.slice(start, end)) ? said.slice(0, end + ")=".length) : undefined;
}

/** What PostgreSQL says behind a key's values, with the name of a table where it tells one. */
function endOf(rest: string): string | undefined {
  const plain = [") already exists.", ") is duplicated."].find((words) => rest.endsWith(words));
  if (plain !== undefined || !rest.endsWith('".')) return plain;
  const quote = rest.lastIndexOf('"', rest.length - '".'.length - 1);
  const before = rest.slice(0, Math.max(0, quote));
  const words = [") is not present in table ", ") is still referenced from table "].find((each) =>
    before.endsWith(each),
  );
  return words === undefined ? undefined : words + rest.slice(quote);
}

export function contextOf(said: string): string {
  return /^(?:while (?:locking|updating|deleting|inserting index|rechecking updated|checking (?:uniqueness|exclusion constraint on)) tuple \(\d+,\d+\) in relation "[^"]*"|PL\/pgSQL function [\w.]+(?:\([\w, ]*\))? line \d+ at [\w ]+)$/.test(
    said,
  )
    ? said
    : CUT;
}
