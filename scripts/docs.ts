/**
 * Writes the tables of docs/inputs.md from action.yml, those of docs/workflows.md from the workflows, the meanings in docs/causes.md from the diagnosis, and the tables of
 * docs/signatures.md from the catalogue and its real logs, so that they say the same. What is done about a cause, and what
 * is left to a person, is written by hand in that table: a cause without it is an error.
 * The action's own words, which the redactor leaves alone, are written as well (vocabulary.ts).
 * With `--check` it changes nothing and fails when they differ.
 */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { CAUSES } from "../src/diagnosis/cause.ts";
import { AREAS, VERSION } from "../src/diagnosis/signatures/catalogue.ts";
import type { Signature } from "../src/diagnosis/signatures/signature.ts";
import { vocabulary } from "./vocabulary.ts";

interface Described {
  readonly description: string;
  readonly default?: string | number | boolean;
  readonly required?: boolean;
}

/** Of an input that is passed to the action as it is, a workflow says no more than its default. */
type Passed = Omit<Described, "description">;

const root = join(import.meta.dirname, "..");
const causesByHand = readFileSync(join(root, "docs/causes.md"), "utf8");
const action: { inputs: Record<string, Described>; outputs: Record<string, Described> } = parse(
  readFileSync(join(root, "action.yml"), "utf8"),
);

const cell = (text: string): string => text.replaceAll("|", "\\|");
const tableOfInputs = (all: Readonly<Record<string, Described>>): string =>
  [
    "| input | default | what it is |",
    "|---|---|---|",
    ...Object.entries(all).map(([name, { required, default: given, description }]) => {
      const value = required ? "**required**" : given === undefined ? "" : `\`${given}\``;
      return `| \`${name}\` | ${value} | ${cell(description)} |`;
    }),
  ].join("\n");
const tableOf = (what: string, all: Readonly<Record<string, Described>>): string =>
  [
    `| ${what} | what it is |`,
    "|---|---|",
    ...Object.entries(all).map(([name, { description }]) => `| \`${name}\` | ${cell(description)} |`),
  ].join("\n");

const inputs = tableOfInputs(action.inputs);
const outputs = tableOf("output", action.outputs);

/** What a reusable workflow takes: its own inputs in a table, and the names of those that are the action's. */
function workflow(name: string): { inputs: string; secrets: string } {
  const { on } = parse(readFileSync(join(root, `.github/workflows/${name}.yml`), "utf8"));
  const all: Record<string, Described | Passed> = on.workflow_call.inputs;
  const own = Object.entries(all).filter((entry): entry is [string, Described] => "description" in entry[1]);
  const passed = Object.keys(all).filter((input) => !own.some(([each]) => each === input));
  const rest = `And these of the action, with its defaults: ${passed.map((input) => `\`${input}\``).join(", ")}.`;
  return {
    inputs: `${tableOfInputs(Object.fromEntries(own))}\n\n${rest}`,
    secrets: tableOf("secret", on.workflow_call.secrets),
  };
}
const button = workflow("recover-production");
const workflows = {
  "recover-production": button.inputs,
  "smoke-and-heal": workflow("smoke-and-heal").inputs,
  "health-check": workflow("health-check").inputs,
  secrets: button.secrets,
};
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
  ["docs/workflows.md", workflows],
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

const WORDS = "src/redaction/vocabulary.txt";
if (!process.argv.includes("--check")) writeFileSync(join(root, WORDS), vocabulary());
else if (readFileSync(join(root, WORDS), "utf8") !== vocabulary())
  throw new Error(`${WORDS} differs from the source: run \`npm run docs\``);
