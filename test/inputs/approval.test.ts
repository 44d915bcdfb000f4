// What a person copies to approve a plan: read back as it was made, or not at all; and good for half an hour.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { goodUntil, parseApproval, tokenOf, untimely } from "../../src/inputs/approval.ts";

const HASH = "4f1c0a9be27d6683".repeat(4);
const MADE = Date.parse("2026-11-24T02:50:41.500Z");
const TOKEN = "4f1c0a9be27d6683-20261124T0250Z";
const MINUTE = 60_000;

describe("the token of a plan", () => {
  it("is the beginning of its hash, and the minute in which it was made", () => {
    expect(tokenOf(HASH, MADE)).toBe(TOKEN);
    expect(parseApproval(TOKEN)).toEqual({
      hash: "4f1c0a9be27d6683",
      at: Date.parse("2026-11-24T02:50:00Z"),
    });
  });

  it("is read back as it was made, whatever hash and minute", () => {
    const hash = fc.stringMatching(/^[0-9a-f]{64}$/);
    const time = fc.date({ min: new Date(0), max: new Date("2999-12-31"), noInvalidDate: true });
    fc.assert(
      fc.property(hash, time, (of, at) => {
        const approval = parseApproval(tokenOf(of, at.getTime()));
        expect(of.startsWith(approval?.hash ?? "none")).toBe(true);
        expect(at.getTime() - (approval?.at ?? 0)).toBeLessThan(MINUTE);
        expect(approval?.at).toBeLessThanOrEqual(at.getTime());
      }),
    );
  });

  it.each([
    "",
    HASH,
    "4f1c0a9be27d6683",
    `${TOKEN} `,
    `x${TOKEN}`,
    TOKEN.toUpperCase(),
    TOKEN.replace("4f1c", "4f1"),
    TOKEN.replace("4f1c", "4g1c"),
    "4f1c0a9be27d6683-20261324T0250Z",
    "4f1c0a9be27d6683-20260231T0250Z",
    "4f1c0a9be27d6683-20261124T2460Z",
    "4f1c0a9be27d6683-20261124T0250",
    `${TOKEN}\n${TOKEN}`,
  ])("is nothing like %j", (text) => {
    expect(parseApproval(text)).toBeUndefined();
  });
});

describe("an approval", () => {
  const approval = parseApproval(TOKEN) ?? { hash: "", at: 0 };
  const minutes = (after: number): number => approval.at + after * MINUTE;

  it("is good for 30 minutes from its minute on, and says when it expired", () => {
    expect(goodUntil(MADE)).toBe(Date.parse("2026-11-24T03:20:00Z"));
    for (const after of [0, 0.9, 15, 30]) expect(untimely(approval, minutes(after))).toBeUndefined();
    expect(untimely(approval, minutes(30) + 1)).toBe(
      "The approval has expired: its plan was made at 2026-11-24 02:50 UTC, and was good until 2026-11-24 03:20 UTC",
    );
    expect(untimely(approval, minutes(60 * 24 * 365))).toContain("expired");
  });

  it("is good on a runner whose clock is a little behind, and not of a plan from the future", () => {
    expect(untimely(approval, minutes(-5))).toBeUndefined();
    expect(untimely(approval, minutes(-5) - 1)).toMatch(
      /yet to be made, at .*02:50 UTC; it is .*02:44 UTC now/,
    );
  });
});
