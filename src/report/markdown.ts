/** Text that was seen on a host, made harmless inside Markdown: the runner does not escape a summary. */

import { isTypable } from "../host/typed.ts";
import { withoutEnd } from "../strings.ts";

/**
 * One line of plain text: no markup, no links, no mentions and references, no formulas, no table borders, no line ends,
 * nothing invisible.
 */
export function plain(text: string): string {
  return unlinked(escaped(text));
}

/**
 * GitHub looks for `@name`, `#1`, `owner/name#1` and `GH-1` after it has read the entities, hence the zero-width space. It
 * does not in code, which a person may copy.
 */
function unlinked(markup: string): string {
  return markup.replaceAll("@", "@\u200b").replaceAll(/(&#35;|\bgh-)(?=\d)/gi, "$1\u200b");
}

function escaped(text: string): string {
  return (
    clipped(text, 1_000)
      .replaceAll(/\s+/g, " ")
      .trim()
      // What terminals obey, and what turns the direction of writing around.
      .replaceAll(/[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, "")
      .replaceAll("&", "&amp;")
      .replaceAll("<", "&lt;")
      .replaceAll(">", "&gt;")
      .replaceAll(/[\\`*_[\]|#~!$]/g, entity)
      // At the beginning of a line these make a list, or the line before it a heading.
      .replace(/^(\d{1,9})([.)])/, (_, number: string, mark: string) => `${number}${entity(mark)}`)
      .replace(/^[-+=]/, entity)
      .replaceAll("://", "&#58;//")
      .replaceAll(/\b(www)\./gi, "$1&#46;")
  );
}

const entity = (character: string): string => `&#${character.charCodeAt(0)};`;

/** Our own words: as `plain`, with what stands between backticks as code. */
export function prose(text: string): string {
  return escaped(text)
    .split(/&#96;(.*?)&#96;/)
    .map((piece, index) => (index % 2 === 1 ? `<code>${piece}</code>` : unlinked(piece)))
    .join("");
}

/** A block of text as it is; of a long one, its beginning. */
export function block(text: string): string {
  return fenced(withoutEnd(clipped(text, 20_000), "\n"), "text");
}

/**
 * What a person types or copies, as it is to the byte and never cut: in a block, which GitHub shows with a button that copies
 * it. Instead of what nobody should type, says so.
 */
export function command(text: string): string {
  return isTypable(text)
    ? fenced(text, "sh")
    : "(No command is shown: a name in it is too long, or holds characters that cannot be seen. Look at it on the droplet.)";
}

/** The same for a value that a person copies: a path, a checksum, a line for the workflow. */
export function exactly(text: string): string {
  return isTypable(text)
    ? fenced(text, "text")
    : "(It is not shown: it is too long, or holds characters that cannot be seen.)";
}

function fenced(text: string, language: "sh" | "text"): string {
  const longest = text.match(/`+/g)?.reduce((most, ticks) => Math.max(most, ticks.length), 2) ?? 2;
  const fence = "`".repeat(longest + 1);
  return `${fence}${language}\n${text}\n${fence}`;
}

/** A block as a part of an item of a list. */
export function indented(markdown: string, by: number): string {
  return markdown.replaceAll(/^/gm, " ".repeat(by));
}

/** The beginning of a text, which says how much is missing. */
function clipped(text: string, most: number): string {
  return text.length <= most
    ? text
    : `${text.slice(0, most).toWellFormed()}… (${text.length - most} more characters)`;
}

/** Text as code in a line: `<code>` takes any character once it is escaped, and GitHub looks for no mention in it. */
export function code(text: string): string {
  return `<code>${escaped(text)}</code>`;
}
