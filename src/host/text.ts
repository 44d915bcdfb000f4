/**
 * Where bytes of a host become text. The host may be in an attacker's hands, so its text is cleaned here, once, before any
 * expression, log or report sees it: lines have a bounded length, and nothing is left that a terminal obeys or that makes
 * a reader see another line than there is.
 */

import { oneLine } from "../lib/line.ts";

/** The most characters of one line; what is beyond them is cut off, and counted. */
export const MOST_LINE = 16_384;

/**
 * What a terminal obeys, of ECMA-48: control sequences (CSI), strings (OSC, DCS, SOS, PM, APC) up to their terminator, and
 * the short escapes. A string without a terminator before the next control character loses its introducer only: otherwise
 * it would hide the text behind it.
 */
const SEQUENCES =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\0-\x1f\x7f-\x9f]*(?:\x07|\x1b\\|\x9c)|\x1b[ -/]*[0-~]/g;

/**
 * Control characters but tab and line feed, which takes lone carriage returns along; U+2028 and U+2029, which JavaScript
 * takes for ends of lines; and the bidirectional controls (U+061C, U+200E, U+200F, U+202A to U+202E, U+2066 to U+2069):
 * they can show a line in another order than that of its characters (CVE-2021-42574), and letters of every language are
 * shown in their order without them.
 */
const UNWANTED =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** Text in which nothing is unwanted: printable ASCII, as nearly all text of a host is. */
const PLAIN = /^[\t\n -~]*$/;

/** @returns the bytes as text, as it came: only for a JSON document, whose strings are cleaned when it has been read */
export function decoded(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

/** @returns the bytes as text, cleaned; what is no UTF-8 becomes U+FFFD */
export function textOf(bytes: Uint8Array): string {
  return cleanText(decoded(bytes));
}

/** @returns the text without what is unwanted, its lines at most `MOST_LINE` characters long (and the words that say so) */
export function cleanText(text: string): string {
  if (text.length <= MOST_LINE && PLAIN.test(text)) return text;
  return withoutUnwanted(withShortLines(text));
}

/** @returns a page or another text that is not made of lines, cleaned, at most so many characters of it */
export function cleanPage(text: string, most: number): string {
  return withoutUnwanted(text.slice(0, most));
}

/**
 * Words of a host as one line.
 *
 * @param most characters, the last of which is `…` where there were more
 */
export function lineOf(text: string, most = 200): string {
  return oneLine(text.slice(0, MOST_LINE).replaceAll(SEQUENCES, "").trim(), most);
}

/** Cleans text that comes in pieces, of which a line, a sequence or a character may be cut in two. */
export class TextReader {
  readonly #decoder = new TextDecoder();
  /** The beginning of a line whose end has not come, and how many characters of it were left out. */
  #line = "";
  #missing = 0;

  /** @returns the lines that are whole by now */
  push(bytes: Uint8Array): string {
    return this.#take(this.#decoder.decode(bytes, { stream: true }));
  }

  /** @returns the last line, where it had no line feed */
  end(): string {
    return this.#take(this.#decoder.decode()) + this.#close();
  }

  #take(text: string): string {
    const first = text.indexOf("\n");
    if (first < 0) {
      this.#hold(text);
      return "";
    }
    this.#hold(text.slice(0, first));
    const last = text.lastIndexOf("\n");
    const whole = `${this.#close()}\n${cleanText(text.slice(first + 1, last + 1))}`;
    this.#hold(text.slice(last + 1));
    return whole;
  }

  #hold(text: string): void {
    const room = MOST_LINE - this.#line.length;
    this.#line += text.slice(0, room);
    this.#missing += Math.max(0, text.length - room);
  }

  #close(): string {
    const line = withoutUnwanted(shortened(this.#line, this.#missing));
    this.#line = "";
    this.#missing = 0;
    return line;
  }
}

function withoutUnwanted(text: string): string {
  return text.replaceAll(SEQUENCES, "").replaceAll(UNWANTED, "").toWellFormed();
}

function withShortLines(text: string): string {
  const kept: string[] = [];
  let start = 0;
  for (let at = 0; at <= text.length; ) {
    const feed = text.indexOf("\n", at);
    const end = feed < 0 ? text.length : feed;
    if (end - at > MOST_LINE) {
      kept.push(text.slice(start, at), shortened(text.slice(at, at + MOST_LINE), end - at - MOST_LINE));
      start = end;
    }
    at = end + 1;
  }
  return kept.length === 0 ? text : kept.join("") + text.slice(start);
}

function shortened(line: string, missing: number): string {
  return missing === 0 ? line : `${line} [${missing} more characters]`;
}
