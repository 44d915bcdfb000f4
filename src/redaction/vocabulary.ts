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
const LONGEST_WORD = Math.max(...[...WORDS].map((word) => word.length));
/** What words begin and end with, and what stands in them: sets, since a host may have many thousand secrets. */
const WORD_BEGINNINGS = new Set([...WORDS].flatMap((word) => beginningsOf(word)));
const WORD_ENDS = new Set([...WORDS].flatMap((word) => endsOf(word)));
const WORD_PARTS = new Set([...WORDS].flatMap((word) => endsOf(word).flatMap(beginningsOf)));

/** What stands between words: `, `, `: `, `|---|---|`. */
const SIGNS: ReadonlySet<string> = new Set(
  LINES.filter((line) => line.startsWith('"')).map((line) => JSON.parse(line) as string),
);
const BEGINNINGS = new Set([...SIGNS].flatMap(beginningsOf));
const ENDS = new Set([...SIGNS].flatMap(endsOf));
const SIGN_PARTS = new Set([...SIGNS].flatMap((sign) => endsOf(sign).flatMap(beginningsOf)));
const LONGEST_SIGN = Math.max(...[...SIGNS].map((sign) => sign.length));

function beginningsOf(text: string): string[] {
  return [...text].map((_, at, all) => all.slice(0, at + 1).join(""));
}

function endsOf(text: string): string[] {
  return [...text].map((_, at, all) => all.slice(at).join(""));
}

/** Whether a text is one of our terms, as a status or a cause is: nothing of it can be anybody's secret. */
export function isTerm(text: string): boolean {
  return TERMS.has(text);
}

/** A plural is put together where a sentence is made. A number of a few digits may stand anywhere. */
function isWord(word: string): boolean {
  return WORDS.has(word) || (word.endsWith("s") && WORDS.has(word.slice(0, -1))) || /^\d{1,4}$/.test(word);
}

/** Signs of ours, or two of them, where one text follows another. */
function areSigns(text: string, first: ReadonlySet<string>, last: ReadonlySet<string>): boolean {
  if (text === "" || first.has(text) || last.has(text)) return true;
  if (text.length > 2 * LONGEST_SIGN) return false;
  for (let at = 1; at < text.length; at++)
    if (first.has(text.slice(0, at)) && last.has(text.slice(at))) return true;
  return false;
}

/**
 * Whether a value could be a part of a sentence of ours, and masking it everywhere would mask that: all of its words and
 * of what stands between them is ours, but that the first word may be the end of one, and the last the beginning.
 */
export function isOurs(value: string): boolean {
  const [run = ""] = /[A-Za-z0-9]+/.exec(value) ?? [];
  if (run === "") return SIGN_PARTS.has(value);
  // Most secrets end here: a plural is a letter longer than the word.
  if (run.length > LONGEST_WORD + 1) return false;
  const words = value.match(/[A-Za-z0-9]+/g) ?? [];
  const [before = "", ...rest] = value.split(/[A-Za-z0-9]+/);
  const after = rest.pop() ?? "";
  if (!areSigns(before, ENDS, SIGNS) || !areSigns(after, SIGNS, BEGINNINGS)) return false;
  if (!rest.every((sign) => areSigns(sign, SIGNS, SIGNS))) return false;
  const [first = ""] = words;
  const last = words.at(-1) ?? "";
  const endsOne = before === "" && WORD_ENDS.has(first);
  const beginsOne = after === "" && WORD_BEGINNINGS.has(last);
  if (words.length === 1)
    return isWord(first) || endsOne || beginsOne || (before === "" && after === "" && WORD_PARTS.has(first));
  return (isWord(first) || endsOne) && (isWord(last) || beginsOne) && words.slice(1, -1).every(isWord);
}
