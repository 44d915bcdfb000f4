/**
 * Writes README.md's tables of inputs and outputs from action.yml, and the meanings in its table of causes from the
 * diagnosis, so that both say the same. What is done about a cause, and what is left to a person, is written by hand in
 * that table: a cause without it is an error.
 * With `--check` it changes nothing and fails when they differ.
 */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { CAUSES } from "../src/diagnosis/diagnosis.ts";

interface Described {
  readonly description: string;
  readonly default?: string;
  readonly required?: boolean;
}

const root = join(import.meta.dirname, "..");
const path = join(root, "README.md");
const readme = readFileSync(path, "utf8");
const action: { inputs: Record<string, Described>; outputs: Record<string, Described> } = parse(
  readFileSync(join(root, "action.yml"), "utf8"),
);

const cell = (text: string): string => text.replaceAll("|", "\\|");
const inputs = [
  "| input | default | what it is |",
  "|---|---|---|",
  ...Object.entries(action.inputs).map(([name, input]) => {
    const value = input.required ? "**required**" : input.default === undefined ? "" : `\`${input.default}\``;
    return `| \`${name}\` | ${value} | ${cell(input.description)} |`;
  }),
].join("\n");
const outputs = [
  "| output | what it is |",
  "|---|---|",
  ...Object.entries(action.outputs).map(([name, output]) => `| \`${name}\` | ${cell(output.description)} |`),
].join("\n");
const causes = [
  "| cause | what it means | what is done | what is left to a person |",
  "|---|---|---|---|",
  ...Object.entries(CAUSES).map(([name, meaning]) => {
    const [, byHand] =
      new RegExp(`^\\| \`${name}\` \\|[^|\\n]*\\|((?:[^|\\n]*[^|\\s][^|\\n]*\\|){2})$`, "m").exec(readme) ??
      [];
    if (byHand === undefined)
      throw new Error(`README.md's table of causes does not say what is done about ${name}`);
    return `| \`${name}\` | ${cell(meaning)} |${byHand}`;
  }),
].join("\n");

const written = Object.entries({ causes, inputs, outputs }).reduce((text, [name, table]) => {
  const place = new RegExp(`(<!-- ${name}: [^\\n]*-->\\n)[\\s\\S]*?(<!-- /${name} -->)`);
  if (!place.test(text)) throw new Error(`README.md has no place for the table of ${name}`);
  return text.replace(place, (_, begin: string, end: string) => `${begin}${table}\n${end}`);
}, readme);
if (process.argv.includes("--check")) {
  if (written !== readme)
    throw new Error("README.md's tables differ from action.yml or from the causes: run `npm run docs`");
} else {
  writeFileSync(path, written);
}
