// Text of a host is cleaned once: bounded lines, nothing that a terminal obeys, nothing that shows another line than there is.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cleanPage, cleanText, lineOf, MOST_LINE, TextReader, textOf } from "../../src/host/text.ts";
import { cpuTime } from "../support/cpu-time.ts";

const BIDIRECTIONAL = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069";
const UNWANTED = new RegExp(`[^\\P{Cc}\\n\\t]|[\\u2028\\u2029${BIDIRECTIONAL}]`, "u");

const piece = fc.oneof(
  fc.constantFrom(
    "\x1b[2K",
    "\x1b[31m",
    "\x1b]0;title\x07",
    "\x1b]8;;x\x1b\\",
    "\x1b]",
    "\x1b",
    "\x9b",
    "\x9d",
    "\x1bPq",
    "\r",
    "\r\n",
    "\0",
    "\u0085",
    "\u2028",
    "\u2029",
    "\u202e",
    "a",
    "é",
    "漢",
    "🦊",
    "\n",
    "\t",
    " ",
    "x".repeat(MOST_LINE - 1),
  ),
  fc.string({ unit: "binary", maxLength: 5 }),
);
const bytes = fc
  .array(
    fc.oneof(
      piece.map((text) => Buffer.from(text)),
      fc.uint8Array({ maxLength: 5 }),
    ),
    { maxLength: 20 },
  )
  .map((parts) => Buffer.concat(parts));

describe("text of a host", () => {
  it("has nothing unwanted in it, bounded lines, and as many of them as there were", () => {
    fc.assert(
      fc.property(bytes, (printed) => {
        const text = textOf(printed);
        expect(text).not.toMatch(UNWANTED);
        expect(text.isWellFormed()).toBe(true);
        for (const line of text.split("\n")) expect(line.length).toBeLessThan(MOST_LINE + 40);
        expect(text.split("\n")).toHaveLength(printed.toString("latin1").split("\n").length);
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    ["\x1b[2K2024 \x1b[31mERROR\x1b[0m a\r\nb\tc", "2024 ERROR a\nb\tc"],
    ["\x1b]0;title\x07a \x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "a link"],
    ["a\x1b]0;never ended\nb", "a0;never ended\nb"],
    ["a\x9b31mb\x1b(Bc\x1bMd", "abcd"],
    ["pass\u2028word\u2029\u0085\x0b\x0c", "password"],
    ["user\u202eelif\u202c\u2066x\u2069\u200f", "userelifx"],
    ["👩\u200d🚀 é ü 漢字 العربية", "👩\u200d🚀 é ü 漢字 العربية"],
  ])("%j becomes %j", (printed, text) => {
    expect(cleanText(printed)).toBe(text);
  });

  it("has long lines cut, each with how much of it is missing", () => {
    const long = "x".repeat(MOST_LINE);
    expect(cleanText(`a\n${long}\n${long}yyy\nb\n${long}z`)).toBe(
      `a\n${long}\n${long} [3 more characters]\nb\n${long} [1 more characters]`,
    );
  });

  it("is the same when it comes in pieces, wherever they are cut", () => {
    fc.assert(
      fc.property(bytes, fc.array(fc.nat({ max: 40_000 }), { maxLength: 5 }), (printed, places) => {
        const cuts = [0, ...places.map((place) => place % (printed.length + 1)), printed.length];
        const reader = new TextReader();
        const read = cuts
          .toSorted((a, b) => a - b)
          .flatMap((from, index, all) => (index + 1 < all.length ? [[from, all[index + 1]] as const] : []))
          .map(([from, to]) => reader.push(printed.subarray(from, to)));
        for (const whole of read) expect(whole === "" || whole.endsWith("\n")).toBe(true);
        expect(read.join("") + reader.end()).toBe(textOf(printed));
      }),
      { numRuns: 300 },
    );
  });

  it("as one line has no line feed and at most so many characters", () => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), fc.integer({ min: 1, max: 300 }), (pieces, most) => {
        const line = lineOf(pieces.join(""), most);
        expect(line).not.toMatch(UNWANTED);
        expect(line).not.toContain("\n");
        expect(line.length).toBeLessThanOrEqual(most);
      }),
      { numRuns: 200 },
    );
    expect(lineOf("\u001b[2JCode\n::error::forged\r\n")).toBe("Code ::error::forged");
    expect(lineOf("abcdef", 4)).toBe("abc…");
  });

  it("of a page keeps lines of any length", () => {
    expect(cleanPage(`<p>${"x".repeat(20_000)}\x1b[1m</p>tail`, 20_007)).toBe(`<p>${"x".repeat(20_000)}`);
  });

  it.each([
    "x",
    "\x1b",
    "\x1b]",
    "\x1b[",
    "\x1b[1",
    "\x9d;",
    "\r",
    "\u2028",
    "a\n",
    "\n",
    "\x1b[1;1m",
    "\xff",
  ])("of megabytes of %j takes no long time", (filler) => {
    const printed = Buffer.from(filler.repeat(Math.ceil(3_000_000 / filler.length)), "latin1");
    expect(cpuTime(() => void textOf(printed), 1_500)).toBeLessThan(1_500);
  });
});
