/** Strings as they stand in logs and configuration: of shells, JSON (in JSON, in JSON …), Python, PHP, XML and URLs. */

import { matchAt } from "./span.ts";

/** `"`, `'`, a backtick; with backslashes in front inside of another string; as an entity or an escape. */
const OPENING =
  /(?:[bBrRuUfF]{1,2}(?=\\{0,64}["']))?(\\{0,64}(?:"""|'''|["'`])|&quot;|&#3[49];|&apos;|%22|%27|\\u002[27])/y;
const ENTITIES = ["&quot;", "&#34;", "&#39;", "&apos;", "%22", "%27", "\\u0022", "\\u0027"];
const MOST_SLASHES = 64;

/** A string: what is in it, and what is behind it. */
export interface Quoted {
  readonly quote: string;
  readonly from: number;
  readonly to: number;
  readonly end: number;
  /** False where its end was cut off. */
  readonly closed: boolean;
}

/** The quote that stands directly in front of a place; empty where there is none. */
export function quoteBefore(text: string, at: number): string {
  if (!/["'`]/.test(text[at - 1] ?? "")) return ENTITIES.find((each) => text.endsWith(each, at)) ?? "";
  let from = at - 1;
  while (from > 0 && at - from <= MOST_SLASHES && text[from - 1] === "\\") from--;
  return text.slice(from, at);
}

/**
 * The string that begins at a place.
 *
 * @param limit it ends there at the latest, where its own end is missing; the end of the line
 */
export function quotedAt(text: string, at: number, limit: number): Quoted | undefined {
  const opening = matchAt(OPENING, text, at);
  const quote = opening?.[1];
  if (opening === null || quote === undefined) return undefined;
  const from = at + opening[0].length;
  const to = endOf(quote, text, from, limit);
  return to === undefined
    ? { quote, from, to: Math.max(from, limit), end: Math.max(from, limit), closed: false }
    : { quote, from, to, end: to + quote.length, closed: true };
}

/** Of TOML and Python, over several lines. */
const LONGEST_BLOCK = 20_000;

/** Where a string ends that was opened by a quote; undefined where it does not before the limit. */
export function endOf(quote: string, text: string, from: number, limit: number): number | undefined {
  const character = quote.at(-1) ?? "";
  if (quote.length > 2 && (quote.endsWith('"""') || quote.endsWith("'''"))) {
    const end = text.slice(from, from + LONGEST_BLOCK).indexOf(quote);
    return end < 0 ? undefined : from + end;
  }
  if (!/["'`]/.test(character)) {
    const end = text.slice(from, limit).indexOf(quote);
    return end < 0 ? undefined : from + end;
  }
  // Each level of strings doubles the backslashes and adds one: in the string that `\"` opens, `\"` ends it and `\\\"` is a quote.
  const slashes = quote.length - 1;
  for (let at = from; at < limit; at++) {
    if (text[at] !== character) continue;
    let run = 0;
    while (at - run > from && text[at - run - 1] === "\\") run++;
    if (run < slashes ? slashes > 0 : run % (2 * (slashes + 1)) === slashes)
      return at - Math.min(run, slashes);
  }
  return undefined;
}
