/**
 * Finds a great many values in a text at once. A host chooses how many secrets it has and what stands in its logs, so the
 * time must not grow with the number of values as one `replaceAll` for each does. Libraries for Aho–Corasick keep an object
 * for each letter of each value, which takes longer to build than all of the searching here.
 *
 * A hash of eight characters rolls over the text (Rabin and Karp). Where some value begins with these eight, the values that
 * do are asked, in order, so that one search by halves tells the longest of them that stands there.
 */

import { MASK } from "./span.ts";

/** Of the beginning that is hashed; no value is shorter. */
const WINDOW = 8;
/** Longer values are looked for in pieces, so that the time at one place in a text is bounded. */
const LONGEST_PIECE = 256;
const FACTOR = 31;
/** What the first character of a window weighs in its hash. */
const WEIGHT = power(FACTOR, WINDOW - 1);
/** Bits of the hashes that are asked first, whether any value begins so. */
const BITS = 1 << 22;

/**
 * Places of one text at which values are compared. A text in which some value begins at every place was made for that: from
 * here on, what stands inside of a match is not compared again, so that of two values that overlap there a part may stay.
 */
const MOST_COMPARED = 20_000;

/** Values with the same beginning, in order. */
interface Group {
  readonly values: readonly string[];
  /** For each value the place of the longest other one that it begins with; -1 where there is none. */
  readonly within: readonly number[];
}

export class Matcher {
  readonly #groups = new Map<string, string[] | Group>();
  readonly #filter = new Uint8Array(BITS / 8);
  /** Whether a mask may be a part of a value, so that masking may bring one about. */
  #holdsMask = false;

  /** @param values of eight characters or more; longer ones are masked piece by piece, which no reader can see */
  constructor(values: Iterable<string>) {
    for (const value of values) for (const piece of piecesOf(value)) this.#add(piece);
  }

  /**
   * The text with a mask in place of each value, one for values that overlap or touch. It is searched again where a mask
   * may have brought the parts of a value together.
   */
  masked(text: string): string {
    if (this.#groups.size === 0) return text;
    let clean = text;
    for (let turn = 0; turn < MOST_TURNS; turn++) {
      const before = clean;
      clean = this.#maskedOnce(before);
      if (clean === before || !this.#holdsMask) return clean;
    }
    // Only a text that was made for it goes on longer: nothing of it is shown.
    return MASK;
  }

  #add(value: string): void {
    this.#holdsMask ||= value.includes(MASK[0] ?? "");
    const beginning = value.slice(0, WINDOW);
    const group = this.#groups.get(beginning);
    if (Array.isArray(group)) group.push(value);
    else this.#groups.set(beginning, [value]);
    let hash = 0;
    for (let at = 0; at < WINDOW; at++) hash = (Math.imul(hash, FACTOR) + value.charCodeAt(at)) | 0;
    const bit = bitOf(hash);
    this.#filter[bit >>> 3] = (this.#filter[bit >>> 3] ?? 0) | (1 << (bit & 7));
  }

  #maskedOnce(text: string): string {
    const filter = this.#filter;
    const last = text.length - WINDOW;
    let clean = "";
    let done = 0;
    // What is to be masked next: from here to there; nothing yet.
    let [from, to] = [-1, -1];
    let compared = 0;
    let hash = 0;
    for (let at = 0; at < WINDOW - 1 && at < text.length; at++)
      hash = (Math.imul(hash, FACTOR) + text.charCodeAt(at)) | 0;
    for (let at = 0; at <= last; at++) {
      hash = (Math.imul(hash, FACTOR) + text.charCodeAt(at + WINDOW - 1)) | 0;
      const bit = bitOf(hash);
      const begins = ((filter[bit >>> 3] ?? 0) & (1 << (bit & 7))) !== 0;
      if (begins && (compared < MOST_COMPARED || at >= to)) {
        compared += 1;
        const end = at + this.#lengthAt(text, at);
        if (end > at && at > to) {
          if (to >= 0) clean += text.slice(done, from) + MASK;
          done = Math.max(to, 0);
          from = at;
        }
        if (end > at) to = Math.max(to, end);
      }
      hash = (hash - Math.imul(text.charCodeAt(at), WEIGHT)) | 0;
    }
    if (to < 0) return text;
    return `${clean}${text.slice(done, from)}${MASK}${text.slice(to)}`;
  }

  /** How long the longest value is that stands at a place; 0 where none does. */
  #lengthAt(text: string, at: number): number {
    const beginning = text.slice(at, at + WINDOW);
    let group = this.#groups.get(beginning);
    if (group === undefined) return 0;
    if (Array.isArray(group)) {
      group = groupOf(group);
      this.#groups.set(beginning, group);
    }
    const { values, within } = group;
    const here = text.slice(at, at + LONGEST_PIECE);
    // The last value in order that is not behind what stands here: it, or one that it begins with, is the longest.
    let [low, high] = [0, values.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((values[middle] ?? "") <= here) low = middle + 1;
      else high = middle;
    }
    for (let place = low - 1; place >= 0; place = within[place] ?? -1) {
      const value = values[place] ?? "";
      if (here.startsWith(value)) return value.length;
    }
    return 0;
  }
}

/** A value that holds a mask may come about again and again, where a text was made for it. */
const MOST_TURNS = 20;

function bitOf(hash: number): number {
  return (hash ^ (hash >>> 15)) & (BITS - 1);
}

function power(base: number, exponent: number): number {
  let result = 1;
  for (let times = 0; times < exponent; times++) result = Math.imul(result, base);
  return result;
}

/** The last piece is as long as the others, so that it is no word that stands anywhere. */
function piecesOf(value: string): string[] {
  if (value.length <= LONGEST_PIECE) return [value];
  const pieces: string[] = [];
  for (let from = 0; from + LONGEST_PIECE < value.length; from += LONGEST_PIECE)
    pieces.push(value.slice(from, from + LONGEST_PIECE));
  return [...pieces, value.slice(-LONGEST_PIECE)];
}

function groupOf(unordered: readonly string[]): Group {
  const values = [...new Set(unordered)].sort();
  const within: number[] = [];
  // Values that the one before begins with, and that one itself: those that this one does not begin with are done.
  const open: number[] = [];
  for (const [place, value] of values.entries()) {
    while (open.length > 0 && !value.startsWith(values[open.at(-1) ?? 0] ?? "")) open.pop();
    within.push(open.at(-1) ?? -1);
    open.push(place);
  }
  return { values, within };
}
