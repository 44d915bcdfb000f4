/**
 * The long run, which can be cut off and started again: what passed with these very sources is not run again. Results go
 * to test/results/long.jsonl, which is committed. `--again` runs everything. Two files go side by side, each on a droplet
 * of its own.
 */

import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import type { LongResult } from "./long-reporter.ts";

const root = join(import.meta.dirname, "..");
const results = join(root, "test/results/long.jsonl");
const vitest = join(root, "node_modules/.bin/vitest");
const git = (...args: string[]): string => execFileSync("git", args, { cwd: root, encoding: "utf8" }).trim();

/** What the results are of: the sources and the tests as they are committed. */
const key = ["src", "test/droplet", "test/sandbox"]
  .map((folder) => git("rev-parse", "--short=12", `HEAD:${folder}`))
  .join("-");
if (git("status", "--porcelain", "--", "src", "test/droplet", "test/sandbox") !== "")
  console.warn("There are changes that are not committed: what passes now counts for the commit.");

const listed = JSON.parse(
  execFileSync(vitest, ["list", "--project", "long", "--json"], { cwd: root, encoding: "utf8" }),
) as { readonly name: string; readonly file: string }[];
const known: LongResult[] = existsSync(results)
  ? readFileSync(results, "utf8")
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line))
  : [];
const ours = process.argv.includes("--again") ? [] : known.filter((result) => result.key === key);
// Of older sources nothing is kept: the file says what holds now.
writeFileSync(results, ours.map((result) => `${JSON.stringify(result)}\n`).join(""));

const passed = new Set(ours.filter(({ outcome }) => outcome === "passed").map(({ test }) => test));
const open = listed.filter(({ name }) => !passed.has(name));
console.log(`${listed.length} tests, ${passed.size} of them passed already with these sources`);

/** Droplets that are called as those of the end-to-end suite, so that they need not be made again. */
const DROPLETS = ["droplet", "droplet-2"] as const;

/** The end-to-end suite's files first: what they find is of most use. */
const queue = [...new Set(open.map((test) => test.file))].sort(
  (a, b) => Number(a.includes(".long.")) - Number(b.includes(".long.")),
);
const failed: string[] = [];
await Promise.all(
  DROPLETS.map(async (droplet) => {
    for (let file = queue.shift(); file !== undefined; file = queue.shift())
      if ((await run(file, droplet)) !== 0) failed.push(relative(root, file));
  }),
);
console.log(failed.length === 0 ? "All passed" : `Not all passed in:\n${failed.join("\n")}`);
process.exitCode = failed.length === 0 ? 0 : 1;

/** What is open in this file -> the exit code; null where it was killed. */
async function run(file: string, droplet: string): Promise<number | null> {
  const names = open.filter((test) => test.file === file).map(({ name }) => spoken(name));
  const run = spawn(
    vitest,
    [
      ...["run", "--project", "long", relative(root, file), "-t", `^(?:${names.join("|")})$`],
      ...["--reporter=verbose", "--reporter=./scripts/long-reporter.ts"],
    ],
    {
      cwd: root,
      stdio: ["ignore", "inherit", "inherit"],
      env: { ...process.env, DROPLET: droplet, LONG_RESULTS: results, LONG_KEY: key },
    },
  );
  const [code] = await once(run, "close");
  return code as number | null;
}

/** As vitest matches names: those of the suites before a test's, with a space between; every sign for itself. */
function spoken(name: string): string {
  return name.replaceAll(" > ", " ").replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
