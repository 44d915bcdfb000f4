// Many values at once are masked as one after another would be, and nothing of them is left.

import fc from "fast-check";
import { expect, it } from "vitest";
import { Matcher } from "../../src/redaction/matcher.ts";

const letters = fc.string({ unit: fc.constantFrom("a", "b", "*"), maxLength: 30 });
const values = fc.array(
  letters.map((text) => `aab${text}`.padEnd(8, "b")),
  { maxLength: 12 },
);

it("leaves no value, wherever it stands, whole or within others", () => {
  fc.assert(
    fc.property(values, fc.array(letters), (learnt, around) => {
      const text = around.map((piece, at) => piece + (learnt[at % learnt.length] ?? "")).join("");
      const masked = new Matcher(learnt).masked(text);
      for (const value of learnt) expect(masked).not.toContain(value);
      if (!learnt.some((value) => text.includes(value))) expect(masked).toBe(text);
    }),
    { numRuns: 2_000 },
  );
});

it.each([
  [["abcdefgh", "abcdefghijkl"], "x abcdefghijkl y", "x *** y"],
  [["abcdefgh", "abcdefghijkl"], "x abcdefghijk y", "x ***ijk y"],
  [["abcdefghij", "ghijklmnopq"], "x abcdefghijklmnopq y", "x *** y"],
  [["abcdefgh"], "abcdefghabcdefgh", "***"],
  [["abcdefgh"], "abcdefg", "abcdefg"],
  [["12345678", "ab***cdef"], "ab12345678cdef", "***"],
])("masks %j in %j", (learnt, text, masked) => {
  expect(new Matcher(learnt).masked(text)).toBe(masked);
});

it("masks a value of any length as one, and no other one that begins as it does", () => {
  const long = Array.from({ length: 1_000 }, (_, number) => number.toString(36)).join("");
  const matcher = new Matcher([long]);
  expect(matcher.masked(`x ${long} y`)).toBe("x *** y");
  expect(matcher.masked(`x ${long.slice(0, 200)} y`)).toBe(`x ${long.slice(0, 200)} y`);
});

it("shows nothing of a text that was made to be masked for ever", () => {
  const text = `${"abcd".repeat(100)}abcdefgh${"efgh".repeat(100)}`;
  expect(new Matcher(["abcdefgh", "abcd***efgh"]).masked(text)).toBe("***");
});
