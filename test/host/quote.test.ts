// A value reaches a shell program as exactly itself, whatever is in it. Proven by the real /bin/sh.

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { renderProgram } from "../../src/host/program.ts";
import { assignments, quote } from "../../src/host/quote.ts";
import { HOSTILE, shellText } from "../support/hostile.ts";
import { nonce, openHost, program } from "../support/hosts.ts";

const WAS_HERE = "/tmp/odoo-recover-was-here";

/** What sh makes of a script, as bytes; a shell that complains is a failure. */
function sh(script: string): Buffer {
  const { status, stdout, stderr } = spawnSync("/bin/sh", ["-s"], {
    input: script,
    maxBuffer: 100_000_000,
    env: { LC_ALL: "C" },
  });
  expect({ status, stderr: stderr.toString() }).toEqual({ status: 0, stderr: "" });
  return stdout;
}

/** Sends values out and back in one shell; a NUL stands after each. */
function throughQuote(values: readonly string[]): string[] {
  const script = values.map((value) => `printf '%s\\0' ${quote(value)}\n`).join("");
  return sh(script).toString("utf8").split("\0").slice(0, -1);
}

function throughAssignments(values: readonly string[]): string[] {
  const names = values.map((_, index) => `VALUE_${index}`);
  const script = assignments(Object.fromEntries(values.map((value, index) => [names[index], value])));
  return sh(`${script}${names.map((name) => `printf '%s\\0' "$${name}"\n`).join("")}`)
    .toString("utf8")
    .split("\0")
    .slice(0, -1);
}

describe("a quoted value", () => {
  it("is read back by sh as exactly itself, for every hostile text we know", () => {
    expect(throughQuote(HOSTILE)).toEqual(HOSTILE);
    expect(throughAssignments(HOSTILE)).toEqual(HOSTILE);
    expect(existsSync(WAS_HERE)).toBe(false);
  });

  it("is read back by sh as exactly itself, whatever it is", () => {
    fc.assert(
      fc.property(fc.array(shellText, { minLength: 30, maxLength: 60 }), (values) => {
        expect(throughQuote(values)).toEqual(values);
        expect(throughAssignments(values)).toEqual(values);
      }),
      { numRuns: 25 },
    );
    expect(existsSync(WAS_HERE)).toBe(false);
  });

  it("is one word, even when it is empty or begins with a dash", () => {
    const values = ["", "-n", "a b", "*", "\n"];
    const counted = sh(`set -- ${values.map(quote).join(" ")}\necho $#\n`);
    expect(counted.toString()).toBe(`${values.length}\n`);
  });

  it("cannot hold a NUL, which no shell could carry", () => {
    expect(() => quote("a\0b")).toThrow(TypeError);
    expect(() => assignments({ NAME: "\0" })).toThrow(TypeError);
  });
});

describe("a name of a value", () => {
  it.each(["", "lower", "1ST", "A-B", "A B", "A=B", "A;id", "A\nB", "É", "A$"])(
    "that is no upper-case variable name is refused: %j",
    (name) => {
      expect(() => assignments({ [name]: "x" })).toThrow(TypeError);
    },
  );
});

describe("a program with hostile values", () => {
  it("sees every one of them as it was given, through the whole way to sh and back", async () => {
    const { host } = await openHost();
    await fc.assert(
      fc.asyncProperty(fc.array(shellText, { minLength: 10, maxLength: 40 }), async (values) => {
        const names = values.map((_, index) => `VALUE_${index}`);
        const result = await host.run(
          program(names.map((name) => `printf '%s\\0' "$${name}"`).join("\n"), {
            values: Object.fromEntries(values.map((value, index) => [names[index], value])),
          }),
        );
        expect(result.status).toBe(0);
        expect(result.truncated).toBe(false);
        expect(result.output.toString("utf8").split("\0").slice(0, -1)).toEqual(values);
      }),
      { numRuns: 15 },
    );
    expect(existsSync(WAS_HERE)).toBe(false);
  });

  it("runs none of them, not even when it puts them unquoted into its words", () => {
    const values = Object.fromEntries(HOSTILE.map((value, index) => [`VALUE_${index}`, value]));
    const text = `set -f\n${Object.keys(values)
      .map((name) => `printf '' $${name} || true`)
      .join("\n")}`;
    spawnSync("/bin/sh", ["-s"], { input: renderProgram(program(text, { values }), nonce()) });
    expect(existsSync(WAS_HERE)).toBe(false);
  });
});
