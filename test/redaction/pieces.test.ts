// A file of the evidence is redacted piece by piece: nothing that stands on the border of two pieces is seen, and the event
// loop turns in between.

import { describe, expect, it } from "vitest";
import { piecesOf } from "../../src/redaction/pieces.ts";
import { Redactor } from "../../src/redaction/redactor.ts";

const SECRET = "hK7wQz93LmPx";
const ENTRY = "2026-11-24 11:19:20,100 1 INFO odoo odoo.http: hello\n";
const STAMPED = `2026-11-24T11:19:20.123456789Z ${ENTRY}`;
const RECORDS: Readonly<Record<string, string>> = {
  "a private key": `${ENTRY.trimEnd()} key:\n-----BEGIN PRIVATE KEY-----\n${`${SECRET.repeat(5)}\n`.repeat(20)}-----END PRIVATE KEY-----\n`,
  "a block of YAML": `${ENTRY.trimEnd()} read:\nmail:\n  password: |\n    ${SECRET}\n  user: robot\n`,
  "a record of XML": `${ENTRY.trimEnd()} record:\n<field name="password">\n${SECRET}</field>\n`,
  "a function's own words": `2026-11-24 11:19:20.100 UTC [9] ERROR:  no credit for ${SECRET}\n2026-11-24 11:19:20.100 UTC [9] CONTEXT:  PL/pgSQL function f() line 1 at RAISE\n`,
};

describe("the pieces of a text", () => {
  it.each([
    ENTRY.repeat(20_000),
    STAMPED.repeat(20_000),
    `${"x".repeat(79)}\n`.repeat(20_000),
    "x".repeat(1_000_000),
    "",
  ])("are whole lines, and put together they are the text (%#)", (text) => {
    const pieces = [...piecesOf(text)];
    expect(pieces.join("") === text).toBe(true);
    for (const piece of pieces.slice(0, -1)) expect(piece.endsWith("\n")).toBe(true);
  });

  it("begin with an entry, where there is one near", () => {
    const traceback = `${ENTRY.trimEnd()} Traceback (most recent call last):\n${'  File "a", line 1, in a\n'.repeat(400)}`;
    const pieces = [...piecesOf(traceback.repeat(200))];
    expect(pieces.length).toBeGreaterThan(4);
    for (const piece of pieces) expect(piece.startsWith("2026-11-24 11:19:20,100")).toBe(true);
  });
});

describe.each(Object.entries(RECORDS))("a long file with %s on the border of two pieces", (_, record) => {
  it("shows nothing of it, and the same as in one go", async () => {
    const redactor = new Redactor();
    for (const before of [249_900, 249_990, 249_999, 250_000, 250_010, 250_100].map(
      (length) => length - record.length / 2,
    )) {
      const text = `${ENTRY.repeat(Math.round(before / ENTRY.length))}${record}${ENTRY.repeat(3_000)}`;
      expect(text.length).toBeGreaterThan(300_000);
      const file = await redactor.file(text, "whole");
      expect(file).not.toContain(SECRET);
      expect(file === redactor.text(text)).toBe(true);
    }
  });
});

it("lets the event loop turn while four megabytes are redacted", async () => {
  const redactor = new Redactor();
  redactor.learn([SECRET]);
  let turns = 0;
  const timer = setInterval(() => {
    turns += 1;
  }, 1);
  const text = ENTRY.repeat(80_000);
  expect(await redactor.file(text, "end")).toHaveLength(text.length);
  clearInterval(timer);
  expect(turns).toBeGreaterThan(8);
});
