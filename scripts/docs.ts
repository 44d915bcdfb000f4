/**
 * Writes the tables of docs/inputs.md from action.yml, the meanings in docs/causes.md from the diagnosis, and the tables of
 * docs/signatures.md from the catalogue and its real logs, so that they say the same. What is done about a cause, and what
 * is left to a person, is written by hand in that table: a cause without it is an error.
 * With `--check` it changes nothing and fails when they differ.
 */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { CAUSES } from "../src/diagnosis/diagnosis.ts";
import { AREAS, VERSION } from "../src/diagnosis/signatures/catalogue.ts";
import type { Signature } from "../src/diagnosis/signatures/signature.ts";

interface Described {
  readonly description: string;
  readonly default?: string;
  readonly required?: boolean;
}

const root = join(import.meta.dirname, "..");
const causesByHand = readFileSync(join(root, "docs/causes.md"), "utf8");
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
      new RegExp(`^\\| \`${name}\` \\|[^|\\n]*\\|((?:[^|\\n]*[^|\\s][^|\\n]*\\|){2})$`, "m").exec(
        causesByHand,
      ) ?? [];
    if (byHand === undefined) throw new Error(`docs/causes.md does not say what is done about ${name}`);
    return `| \`${name}\` | ${cell(meaning)} |${byHand}`;
  }),
].join("\n");

/** Which real log proves a signature: the first line of that log says. */
function provedBy(id: string): string {
  const [first = ""] = readFileSync(join(root, `test/diagnosis/signatures/logs/${id}.log`), "utf8").split(
    "\n",
  );
  const [, kind, what = ""] = /^# (fault|source|made): (.+)$/.exec(first) ?? [];
  if (kind === "fault") return `the fault \`${what}\``;
  return kind === "source"
    ? `[${what.replace("https://github.com/", "").replace(/\/(?:issues|pull)\//, "#")}](${what})`
    : what;
}

function rowOf({ id, where, means, advice, cause, kind, remedies, rulesOut, source }: Signature): string {
  const effects = [
    ...(kind === "symptom" ? ["a symptom"] : []),
    ...(remedies.length > 0 ? [`may help: ${remedies.join(", ")}`] : []),
    ...rulesOut.map(({ remedy, why }) => `rules out ${remedy}: ${why}`),
  ].join("; ");
  const cells = [
    `\`${id}\``,
    where.join(", "),
    `${means}. ${advice}`,
    `\`${cause}\``,
    effects,
    source,
    provedBy(id),
  ];
  return `| ${cells.map(cell).join(" | ")} |`;
}

const signatures = [
  `Version ${VERSION}, ${AREAS.flatMap((area) => area.signatures).length} signatures.`,
  ...AREAS.map((area) =>
    [
      `### ${area.about}`,
      "",
      "| signature | in | what it means, and what to do | cause | effect | words from | proved by |",
      "|---|---|---|---|---|---|---|",
      ...area.signatures.map(rowOf),
    ].join("\n"),
  ),
].join("\n\n");

const FILES: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
  ["docs/causes.md", { causes }],
  ["docs/inputs.md", { inputs, outputs }],
  ["docs/signatures.md", { signatures }],
];
for (const [file, tables] of FILES) {
  const before = readFileSync(join(root, file), "utf8");
  const written = Object.entries(tables).reduce((text, [name, table]) => {
    const place = new RegExp(`(<!-- ${name}: [^\\n]*-->\\n)[\\s\\S]*?(<!-- /${name} -->)`);
    if (!place.test(text)) throw new Error(`${file} has no place for the table of ${name}`);
    return text.replace(place, (_, begin: string, end: string) => `${begin}${table}\n${end}`);
  }, before);
  if (!process.argv.includes("--check")) writeFileSync(join(root, file), written);
  else if (written !== before)
    throw new Error(`${file}'s tables differ from their sources: run \`npm run docs\``);
}
