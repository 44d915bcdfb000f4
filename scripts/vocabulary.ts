/**
 * Collects the words that the action says: from the strings and templates of its source, and from what its programs for a
 * host print. scripts/docs.ts writes them into src/redaction/vocabulary.txt, where the redactor reads them.
 */

import { globSync, readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { join } from "node:path";
import { parse } from "acorn";

const source = join(import.meta.dirname, "../src");
/** Of the redactor's own lists nothing is ever said. */
const NOT_SAID = "redaction/";

/** Several words that stand for one thing: a status, a cause, a remedy, a signature. */
const TERM = /^[a-z0-9]+(?:-[a-z0-9]+)+$/;

/** @returns the text of vocabulary.txt: a line for each term, each word, and what stands between words */
export function vocabulary(): string {
  const said = [
    ...globSync("**/*.ts", { cwd: source })
      .filter((file) => !file.startsWith(NOT_SAID))
      .flatMap((file) => textsOf(readFileSync(join(source, file), "utf8"))),
    ...globSync("**/*.{sh,py,sql}", { cwd: source }).flatMap((file) =>
      stringsOf(readFileSync(join(source, file), "utf8")),
    ),
  ];
  const terms = said.filter((text) => TERM.test(text));
  const words = said.flatMap((text) => text.match(/[A-Za-z0-9]+/g) ?? []);
  // What stands between words, as JSON.
  const signs = said
    .flatMap((text) => text.match(/[^A-Za-z0-9]+/g) ?? [])
    .map((sign) => JSON.stringify(sign));
  const ordered = [...new Set([...terms, ...words, ...signs])].sort();
  return `# The action's own words, never masked: written by \`npm run docs\` from the source.\n${ordered.join("\n")}\n`;
}

/** Strings, pieces of templates, and the keys of objects, which name causes and remedies. */
function textsOf(code: string): string[] {
  const texts: string[] = [];
  const visit = (node: unknown): void => {
    if (Array.isArray(node)) for (const each of node) visit(each);
    if (typeof node !== "object" || node === null || !("type" in node)) return;
    const { type, value, source: imported, key, ...rest } = node as Record<string, unknown>;
    // The sources of expressions are not said either.
    if (type === "TaggedTemplateExpression") return;
    if (type === "Literal" && typeof value === "string") texts.push(value);
    if (type === "TemplateElement") texts.push((value as { cooked?: string; raw: string }).cooked ?? "");
    if (type === "Property" && isIdentifier(key)) texts.push(key.name);
    else visit(key);
    // Paths of modules are not said.
    if (!/^(?:Import|Export)/.test(String(type))) visit(imported);
    if (typeof value === "object") visit(value);
    for (const each of Object.values(rest)) visit(each);
  };
  visit(parse(stripTypeScriptTypes(code), { ecmaVersion: "latest", sourceType: "module" }));
  return texts;
}

function isIdentifier(node: unknown): node is { name: string } {
  return typeof node === "object" && node !== null && "name" in node && typeof node.name === "string";
}

/** What stands in quotes, in a language that is not JavaScript. */
function stringsOf(code: string): string[] {
  return [...code.matchAll(/"([^"\n]*)"|'([^'\n]*)'/g)].map(([, double, single]) => double ?? single ?? "");
}
