/**
 * Writes README.md's tables of inputs and outputs from action.yml, so that both say the same.
 * With `--check` it changes nothing and fails when they differ.
 */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";

interface Described {
  readonly description: string;
  readonly default?: string;
  readonly required?: boolean;
}

const root = join(import.meta.dirname, "..");
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

const path = join(root, "README.md");
const readme = readFileSync(path, "utf8");
const written = [
  ["inputs", inputs],
  ["outputs", outputs],
].reduce(
  (text, [name, table]) =>
    text.replace(new RegExp(`(<!-- ${name}: [^\\n]*-->\\n)[\\s\\S]*?(<!-- /${name} -->)`), `$1${table}\n$2`),
  readme,
);
if (process.argv.includes("--check")) {
  if (written !== readme) throw new Error("README.md's tables differ from action.yml: run `npm run docs`");
} else {
  writeFileSync(path, written);
}
