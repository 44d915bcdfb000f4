/**
 * Our own words, from vocabulary.txt: what the action itself says, in statuses, causes, remedies and sentences. `npm run
 * docs` collects them from the source (scripts/vocabulary.ts), and lint checks that none is missing.
 */

import { readFileSync } from "node:fs";

/** One text of ours a line: a word, or several that stand for something as a whole, such as `odoo-stopped`. */
const TERMS: ReadonlySet<string> = new Set(
  readFileSync(new URL("./vocabulary.txt", import.meta.url), "utf8")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#")),
);
const WORDS: ReadonlySet<string> = new Set([...TERMS].flatMap((term) => term.split("-")));
/** All words, each between line ends, to look for their parts. */
const ALL = `\n${[...WORDS].join("\n")}\n`;

/** Whether a text is one of our terms, as a status or a cause is: nothing of it can be anybody's secret. */
export function isTerm(text: string): boolean {
  return TERMS.has(text);
}

/** A plural is put together where a sentence is made. A number of a few digits may stand anywhere. */
function isWord(word: string): boolean {
  return WORDS.has(word) || (word.endsWith("s") && WORDS.has(word.slice(0, -1))) || /^\d{1,4}$/.test(word);
}

/**
 * Whether a value could be a part of a sentence of ours, and masking it everywhere would mask that: all of its words are
 * ours, but that the first may be the end of one, and the last the beginning.
 */
export function isOurs(value: string): boolean {
  const words = value.match(/[A-Za-z0-9]+/g);
  // Rules and boxes, as in `|---|---|`; letters of other alphabets are in no text of ours.
  if (words === null) return !/\p{L}|\p{N}/u.test(value) && new Set(value.replaceAll(/\s/g, "")).size <= 2;
  const [first = ""] = words;
  const last = words.at(-1) ?? "";
  const begins = value.startsWith(first);
  const ends = value.endsWith(last);
  if (words.length === 1) {
    return (
      isWord(first) ||
      (begins && ends && ALL.includes(first)) ||
      (begins && ALL.includes(`${first}\n`)) ||
      (ends && ALL.includes(`\n${first}`))
    );
  }
  return (
    (isWord(first) || (begins && ALL.includes(`${first}\n`))) &&
    (isWord(last) || (ends && ALL.includes(`\n${last}`))) &&
    words.slice(1, -1).every(isWord)
  );
}
