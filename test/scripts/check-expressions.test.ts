// The check of regular expressions finds one that is slow wherever it stands, and one that it could not look at.

import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { temporaryDirectory } from "../support/hosts.ts";

const SCRIPT = join(import.meta.dirname, "../../scripts/check-expressions.ts");

const PROOFS = join(import.meta.dirname, "../../scripts/proven-expressions.json");

function checked(files: Readonly<Record<string, string>>, ...options: readonly string[]) {
  using folder = temporaryDirectory();
  for (const [name, text] of Object.entries(files)) {
    const path = join(folder.path, "src", name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  writeFileSync(join(folder.path, "package.json"), '{ "type": "module" }');
  const { status, stderr } = spawnSync(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", SCRIPT, folder.path, ...options],
    { encoding: "utf8" },
  );
  return { status, lines: stderr.split("\n").filter((line) => line !== "") };
}

describe("the check of regular expressions", () => {
  it("passes what takes linear time, literal or made on import, a table of them as well", () => {
    const { status, lines } = checked({
      "a.ts": 'export const NUMBER = /^\\d+$/;\nexport const WORD: RegExp = new RegExp("^\\\\w+$");\n',
      "b.ts":
        "const form = (text: string): RegExp => new RegExp('^' + text);\n" +
        'export const FORMS = [form("a+"), form("b+")];\n' +
        'export const MORE = ["c", "d"].map((text) => RegExp(text));\n',
      "index.ts": "process.exitCode = 7;\n",
    });
    expect(lines).toEqual([]);
    expect(status).toBe(0);
  });

  it.each([
    ["a literal", "export const f = (t: string) => /\\s*=\\s*(.*?)\\s*$/.test(t);\n", 1, "polynomial"],
    ["made on import", '\nexport const A = new RegExp("(a+)+$");\n', 2, "exponential"],
    [
      "made by a helper",
      'const m = (t: string) =>\n  RegExp("(" + t + "+)+$");\nexport const A = m("x");\n',
      2,
      "exponential",
    ],
  ])("finds a slow one: %s", (_, text, line, complexity) => {
    const { status, lines } = checked({ "deep/a.ts": text });
    expect(lines).toEqual([expect.stringMatching(`^src/deep/a.ts:${line}: .*${complexity}`)]);
    expect(status).toBe(1);
  });

  it.each([
    ["in a function", "export function f(t: string) {\n  return new RegExp(t);\n}\n"],
    ["in an exported helper", "export const f = (t: string) => RegExp(t);\nf('a');\n"],
    [
      "in a helper that runs later too",
      "const f = (t: string) => RegExp(t);\nf('a');\nexport const g = () => f('b');\n",
    ],
    [
      "in a helper that is passed on",
      "const f = (t: string) => RegExp(t);\nf('a');\nexport const g = [f];\n",
    ],
    ["under another name", "const R = RegExp;\nexport const f = (t: string) => new R(t);\n"],
    ["as a property", "export const f = (t: string) => new globalThis.RegExp(t);\n"],
    ["of a string by match", "export const f = (t: string) => t.match('(' + t + '+)+');\n"],
    ["in the entry", undefined],
  ])("finds one that it could not look at: made %s", (_, text) => {
    const { status, lines } = checked(
      text === undefined ? { "index.ts": 'new RegExp("a");\n' } : { "a.ts": text },
    );
    expect(lines).not.toEqual([]);
    expect(status).toBe(1);
  });

  describe("with a file of proofs", () => {
    const SLOW = "export const A = /(a+)+$/;\n";
    const written = (expressions: readonly string[], recheck?: string): string => {
      const proofs = JSON.parse(readFileSync(PROOFS, "utf8"));
      return JSON.stringify({ ...proofs, expressions, ...(recheck === undefined ? {} : { recheck }) });
    };

    it("believes it to the letter only", () => {
      const proofs = written(["/(a+)+$/"]);
      const file = "../scripts/proven-expressions.json";
      expect(checked({ "a.ts": SLOW, [file]: proofs }).status).toBe(0);
      expect(checked({ "a.ts": SLOW.replace("$/", "$/i"), [file]: proofs }).status).toBe(1);
      expect(checked({ "a.ts": SLOW, "b.ts": "export const B = /(b+)+$/;\n", [file]: proofs }).lines).toEqual(
        [expect.stringMatching(/^src\/b\.ts:1: .*exponential/)],
      );
    });

    it("believes nothing of it with another recheck, or where everything is to be proven", () => {
      const file = "../scripts/proven-expressions.json";
      expect(checked({ "a.ts": SLOW, [file]: written(["/(a+)+$/"], "0.0.1") }).status).toBe(1);
      expect(checked({ "a.ts": SLOW, [file]: written(["/(a+)+$/"]) }, "--all").status).toBe(1);
    });
  });
});
