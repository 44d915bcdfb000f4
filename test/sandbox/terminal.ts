/**
 * Our job summaries, readable in a terminal: headings, tables, lists, code, bold. Only what `report/summary.ts` writes;
 * a Markdown library would be ten times the size of the sandbox's own page.
 */

import { stripVTControlCharacters, styleText } from "node:util";

/** @returns the same text without markup, in lines for a terminal */
export function forTerminal(markdown: string): string {
  const shown: string[] = [];
  let table: string[][] = [];
  let fenced = false;
  const endTable = (): void => {
    const widths = (table[0] ?? []).map((_, column) =>
      Math.max(...table.map((row) => width(row[column] ?? ""))),
    );
    for (const row of table) {
      const cells = row.map((cell, column) =>
        column === row.length - 1 ? cell : cell + " ".repeat((widths[column] ?? 0) - width(cell)),
      );
      shown.push(`  ${cells.join("   ")}`.trimEnd());
    }
    table = [];
  };
  for (const line of markdown.split("\n")) {
    const isRow = !fenced && line.startsWith("|");
    if (!isRow) endTable();
    if (line.trimStart().startsWith("```")) {
      fenced = !fenced;
    } else if (fenced) {
      shown.push(styleText("dim", `    ${line}`));
    } else if (isRow) {
      const cells = line
        .slice(1, -1)
        .split("|")
        .map((cell) => inline(cell.trim()));
      if (!cells.every((cell) => /^-*$/.test(cell)) || cells.every((cell) => cell === "")) table.push(cells);
    } else if (line.startsWith("#")) {
      shown.push(styleText("bold", inline(line.replace(/^#+ /, ""))));
    } else {
      const words = inline(line.replaceAll(/<\/?(?:details|summary)>/g, ""));
      shown.push(words.replace(/^- /, "  • "));
    }
  }
  endTable();
  return shown
    .join("\n")
    .replaceAll(/\n{3,}/g, "\n\n")
    .trim();
}

function inline(text: string): string {
  return text
    .replaceAll(/<code>(.*?)<\/code>/g, (_, code) => styleText("cyan", code))
    .replaceAll(/\*\*(.*?)\*\*/g, (_, bold) => styleText("bold", bold))
    .replaceAll("&nbsp;", " ")
    .replaceAll(/&#(\d+);/g, (_, number) => String.fromCodePoint(Number(number)))
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&");
}

/** Columns that a text takes: signs such as 🟢 take two. */
function width(text: string): number {
  return [...stripVTControlCharacters(text)].reduce(
    (sum, character) => sum + (/\p{Emoji_Presentation}/u.test(character) ? 2 : 1),
    0,
  );
}
