// No text, however it was made, keeps the redactor busy: a megabyte of every piece, with every end (speed.test.ts: less of it).

import { expect, it } from "vitest";
import { Redactor } from "../../src/redaction/redactor.ts";
import { cpuTime } from "../support/cpu-time.ts";
import { PIECES } from "./pieces.ts";

const MEGABYTE = 1024 * 1024;
/** Milliseconds for a megabyte; one that went back and forth would need minutes. */
const BOUND = 3_000;

const redactor = new Redactor();
redactor.learn(["a secret value of ours", "hunter2hunter2"]);

it.each(PIECES)("a megabyte of %j", (piece) => {
  const text = piece.repeat(MEGABYTE / piece.length);
  expect(cpuTime(() => redactor.text(text), BOUND)).toBeLessThan(BOUND);
});

it.each(PIECES)("a megabyte without an end behind %j", (piece) => {
  for (const rest of ["a", "\\", " ", "\n "])
    expect(cpuTime(() => redactor.text(piece + rest.repeat(MEGABYTE / rest.length)), BOUND)).toBeLessThan(
      BOUND,
    );
});
