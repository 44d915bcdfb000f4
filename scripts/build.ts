/**
 * Builds dist/: TypeScript to JavaScript (tsc), the programs for the host and other texts beside it, and all of it into one bundle
 * (ncc). package.json holds @azure/storage-common at 12.5.0: the crc64 shim of 12.4.1 crashes when it is bundled, and with
 * it the upload of artifacts. Two builds of one commit are byte-identical; nothing that is native or not needed gets in.
 */

import { execFileSync } from "node:child_process";
import { cpSync, globSync, mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const build = join(root, "build");
const bundle = join(build, "bundle");
const dist = join(root, "dist");
const bin = (name: string): string => join(root, "node_modules", ".bin", name);

rmSync(build, { recursive: true, force: true });
// Where a compiler is at hand, npm may have built ssh2's optional native parts; ncc would bundle them.
for (const native of ["ssh2/lib/protocol/crypto/build", "cpu-features/build"]) {
  rmSync(join(root, "node_modules", native), { recursive: true, force: true });
}
execFileSync(bin("tsc"), ["-p", "tsconfig.build.json"], { cwd: root, stdio: "inherit" });
for (const program of globSync("**/*.{sh,py,sql,awk,txt}", { cwd: join(root, "src") })) {
  mkdirSync(join(build, program, ".."), { recursive: true });
  cpSync(join(root, "src", program), join(build, program));
}
writeFileSync(join(build, "package.json"), '{"type":"module"}\n');
execFileSync(
  bin("ncc"),
  [
    "build",
    join(build, "index.js"),
    "--out",
    bundle,
    "--target",
    "es2024",
    "--license",
    "LICENSES.txt",
    "--no-cache",
  ],
  { cwd: root, stdio: ["ignore", "ignore", "inherit"] },
);
// The post step's own file only names the bundle: it is not bundled itself.
cpSync(join(build, "post.js"), join(bundle, "post.js"));
for (const unneeded of globSync("**/*.{exe,node}", { cwd: bundle })) rmSync(join(bundle, unneeded));

// Only now, so that a build that fails leaves the old bundle as it was.
rmSync(dist, { recursive: true, force: true });
cpSync(bundle, dist, { recursive: true });
console.log(`dist/index.js: ${(statSync(join(dist, "index.js")).size / 1024).toFixed(0)} KiB`);
