/**
 * Checks action.yml, the workflows and the callers of examples/: against their schemas; by actionlint, which reads every
 * expression and gives every `run:` to shellcheck; and by zizmor, which looks for ways in which they could be attacked.
 */

import { spawnSync } from "node:child_process";
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { type ValidationState, validateAction, validateWorkflow } from "@action-validator/core";

const root = join(import.meta.dirname, "..");
const ours = globSync(".github/workflows/*.yml", { cwd: root });
const callers = globSync("examples/*.yml", { cwd: root });
const workflows = [...ours, ...callers];
/** Where .ci/tools puts them: its own versions come first. */
const PATH = [
  join(homedir(), ".local/share/odoo-recover/zizmor/bin"),
  process.env.PATH,
  join(homedir(), "go/bin"),
].join(delimiter);
/** Without network, and with every check, those of an auditor as well. */
const STRICTEST = ["--offline", "--persona=auditor", "--quiet"];
const read = (file: string): string => readFileSync(join(root, file), "utf8");

// The newest schema in the package is from before Node 24.
const action = validateAction(read("action.yml").replace(/^ {2}using: node24$/m, "  using: node20"));
const wrong = [
  ...said("action.yml", action),
  ...workflows.flatMap((file) => said(file, validateWorkflow(read(file)))),
];
for (const line of wrong) console.error(line);

const sound = [
  wrong.length === 0,
  passes("actionlint", workflows, root),
  passes("zizmor", [...STRICTEST, "action.yml", ...ours], root),
  filledIn((folder) => passes("zizmor", [...STRICTEST, ...callers], folder)),
];
process.exitCode = sound.every(Boolean) ? 0 : 1;

/** Runs a checker on files of a folder. @throws when it is not installed */
function passes(program: string, args: readonly string[], cwd: string): boolean {
  const { error, status } = spawnSync(program, args, {
    cwd,
    stdio: "inherit",
    env: { ...process.env, PATH },
  });
  if (error !== undefined)
    throw new Error(`${program} is not installed: run \`.ci/tools\`, which installs it`, { cause: error });
  return status === 0;
}

/** A folder with the callers as a user fills them in, with a commit: their placeholder is no pinned version. */
function filledIn<T>(check: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), "odoo-recover-callers-"));
  try {
    for (const file of callers) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), read(file).replaceAll("@COMMIT", `@${"0123456789".repeat(4)}`));
    }
    return check(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function said(file: string, { errors }: ValidationState): string[] {
  return errors.map((error) => `${file} is not valid: ${JSON.stringify(error)}`);
}
