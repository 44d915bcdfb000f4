/**
 * Checks action.yml, the workflows and the callers of examples/: against their schemas, and the workflows by actionlint as
 * well, which reads every expression and gives every `run:` to shellcheck.
 */

import { spawnSync } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { type ValidationState, validateAction, validateWorkflow } from "@action-validator/core";

const root = join(import.meta.dirname, "..");
const workflows = [".github/workflows/*.yml", "examples/*.yml"].flatMap((pattern) =>
  globSync(pattern, { cwd: root }),
);
const read = (file: string): string => readFileSync(join(root, file), "utf8");

// The newest schema in the package is from before Node 24.
const action = validateAction(read("action.yml").replace(/^ {2}using: node24$/m, "  using: node20"));
const wrong = [
  ...said("action.yml", action),
  ...workflows.flatMap((file) => said(file, validateWorkflow(read(file)))),
];
for (const line of wrong) console.error(line);

const lint = spawnSync("actionlint", workflows, {
  cwd: root,
  stdio: "inherit",
  env: { ...process.env, PATH: [process.env.PATH, join(homedir(), "go/bin")].join(delimiter) },
});
if (lint.error !== undefined)
  throw new Error("actionlint is not installed: run `.ci/tools`, which needs Go", { cause: lint.error });
process.exitCode = wrong.length > 0 || lint.status !== 0 ? 1 : 0;

function said(file: string, { errors }: ValidationState): string[] {
  return errors.map((error) => `${file} is not valid: ${JSON.stringify(error)}`);
}
