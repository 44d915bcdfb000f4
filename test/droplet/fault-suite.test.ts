// The table of the fault suite (FAULT-SUITE.md): every fault has its row, and every test that a row names is there.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const FAULTS = 29;
const read = (path: string): string => readFileSync(join(import.meta.dirname, path), "utf8");

interface Shown {
  readonly file: string;
  readonly title: string | undefined;
  readonly fault: string | undefined;
  readonly long: boolean;
}

const rows = read("FAULT-SUITE.md")
  .split("\n")
  .filter((line) => /^\| \d/.test(line))
  .map((line) => {
    const [, number = "", fault = "", right = "", by = ""] = line.split("|").map((cell) => cell.trim());
    return { number: Number(number), fault, right, shown: shownBy(by) };
  });

function shownBy(cell: string): Shown[] {
  return [
    ...cell.matchAll(
      /`(?<file>[\w./-]+\.ts)`(?: “(?<title>[^”]+)”)?(?: for `(?<fault>[^`]+)`)?(?<long> \(long\))?/g,
    ),
  ].map(({ groups }) => ({
    file: groups?.file ?? "",
    title: groups?.title,
    fault: groups?.fault,
    long: groups?.long !== undefined,
  }));
}

/** The titles of a file's tests, as they are written there. */
function titlesIn(text: string): { title: string; long: boolean }[] {
  return [
    ...text.matchAll(
      /^\s*(?<how>it|inLongRun)\(\s*"(?<title>(?:[^"\\]|\\.)+)"|^\s*\)*\)\("(?<each>[^"]+)"|it\.each\(.*\)\("(?<table>[^"]+)"/gm,
    ),
  ].map(({ groups }) => ({
    title: (groups?.title ?? groups?.each ?? groups?.table ?? "").replaceAll('\\"', '"'),
    long: groups?.how === "inLongRun",
  }));
}

it("has a row for each fault, in order, and each names what shows it", () => {
  expect(rows.map(({ number }) => number)).toEqual(Array.from({ length: FAULTS }, (_, at) => at + 1));
  for (const { number, fault, right, shown } of rows) {
    expect(fault, `${number}`).not.toBe("");
    expect(right, `${number}`).not.toBe("");
    expect(shown, `${number}`).not.toEqual([]);
  }
});

describe.each(rows)("$number: $fault", ({ shown }) => {
  it.each(shown)("is shown by a test that is there: $file $title $fault", ({ file, title, fault, long }) => {
    const path = join(import.meta.dirname, file);
    expect(existsSync(path)).toBe(true);
    const text = readFileSync(path, "utf8");
    if (title !== undefined) {
      const found = titlesIn(text).find((each) => each.title === title);
      expect(found, `no test of ${file} is called so`).toBeDefined();
      if (fault === undefined) expect(long).toBe(found?.long === true || file.endsWith(".long.test.ts"));
    }
    if (fault !== undefined) expect(text).toContain(`"${fault}"`);
  });
});
