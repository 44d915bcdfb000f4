// Installs the dependencies when they are missing or older than the lock file, so that `npm test` alone works in a
// fresh clone. Runs before anything is installed, by whatever Node the machine has: standard library only.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const installed = `${root}/node_modules/.package-lock.json`;

/** What the lock file wants on every machine, by path; optional packages are for some machines only. */
function versions(path) {
  const { packages } = JSON.parse(readFileSync(path, "utf8"));
  return new Map(
    Object.entries(packages)
      .filter(([name, entry]) => name !== "" && !entry.optional)
      .map(([name, entry]) => [name, entry.version]),
  );
}

function upToDate() {
  if (!existsSync(installed) || !existsSync(`${root}/node_modules/.bin/node`)) return false;
  const have = versions(installed);
  return [...versions(`${root}/package-lock.json`)].every(([name, version]) => have.get(name) === version);
}

if (!upToDate()) {
  console.log("Installing the dependencies …");
  // The versions are the lock file's. Not `npm ci`: it refuses a lock file without an entry for every platform's
  // optional package, also those that some registries never had.
  const install = ["install", "--no-save", "--no-audit", "--no-fund"];
  // Under `npm test` npm itself is the parent, and names its own program.
  const npm = process.env.npm_execpath;
  const { status } = npm
    ? spawnSync(process.execPath, [npm, ...install], { cwd: root, stdio: "inherit" })
    : spawnSync("npm", install, { cwd: root, stdio: "inherit" });
  process.exit(status ?? 1);
}
