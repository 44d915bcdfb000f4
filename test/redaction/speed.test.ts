// No text, however it was made, and no number of secrets keeps the redactor busy: hosts write the texts.

import { describe, expect, it } from "vitest";
import { Redactor } from "../../src/redaction/redactor.ts";
import { cpuTime } from "../support/cpu-time.ts";
import { PIECES } from "./pieces.ts";

const MEGABYTE = 1024 * 1024;
/** Of each piece: one that went back and forth would need seconds. The long run takes a megabyte. */
const LENGTH = MEGABYTE / 16;
const BOUND = 500;
const ENDS = ["a", "\\", " ", "\n "];

const redactor = new Redactor();
redactor.learn(["a secret value of ours", "hunter2hunter2"]);

it("no piece that is repeated takes long", () => {
  const slow = PIECES.filter((piece) => {
    const text = piece.repeat(LENGTH / piece.length);
    return cpuTime(() => redactor.text(text), BOUND) > BOUND;
  });
  expect(slow).toEqual([]);
});

it("no piece without an end takes long", () => {
  const slow = PIECES.filter((piece, at) => {
    const rest = ENDS[at % ENDS.length] ?? "";
    return cpuTime(() => redactor.text(piece + rest.repeat(LENGTH / rest.length)), BOUND) > BOUND;
  });
  expect(slow).toEqual([]);
});

describe("50,000 secrets", () => {
  /** Digits in another order for each number, so that no two are alike and none is a word. */
  const digits = (number: number): string =>
    ((number * 2_654_435_761) % 2 ** 32).toString(36).padStart(10, "q");
  const secretsOf = (make: (number: number) => string): string[] =>
    Array.from({ length: 50_000 }, (_, number) => make(number));

  it.each([
    ["of 20 characters", secretsOf((number) => digits(number) + digits(number + 1))],
    ["with the same beginning", secretsOf((number) => `aaaaaaaaaa${digits(number)}`)],
    ["of our own words", secretsOf((number) => `restart remedy ${digits(number)}`)],
  ])("are learnt and masked at once: %s", (_, secrets) => {
    let knowing = new Redactor();
    const learn = (): void => {
      knowing = new Redactor();
      knowing.learn(secrets);
    };
    expect(cpuTime(learn, 1_500)).toBeLessThan(1_500);
    const line = secrets.slice(0, 100).join(" x ");
    let masked = "";
    const text = `${line}\n`.repeat(MEGABYTE / line.length) + secrets.join("\n");
    expect(cpuTime(() => (masked = knowing.secrets(text)), 4_000)).toBeLessThan(4_000);
    const left = secrets.filter((secret, at) => at % 100 === 0 && masked.includes(secret));
    expect(left).toEqual([]);
  });

  it("that a text only begins with do not slow it down", () => {
    const knowing = new Redactor();
    knowing.learn(secretsOf((number) => `aaaaaaaaaa${digits(number)}`));
    expect(cpuTime(() => knowing.secrets("a".repeat(MEGABYTE / 4)), 1_000)).toBeLessThan(1_000);
  });
});
