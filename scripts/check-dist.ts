/**
 * Proves that the committed dist/ is what its source builds to, on any path: a clean clone of HEAD is built twice, and
 * both results must be byte-identical to what is committed. Then the bundle is started from a folder that holds
 * nothing else.
 */

import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  cpSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const work = mkdtempSync(join(tmpdir(), "check-dist-"));

try {
  const clone = join(work, "clone");
  execFileSync("git", ["clone", "--quiet", root, clone]);
  const committed = contentsOf(join(clone, "dist"));
  if (committed.size === 0) throw new Error("dist/ is not committed");
  execFileSync(process.execPath, ["scripts/ensure-installed.mjs"], { cwd: clone, stdio: "inherit" });
  for (const time of ["first", "second"]) {
    execFileSync("npm", ["run", "--silent", "build"], { cwd: clone, stdio: "ignore" });
    const differences = compare(committed, contentsOf(join(clone, "dist")));
    if (differences.length > 0) {
      throw new Error(
        `the ${time} build differs from the committed dist/:\n${differences.join("\n")}\nRun \`npm run build\` and commit dist/.`,
      );
    }
  }
  const foreign = [...committed.keys()].filter((name) => /\.(exe|node)$/.test(name));
  if (foreign.length > 0) throw new Error(`dist/ holds native files: ${foreign.join(", ")}`);
  expectItLoads(join(clone, "dist"));
  console.log(
    `dist/ is byte-identical to two builds of a clean clone, and loads alone (${committed.size} files)`,
  );
} finally {
  rmSync(work, { recursive: true, force: true });
}

/** Every file below a folder, by its path there, with its hash. */
function contentsOf(folder: string): Map<string, string> {
  const files = globSync("**/*", { cwd: folder }).filter((name) => statSync(join(folder, name)).isFile());
  return new Map(
    files.sort().map((name) => [
      name,
      createHash("sha256")
        .update(readFileSync(join(folder, name)))
        .digest("hex"),
    ]),
  );
}

function compare(one: ReadonlyMap<string, string>, other: ReadonlyMap<string, string>): string[] {
  const names = new Set([...one.keys(), ...other.keys()]);
  return [...names].filter((name) => one.get(name) !== other.get(name));
}

/** Started without a host, the bundle must say so: it has then loaded whole, and read its inputs. */
function expectItLoads(dist: string): void {
  const empty = join(work, "empty");
  mkdirSync(empty);
  cpSync(dist, join(empty, "dist"), { recursive: true });
  const files = Object.fromEntries(
    ["GITHUB_OUTPUT", "GITHUB_STATE", "GITHUB_STEP_SUMMARY"].map((name) => {
      writeFileSync(join(empty, name), "");
      return [name, join(empty, name)];
    }),
  );
  const env = { PATH: process.env.PATH, RUNNER_TEMP: empty, ...files };
  const run = spawnSync(process.execPath, [join(empty, "dist", "index.js")], {
    cwd: empty,
    env,
    encoding: "utf8",
  });
  const summary = readFileSync(join(empty, "GITHUB_STEP_SUMMARY"), "utf8");
  if (run.status !== 1 || !/^## ⛔ refused/.test(summary) || !summary.includes("`host`: is missing")) {
    throw new Error(`the bundle does not load from an empty folder:\n${run.stdout}${run.stderr}${summary}`);
  }
}
