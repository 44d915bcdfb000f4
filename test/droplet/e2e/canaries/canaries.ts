/**
 * Secrets and customers' data, each of which can be told apart from all others and is found however it is written; and the
 * search for them.
 */

import { randomBytes } from "node:crypto";

/** One planted value: letters and digits alone, so that no way of writing (URL, JSON, HTML, shell) changes it; but base64. */
export class Canaries {
  readonly #values = new Map<string, string>();

  /** The value of that name, the same each time; its first letters tell a person who finds it what it is. */
  of(name: string): string {
    const known = this.#values.get(name);
    if (known !== undefined) return known;
    const value = `Cnry${this.#values.size + 10}${randomBytes(5).toString("hex")}`;
    this.#values.set(name, value);
    return value;
  }

  /** The same as a telephone number, which has no letters. */
  digits(name: string): string {
    const known = this.#values.get(name) ?? `9${randomBytes(4).readUInt32BE().toString().padStart(10, "0")}`;
    this.#values.set(name, known);
    return known;
  }

  /** The same as a family name, which has no digits. */
  letters(name: string): string {
    const known =
      this.#values.get(name) ??
      `Cnry${[...randomBytes(8)].map((byte) => String.fromCharCode(97 + (byte % 26))).join("")}`;
    this.#values.set(name, known);
    return known;
  }

  get names(): string[] {
    return [...this.#values.keys()];
  }

  /** The names of those that stand in it, as they are or in base64 (of which they may be any part). */
  in(bytes: Buffer): string[] {
    const text = bytes.toString("latin1");
    return [...this.#values]
      .filter(([, value]) => spellings(value).some((spelling) => text.includes(spelling)))
      .map(([name]) => name);
  }
}

/** Base64 writes three bytes as four letters: a text inside of another one has three ways to fall on them. */
function spellings(value: string): string[] {
  return [
    value,
    ...[0, 1, 2].map((shift) => {
      const whole = Buffer.from(" ".repeat(shift) + value).toString("base64");
      return whole.slice(shift === 0 ? 0 : 4, (whole.length & ~3) - 4);
    }),
  ];
}
