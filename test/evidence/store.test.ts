// The evidence on the runner: below its folder, for this user, and never through somebody's link.

import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { RefusedError } from "../../src/errors.ts";
import { evidenceIn } from "../../src/evidence/store.ts";
import { temporaryDirectory } from "../support/hosts.ts";

it("keeps a file for this user alone, and replaces it", () => {
  using home = temporaryDirectory();
  const store = evidenceIn(join(home.path, "evidence"));
  store.write("before/ps.txt", "first");
  store.write("before/ps.txt", "second");
  const path = join(home.path, "evidence/before/ps.txt");
  expect(readFileSync(path, "utf8")).toBe("second");
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(statSync(join(home.path, "evidence")).mode & 0o777).toBe(0o700);
});

it.each([
  "../x.txt",
  "/x.txt",
  "before/../../x.txt",
  "",
  ".hidden",
  "before/.hidden",
  "a\nb",
  "a\0b",
  "before//x",
  "é",
  "before/nul.txt",
])("refuses %j as a name", (name) => {
  using home = temporaryDirectory();
  expect(() => evidenceIn(join(home.path, "evidence")).write(name, "x")).toThrow(TypeError);
  expect(existsSync(join(home.path, "x.txt"))).toBe(false);
});

it("writes through no link: neither one that stands for the file, nor one that stands for its folder", () => {
  using home = temporaryDirectory();
  const folder = join(home.path, "evidence");
  const elsewhere = join(home.path, "elsewhere");
  mkdirSync(elsewhere);
  writeFileSync(join(elsewhere, "ps.txt"), "theirs");
  mkdirSync(join(folder, "after"), { recursive: true });
  symlinkSync(join(elsewhere, "ps.txt"), join(folder, "after", "ps.txt"));
  symlinkSync(elsewhere, join(folder, "before"));
  const store = evidenceIn(folder);
  store.write("after/ps.txt", "ours");
  expect(lstatSync(join(folder, "after/ps.txt")).isSymbolicLink()).toBe(false);
  expect(() => store.write("before/ps.txt", "ours")).toThrow(RefusedError);
  expect(readFileSync(join(elsewhere, "ps.txt"), "utf8")).toBe("theirs");
});
