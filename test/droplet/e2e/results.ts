/** Results of long tests, a line of JSON each, kept in the repository with the commit at which they were had. */

import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Writes it to test/results, in place of an earlier result of the same case. @param how it was judged */
export function record<Result extends { readonly case: string }>(
  file: string,
  how: string,
  result: Result,
): void {
  const path = join(import.meta.dirname, "../../results", file);
  const commit = execFileSync("git", ["rev-parse", "--short=12", "HEAD"], {
    cwd: import.meta.dirname,
    encoding: "utf8",
  });
  const earlier = existsSync(path) ? readFileSync(path, "utf8").split("\n").filter(Boolean) : [];
  const others = earlier
    .map((line) => JSON.parse(line) as { readonly case: string })
    .filter((each) => each.case !== result.case);
  const all = [...others, { ...result, judged: how, commit: commit.trim() }].sort((a, b) =>
    a.case < b.case ? -1 : 1,
  );
  writeFileSync(path, all.map((each) => `${JSON.stringify(each)}\n`).join(""));
}
