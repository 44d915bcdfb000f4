/** Text that was seen on a host, made harmless inside Markdown: the runner does not escape a summary. */

/** One line of plain text: no markup, no links, no mentions, no table borders, no line ends, nothing invisible. */
export function plain(text: string): string {
  return (
    clipped(text, 1_000)
      .replaceAll(/\s+/g, " ")
      .trim()
      // What terminals obey, and what turns the direction of writing around.
      .replaceAll(/[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, "")
      .replaceAll("&", "&amp;")
      .replaceAll("<", "&lt;")
      .replaceAll(">", "&gt;")
      .replaceAll(/[\\`*_[\]|#~!]/g, entity)
      // At the beginning of a line these make a list, or the line before it a heading.
      .replace(/^(\d{1,9})([.)])/, (_, number: string, mark: string) => `${number}${entity(mark)}`)
      .replace(/^[-+=]/, entity)
      .replaceAll("://", "&#58;//")
      .replaceAll(/\b(www)\./gi, "$1&#46;")
      // GitHub looks for mentions after it has read the entities, hence the zero-width space.
      .replaceAll("@", "@\u200b")
  );
}

const entity = (character: string): string => `&#${character.charCodeAt(0)};`;

/** Our own words: as `plain`, with what stands between backticks as code. */
export function prose(text: string): string {
  return plain(text).replaceAll(/&#96;(.*?)&#96;/g, "<code>$1</code>");
}

/** A block of text as it is; of a long one, its beginning. */
export function block(text: string): string {
  const shown = clipped(text, 20_000).replace(/\n+$/, "");
  const longest = shown.match(/`+/g)?.reduce((most, ticks) => Math.max(most, ticks.length), 2) ?? 2;
  const fence = "`".repeat(longest + 1);
  return `${fence}text\n${shown}\n${fence}`;
}

/** The beginning of a text, which says how much is missing. */
function clipped(text: string, most: number): string {
  return text.length <= most
    ? text
    : `${text.slice(0, most).toWellFormed()}… (${text.length - most} more characters)`;
}

/** Text as code in a line: `<code>` takes any character once it is escaped. */
export function code(text: string): string {
  return `<code>${plain(text)}</code>`;
}
