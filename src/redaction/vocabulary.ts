/**
 * Our own words, from vocabulary.txt: what the action itself says, in statuses, causes, remedies and sentences. `npm run
 * docs` collects them from the source (scripts/vocabulary.ts), and lint checks that none is missing.
 */

import { readFileSync } from "node:fs";

const LINES = readFileSync(new URL("./vocabulary.txt", import.meta.url), "utf8")
  .split("\n")
  .filter((line) => line !== "" && !line.startsWith("#"));
/** Words, and several that stand for something as a whole, such as `odoo-stopped`. */
const TERMS: ReadonlySet<string> = new Set(LINES.filter((line) => !line.startsWith('"')));
const WORDS: ReadonlySet<string> = new Set([...TERMS].flatMap((term) => term.split("-")));
/** All words, each between line ends, to look for their parts. */
const ALL = `\n${[...WORDS].join("\n")}\n`;

/** What stands between words: `, `, `: `, `|---|---|`. */
const SIGNS: ReadonlySet<string> = new Set(
  LINES.filter((line) => line.startsWith('"')).map((line) => JSON.parse(line) as string),
);
const BEGINNINGS = new Set(
  [...SIGNS].flatMap((sign) => [...sign].map((_, at, all) => all.slice(0, at + 1).join(""))),
);
const ENDS = new Set([...SIGNS].flatMap((sign) => [...sign].map((_, at, all) => all.slice(at).join(""))));

/** Whether a text is one of our terms, as a status or a cause is: nothing of it can be anybody's secret. */
export function isTerm(text: string): boolean {
  return TERMS.has(text);
}

/** A plural is put together where a sentence is made. A number of a few digits may stand anywhere. */
function isWord(word: string): boolean {
  return WORDS.has(word) || (word.endsWith("s") && WORDS.has(word.slice(0, -1))) || /^\d{1,4}$/.test(word);
}

/** Signs of ours, or two of them, where one text follows another. The longest of them are short. */
function areSigns(text: string, first: ReadonlySet<string>, last: ReadonlySet<string>): boolean {
  if (text === "" || first.has(text) || last.has(text)) return true;
  for (let at = 1; at < Math.min(text.length, 100); at++)
    if (first.has(text.slice(0, at)) && last.has(text.slice(at))) return true;
  return false;
}

/**
 * Whether a value could be a part of a sentence of ours, and masking it everywhere would mask that: all of its words and
 * of what stands between them is ours, but that the first word may be the end of one, and the last the beginning.
 */
export function isOurs(value: string): boolean {
  const words = value.match(/[A-Za-z0-9]+/g);
  if (words === null) return [...SIGNS].some((sign) => sign.includes(value));
  const [before = "", ...rest] = value.split(/[A-Za-z0-9]+/);
  const after = rest.pop() ?? "";
  if (!areSigns(before, ENDS, SIGNS) || !areSigns(after, SIGNS, BEGINNINGS)) return false;
  if (!rest.every((sign) => areSigns(sign, SIGNS, SIGNS))) return false;
  const [first = ""] = words;
  const last = words.at(-1) ?? "";
  const endsOne = before === "" && ALL.includes(`${first}\n`);
  const beginsOne = after === "" && ALL.includes(`\n${last}`);
  if (words.length === 1)
    return isWord(first) || endsOne || beginsOne || (before === "" && after === "" && ALL.includes(first));
  return (isWord(first) || endsOne) && (isWord(last) || beginsOne) && words.slice(1, -1).every(isWord);
}
