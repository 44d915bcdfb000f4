// Only whole public keys of age are taken: a wrong letter would be noticed when the backup cannot be opened.

import { generateIdentity, identityToRecipient } from "age-encryption";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseRecipients } from "../../src/inputs/recipients.ts";

const make = async (): Promise<string> => identityToRecipient(await generateIdentity());

describe("recipients", () => {
  it("are taken one or several, by commas or lines, with comments, each once", async () => {
    const [one, two] = [await make(), await make()];
    for (const text of [
      `${one},${two}`,
      `${one}\n${two}\n`,
      `# the office\n${one} ${two}\r\n  # ${one}`,
      `${one},${two},${one}`,
    ])
      expect(parseRecipients(text)).toEqual({ ok: true, recipients: [one, two] });
  });

  it("with one letter changed, left out or doubled are not taken", async () => {
    const good = await make();
    expect(parseRecipients(good).ok).toBe(true);
    fc.assert(
      fc.property(
        fc.nat({ max: good.length - 1 }),
        fc.constantFrom(..."qpzry9x8gf2tvdw0s3jn54khce6mua7lbio1Q "),
        (at, letter) => {
          if (letter === good[at]) return;
          const [before, after] = [good.slice(0, at), good.slice(at + 1)];
          // A space at an end is none of the key's.
          if (letter !== " ") expect(parseRecipients(`${before}${letter}${after}`).ok).toBe(false);
          expect(parseRecipients(`${before}${after}`).ok).toBe(false);
        },
      ),
      { numRuns: 500 },
    );
  });

  it.each([
    [`AGE-SECRET-KEY-1${"Q".repeat(58)}`, /secret key/],
    ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5", /SSH key/],
    ["AGE1QQQ", /no public key of age/],
    ["", /no public key/],
    ["# only a comment", /no public key/],
  ])("are refused with what is wrong, and never shown: %j", (text, problem) => {
    const parsed = parseRecipients(text);
    expect(parsed).toMatchObject({ ok: false, problem: expect.stringMatching(problem) });
    if (!parsed.ok && text.length > 20) expect(parsed.problem).not.toContain(text.slice(-12));
  });
});
