// The droplet's record of a backup, from a droplet that may say anything.

import fc from "fast-check";
import { expect, it } from "vitest";
import { readManifest } from "../../src/backup/manifest.ts";
import { HostError } from "../../src/errors.ts";

const EXPECTED = {
  step: "01234567-1-backup",
  fileName: "shop",
  snapshot: "/var/lib/odoo/odoo-recover/01234567-1-backup/filestore/shop",
};
const GOOD = {
  version: 1,
  database: "shop",
  step: EXPECTED.step,
  at: 1_764_540_000,
  file: "shop-20261130T220000Z.dump",
  bytes: 1_000_000,
  sha256: "0".repeat(64),
  seconds: 12,
  tables: 231,
  size: 9_000_000,
  compression: "1",
  major: "15",
  snapshot: "",
};

it("is read as it was written", () => {
  expect(readManifest(JSON.stringify(GOOD), EXPECTED)).toEqual({
    file: "shop-20261130T220000Z.dump",
    bytes: 1_000_000,
    sha256: "0".repeat(64),
    seconds: 12,
    tables: 231,
    snapshot: undefined,
  });
  expect(
    readManifest(JSON.stringify({ ...GOOD, file: "", snapshot: EXPECTED.snapshot }), EXPECTED),
  ).toMatchObject({
    file: undefined,
    snapshot: EXPECTED.snapshot,
  });
});

it.each<[string, Record<string, unknown>]>([
  ["another step's", { step: "01234567-2-backup" }],
  ["a path as the file", { file: "../../../etc/passwd" }],
  ["an option as the file", { file: "-rf.dump" }],
  ["a line end in the file", { file: "shop-20261130T220000Z.dump\nrm -rf /" }],
  ["a line end behind the file", { file: "shop-20261130T220000Z.dump\n" }],
  ["another database's file", { file: "other-20261130T220000Z.dump" }],
  ["markup as a number of tables", { tables: "<img src=x>" }],
  ["a negative number of tables", { tables: -1 }],
  ["a half of a table", { tables: 0.5 }],
  ["more bytes than there are", { bytes: 2 ** 60 }],
  ["a size as text", { bytes: "1000" }],
  ["a SHA-256 that is none", { sha256: "x".repeat(64) }],
  ["a short SHA-256", { sha256: "00" }],
  ["a snapshot elsewhere", { snapshot: "/etc" }],
  ["a snapshot above", { snapshot: `${EXPECTED.snapshot}/../..` }],
  ["years of seconds", { seconds: 1e12 }],
  ["no file", { file: null }],
])("%s is refused", (_, other) => {
  expect(() => readManifest(JSON.stringify({ ...GOOD, ...other }), EXPECTED)).toThrow(HostError);
});

it("a number that JSON has and JavaScript has not is refused", () => {
  const text = JSON.stringify(GOOD).replace('"bytes":1000000', '"bytes":1e309');
  expect(text).toContain("1e309");
  expect(() => readManifest(text, EXPECTED)).toThrow(HostError);
});

it("takes no snapshot that was not asked for", () => {
  const text = JSON.stringify({ ...GOOD, snapshot: EXPECTED.snapshot });
  expect(() => readManifest(text, { ...EXPECTED, snapshot: undefined })).toThrow(HostError);
});

it.each([
  "",
  "null",
  "[]",
  "[[]]",
  "{",
  '"x"',
  "1",
  "[".repeat(60_000),
  `${JSON.stringify(GOOD)}${" ".repeat(70_000)}`,
])("what is no record is refused (%#)", (text) => {
  expect(() => readManifest(text, EXPECTED)).toThrow(HostError);
});

it("is a manifest in every field, or a HostError, for any text", () => {
  const anyRecord = fc.record(Object.fromEntries(Object.keys(GOOD).map((name) => [name, fc.jsonValue()])), {
    requiredKeys: [],
  });
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.json(),
        anyRecord.map((record) => JSON.stringify({ ...GOOD, ...record })),
      ),
      (text) => {
        try {
          const { bytes, tables, seconds, sha256 } = readManifest(text, EXPECTED);
          for (const number of [bytes, tables, seconds])
            expect(Number.isSafeInteger(number) && number >= 0).toBe(true);
          expect(sha256).toMatch(/^[0-9a-f]{64}$/);
        } catch (error) {
          expect(error).toBeInstanceOf(HostError);
        }
      },
    ),
    { numRuns: 500 },
  );
});
