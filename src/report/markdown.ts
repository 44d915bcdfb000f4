/** Text that was seen on a host, made harmless inside Markdown: the runner does not escape a summary. */

/** One line of plain text: no markup, no links, no table borders, no line ends. */
export function plain(text: string): string {
  return text
    .replaceAll(/\s+/g, " ")
    .trim()
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll(/[\\`*_[\]|#~!]/g, (character) => `&#${character.charCodeAt(0)};`)
    .replaceAll(/(https?):\/\//g, "$1&#58;//");
}

/** Our own words: as `plain`, with what stands between backticks as code. */
export function prose(text: string): string {
  return plain(text).replaceAll(/&#96;(.*?)&#96;/g, "<code>$1</code>");
}

/** A block of text as it is. */
export function block(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}text\n${text.replace(/\n+$/, "")}\n${fence}`;
}

/** Text as code in a line: `<code>` takes any character once it is escaped. */
export function code(text: string): string {
  return `<code>${plain(text)}</code>`;
}
