/**
 * A summary as a person sees it on GitHub: rendered, and what stands in its blocks as the button beside them copies it. Tests
 * take commands from here and type them as they are.
 */

import MarkdownIt from "markdown-it";

export interface RenderedBlock {
  /** The heading above it; empty above the first one. */
  readonly heading: string;
  /** What is said right before it, as it reads. */
  readonly before: string;
  /** What is in it, to the byte, without the end of its last line. */
  readonly text: string;
  /** `sh` for what is typed, `text` for the rest. */
  readonly language: string;
}

const renderer = new MarkdownIt({ html: true });

/** All blocks of a page, in order. */
export function blocksIn(markdown: string): RenderedBlock[] {
  const blocks: RenderedBlock[] = [];
  let heading = "";
  let before = "";
  let inHeading = false;
  for (const token of renderer.parse(markdown, {})) {
    if (token.type === "heading_open") inHeading = true;
    if (token.type === "heading_close") inHeading = false;
    if (token.type === "inline") {
      before = readOf(token.children ?? []);
      if (inHeading) heading = before;
    }
    if (token.type === "html_block") before = token.content.replaceAll(/<[^>]*>/g, "").trim();
    if (token.type === "fence" || token.type === "code_block")
      blocks.push({ heading, before, text: token.content.replace(/\n$/, ""), language: token.info.trim() });
  }
  return blocks;
}

/** What a person may type: the blocks of commands. */
export function commandsShown(markdown: string): string[] {
  return blocksIn(markdown).flatMap(({ language, text }) => (language === "sh" ? [text] : []));
}

/**
 * The one block below a heading, or right after a sentence, that holds these words.
 *
 * @throws Error when there is none, or more than one
 */
export function blockAfter(markdown: string, words: string): string {
  const found = blocksIn(markdown).filter(
    ({ heading, before }) => before.includes(words) || heading.includes(words),
  );
  const [only] = found;
  if (only === undefined || found.length > 1)
    throw new Error(`${found.length} blocks after ${JSON.stringify(words)} in\n${markdown}`);
  return only.text;
}

/** All that the page says outside of its blocks, as it reads: a line for each paragraph, heading, item and cell. */
export function readingOf(markdown: string): string {
  return renderer
    .parse(markdown, {})
    .flatMap(({ type, children }) => (type === "inline" ? [readOf(children ?? [])] : []))
    .join("\n");
}

function readOf(tokens: readonly { type: string; content: string }[]): string {
  return tokens
    .map(({ type, content }) => {
      if (type === "softbreak" || type === "hardbreak") return "\n";
      return type === "html_inline" || type.endsWith("_open") || type.endsWith("_close") ? "" : content;
    })
    .join("");
}
