// Every expression of the redactor takes time in proportion to its text, as recheck sees it: hosts write the texts. A long
// test, since recheck needs a second for each.

import { globSync, readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { join } from "node:path";
import { parse } from "acorn";
import { checkSync } from "recheck";
import { expect, it } from "vitest";

const folder = join(import.meta.dirname, "../../src/redaction");

function expressionsOf(code: string): { pattern: string; flags: string }[] {
  const found: { pattern: string; flags: string }[] = [];
  const visit = (node: unknown): void => {
    if (typeof node !== "object" || node === null) return;
    if ("regex" in node) found.push(node.regex as { pattern: string; flags: string });
    for (const each of Object.values(node)) visit(each);
  };
  visit(parse(stripTypeScriptTypes(code), { ecmaVersion: "latest", sourceType: "module" }));
  return found;
}

const EXPRESSIONS = globSync("*.ts", { cwd: folder }).flatMap((file) =>
  expressionsOf(readFileSync(join(folder, file), "utf8")).map(
    ({ pattern, flags }) => [file, pattern, flags] as const,
  ),
);

it.each(EXPRESSIONS)("in %s is linear: %s", (_, pattern, flags) => {
  expect(checkSync(pattern, flags, { timeout: 20_000 }).status).not.toBe("vulnerable");
});
