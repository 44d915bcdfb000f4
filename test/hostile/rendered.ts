/**
 * What a reader sees of a job summary: rendered as GitHub does, with raw HTML, tables and bare addresses, and looked
 * through for anything that is not ours. An emoji by its code is let pass: the same picture may stand there as a character.
 */

import MarkdownIt, { type Token } from "markdown-it";

/** Stands in the words of every attack that wants to be rendered. */
export const MARK = /pwn/i;

const github = new MarkdownIt({ html: true, linkify: true });
// GitHub links what begins with www. or has a scheme, and addresses of mail (`#words` looks for them); not every word
// with a dot in it, as this one would.
github.linkify.set({ fuzzyLink: false, fuzzyEmail: false });
// Joined, an escaped character could not be told from one that is markup.
github.core.ruler.disable("text_join");

/** The only tags that the summary has, and none with an attribute. */
const OUR_TAGS = /^<\/?(?:details|summary|code)>$/;
/** The only address to which the summary may link. */
const OUR_LINKS = /^https:\/\/github\.com\/acme\/shop\//;
/** Languages in which GitHub draws a fenced block instead of showing it. */
const DRAWN = /^(?:mermaid|math|geojson|topojson|stl)\b/i;

/** @returns what is wrong, a line each */
export function complaintsOfSummary(markdown: string): string[] {
  const env: NonNullable<Parameters<typeof github.parse>[1]> = {};
  const tokens = github.parse(markdown, env);
  const reading = new Reading(markdown.split(/\r\n|\r|\n/));
  for (const token of tokens) reading.block(token);
  return [
    ...reading.end(),
    ...(Object.keys(env.references ?? {}).length > 0 ? ["summary: it defines a link reference"] : []),
    ...invisible("summary", markdown),
    ...(markdown.length > 1_048_576 ? ["summary: it is longer than GitHub shows"] : []),
  ];
}

/** What turns the direction of writing around, ends a line that should not end, or is obeyed by a terminal. */
export function invisible(where: string, text: string): string[] {
  const found = /[^\P{Cc}\t\n]|[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/u.exec(text);
  if (found === null) return [];
  const code = (found[0].codePointAt(0) ?? 0).toString(16).padStart(4, "0");
  return [`${where}: it has a U+${code} in ${excerpt(text.slice(Math.max(0, found.index - 30)))}`];
}

export function excerpt(text: string): string {
  return JSON.stringify(text.slice(0, 100));
}

class Reading {
  readonly #lines: readonly string[];
  readonly #complaints: string[] = [];
  readonly #open: string[] = [];
  readonly #headings: string[] = [];
  #heading: string | undefined;
  #summary = "";

  constructor(lines: readonly string[]) {
    this.#lines = lines;
  }

  block(token: Token): void {
    const lines = this.#lines.slice(...(token.map ?? [0, 0]));
    switch (token.type) {
      case "heading_open":
        this.#heading = token.tag;
        break;
      case "heading_close":
        this.#heading = undefined;
        break;
      case "inline":
        this.#inline(token);
        break;
      case "html_block":
        this.#html(token.content);
        break;
      case "fence":
        if (DRAWN.test(token.info)) this.#complain(`a ${token.info} is drawn`);
        // One in a list is indented.
        if (lines.at(-1)?.trimStart().startsWith(token.markup) !== true)
          this.#complain("a fenced block has no end");
        break;
      case "table_open":
        this.#table(lines);
        break;
      case "code_block":
      case "blockquote_open":
      case "hr":
        this.#complain(`it has a ${token.type}: ${excerpt(lines.join("\n"))}`);
        break;
    }
  }

  end(): readonly string[] {
    if (this.#open.length > 0) this.#complain(`these are not closed: ${this.#open.join(" ")}`);
    if (this.#headings.filter((tag) => tag === "h2").length !== 1)
      this.#complain(`it has not one heading of the second level: ${this.#headings.join(" ")}`);
    const others = this.#headings.filter((tag) => tag !== "h2" && tag !== "h3");
    if (others.length > 0) this.#complain(`it has headings of other levels: ${others.join(" ")}`);
    return this.#complaints;
  }

  #complain(what: string): void {
    this.#complaints.push(`summary: ${what}`);
  }

  #inline({ children }: Token): void {
    // As markup, an escaped character is none; as words, it is what it stands for.
    let [markup, words] = ["", ""];
    const depth = this.#open.length;
    for (const token of children ?? []) {
      const inCode = this.#open.includes("code");
      if (token.type === "text" || token.type === "text_special") {
        if (this.#open.includes("summary")) this.#summary += token.content;
        if (inCode) continue;
        words += token.content;
        markup += token.type === "text" ? token.content : "\ue000";
      } else if (token.type === "html_inline") {
        this.#tag(token.content);
      } else if (token.type === "image") {
        this.#complain(`it shows an image: ${excerpt(String(token.attrGet("src")))}`);
      } else if (token.type === "link_open") {
        const href = String(token.attrGet("href"));
        if (!OUR_LINKS.test(href)) this.#complain(`it links to ${excerpt(href)}`);
      } else if (token.type === "softbreak" || token.type === "hardbreak") {
        words += "\n";
        markup += "\n";
      } else if (/^(?:strong|em|s)_open$/.test(token.type) && children !== null) {
        const inside = children.slice(children.indexOf(token)).find(({ type }) => type === "text");
        if (MARK.test(inside?.content ?? ""))
          this.#complain(`${token.type}: ${excerpt(inside?.content ?? "")}`);
      }
    }
    if (this.#open.length > depth && this.#open.at(-1) === "code") this.#complain("a <code> is not closed");
    if (this.#heading !== undefined) {
      this.#headings.push(this.#heading);
      if (this.#heading !== "h2" && MARK.test(words))
        this.#complain(`a heading of theirs: ${excerpt(words)}`);
    }
    this.#words(words, markup);
  }

  /** What GitHub makes of words when the markup has been read. */
  #words(words: string, markup: string): void {
    const mention = /(?:^|[^\w/`])@[A-Za-z0-9]|[\w.+-]@[\w-]+\.\w/.exec(words);
    if (mention) this.#complain(`it mentions somebody: ${excerpt(words.slice(mention.index))}`);
    const issue = /(?:^|[\s([{:])(?:GH-|#)31337\b/.exec(words);
    if (issue) this.#complain(`it refers to an issue: ${excerpt(words.slice(issue.index))}`);
    const found = /\bwww\.\w|\[\^\w+\]|\$`|\$\$|\$[^\s$][^$\n]*pwn[^$\n]*\$/i.exec(markup);
    if (found) this.#complain(`an address, a footnote or a formula: ${excerpt(markup.slice(found.index))}`);
  }

  #html(content: string): void {
    for (const [piece] of content.matchAll(/<[^>]*>|[^<]+|</g)) {
      if (piece.startsWith("<")) this.#tag(piece);
      else if (this.#open.includes("summary")) this.#summary += piece;
      else if (!this.#open.includes("code") && MARK.test(piece))
        this.#complain(`raw HTML of theirs: ${excerpt(piece)}`);
    }
  }

  #tag(tag: string): void {
    if (!OUR_TAGS.test(tag)) {
      this.#complain(`it has the tag ${excerpt(tag)}`);
      return;
    }
    const name = tag.replaceAll(/[</>]/g, "");
    if (!tag.startsWith("</")) {
      if (name === "summary") this.#summary = "";
      this.#open.push(name);
      return;
    }
    if (this.#open.pop() !== name) this.#complain(`${tag} closes what is not open`);
    if (name === "summary" && MARK.test(this.#summary.replaceAll(/odoo-recover-[\w-]+/g, "")))
      this.#complain(`a fold of theirs: ${excerpt(this.#summary)}`);
  }

  /** A renderer drops the cells that are too many: so they are counted where they are written. */
  #table(lines: readonly string[]): void {
    const cells = (line: string): number => line.replaceAll(/\\\|/g, "").split("|").length;
    const [header = ""] = lines;
    for (const line of lines)
      if (cells(line) !== cells(header)) this.#complain(`a table's row is broken: ${excerpt(line)}`);
  }
}
