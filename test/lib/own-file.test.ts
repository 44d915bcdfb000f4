// Files of the action beside other processes of the job: what stands under another name, or elsewhere, is never written to.

import { spawnSync } from "node:child_process";
import { linkSync, lstatSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { appendOwn, makeFolders, readOwn, writeOwn } from "../../src/lib/own-file.ts";
import { temporaryDirectory } from "../support/hosts.ts";

/** What somebody puts in the place of a file. */
const PLANTED: Readonly<Record<string, (path: string, theirs: string) => void>> = {
  "a link": (path, theirs) => symlinkSync(theirs, path),
  "a second name of a file": (path, theirs) => linkSync(theirs, path),
  "a link to nothing": (path, theirs) => symlinkSync(`${theirs}.new`, path),
  "a pipe": (path) => expect(spawnSync("mkfifo", [path]).status).toBe(0),
};

it.each(Object.entries(PLANTED))("neither writes, adds nor reads through %s", (_, plant) => {
  using home = temporaryDirectory();
  const theirs = join(home.path, "theirs");
  writeFileSync(theirs, "theirs");
  for (const [name, write] of [
    ["written", (path: string) => writeOwn(path, "ours\n")],
    ["added", (path: string) => expect(appendOwn(path, "ours\n")).toBe(false)],
  ] as const) {
    const path = join(home.path, name);
    plant(path, theirs);
    expect(() => readOwn(path)).toThrow();
    write(path);
    expect(readFileSync(theirs, "utf8")).toBe("theirs");
    expect(lstatSync(path).isFile()).toBe(true);
    expect(readOwn(path)).toBe("ours\n");
  }
});

it("adds to its own file, which is for this user alone", () => {
  using home = temporaryDirectory();
  const path = join(home.path, "journal");
  expect(appendOwn(path, "one\n")).toBe(true);
  expect(appendOwn(path, "two\n")).toBe(true);
  expect(readOwn(path)).toBe("one\ntwo\n");
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

it("makes no folder, and writes no file, behind a link in the place of a folder", () => {
  using home = temporaryDirectory();
  const elsewhere = join(home.path, "elsewhere");
  mkdirSync(elsewhere);
  symlinkSync(elsewhere, join(home.path, "report"));
  expect(() => makeFolders(join(home.path, "report"), ["before"])).toThrow("is not a folder");
  expect(() => writeOwn(join(home.path, "report", "x"), "x")).toThrow("is not a folder");
  expect(() => appendOwn(join(home.path, "report", "x"), "x")).toThrow("is not a folder");
});
