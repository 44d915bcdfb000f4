// What we say stays as it is, whatever the droplet's secrets are; real secrets stay hidden.

import fc from "fast-check";
import { expect, it } from "vitest";
import { CAUSES } from "../../src/diagnosis/cause.ts";
import { RISK } from "../../src/diagnosis/risk.ts";
import { AREAS } from "../../src/diagnosis/signatures/catalogue.ts";
import { Redactor } from "../../src/redaction/redactor.ts";

const STATUSES = "healthy planned recovered degraded unhealthy refused unreachable cancelled unknown".split(
  " ",
);
const SIGNATURES = AREAS.flatMap(({ signatures }) => signatures);
const WORDS = [...STATUSES, ...Object.keys(CAUSES), ...Object.keys(RISK), ...SIGNATURES.map(({ id }) => id)];
const SENTENCES = [...Object.values(CAUSES), ...SIGNATURES.flatMap(({ means, advice }) => [means, advice])];
const OURS = [...WORDS, ...SENTENCES];

/** A piece of what we say, as somebody may have chosen it for a password. */
const piece = fc
  .tuple(fc.constantFrom(...OURS), fc.nat(), fc.integer({ min: 8, max: 40 }))
  .map(([text, from, length]) => text.slice(from % text.length, (from % text.length) + length));
const secrets = fc.array(
  fc.oneof(fc.constantFrom(...OURS), piece, fc.string({ minLength: 1, maxLength: 30 })),
  {
    maxLength: 8,
  },
);
/** Of letters that no word of ours is made of. */
const real = fc.stringMatching(/^[qzxj][0-9][QZXJ]{4,8}[0-9]{5,9}[qzxj]{3,6}$/);

it("no list of secrets changes a status, a cause, a remedy or a sentence, and a real one is masked", () => {
  fc.assert(
    fc.property(secrets, real, (chosen, hidden) => {
      const redactor = new Redactor();
      const masked = redactor.learn([...chosen, hidden]);
      for (const text of OURS) {
        expect(redactor.data({ status: text })).toEqual({ status: text });
        for (const value of masked) expect(text).not.toContain(value);
      }
      for (const text of [
        `a ${hidden} b`,
        JSON.stringify({ x: hidden }),
        Buffer.from(hidden).toString("base64url"),
      ])
        expect(redactor.secrets(text)).not.toContain(hidden);
    }),
    { numRuns: 30 },
  );
});

it.each(["unhealthy", "odoo-stopped", "restart-odoo"])(
  "%s is masked where it stands as a secret",
  (secret) => {
    const redactor = new Redactor();
    expect(redactor.learn([secret])).not.toContain(secret);
    expect(redactor.text(`x_password = ${secret}`)).toBe("x_password = ***");
    expect(redactor.data({ status: secret, text: `## ${secret}: Odoo is stopped` })).toEqual({
      status: secret,
      text: `## ${secret}: Odoo is stopped`,
    });
  },
);
