// What a person copies to approve a plan: read back as it was made, or not at all; and good for half an hour.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Approval,
  goodUntil,
  isOf,
  parseApproval,
  tokenOf,
  untimely,
} from "../../src/inputs/approval.ts";

const HASH = "4f1c0a9be27d6683".repeat(4);
const MADE = Date.parse("2026-11-24T02:50:41.500Z");
/** The digest is `printf '%s\n20261124T0250Z' "$HASH" | sha256sum | cut -c1-16`. */
const TOKEN = "172ae426da2ae6ce-20261124T0250Z";
const MINUTE = 60_000;

const anyHash = fc.stringMatching(/^[0-9a-f]{64}$/);
const anyTime = fc.date({ min: new Date(0), max: new Date("2999-12-31"), noInvalidDate: true });

function read(token: string): Approval {
  const approval = parseApproval(token);
  if (approval === undefined) throw new Error(`a token that cannot be read back: ${token}`);
  return approval;
}

describe("the token of a plan", () => {
  it("is a digest over the plan and the minute in which it was made, and that minute", () => {
    expect(tokenOf(HASH, MADE)).toBe(TOKEN);
    expect(read(TOKEN)).toEqual({ token: TOKEN, at: Date.parse("2026-11-24T02:50:00Z") });
  });

  it("shows nothing of the plan's hash, from which a token of another minute could be made", () => {
    fc.assert(
      fc.property(anyHash, anyTime, (hash, at) => {
        expect(hash.startsWith(tokenOf(hash, at.getTime()).slice(0, 8))).toBe(false);
      }),
    );
  });

  it("is of the plan that it was made of, and of no other, whatever hash and minute", () => {
    fc.assert(
      fc.property(anyHash, anyHash, anyTime, (hash, other, at) => {
        const approval = read(tokenOf(hash, at.getTime()));
        expect(isOf(approval, hash)).toBe(true);
        expect(isOf(approval, other)).toBe(hash === other);
        expect(at.getTime() - approval.at).toBeLessThan(MINUTE);
        expect(approval.at).toBeLessThanOrEqual(at.getTime());
      }),
    );
  });

  it("is of no plan any more when somebody edits its minute, to any other", () => {
    fc.assert(
      fc.property(anyHash, anyTime, anyTime, (hash, at, later) => {
        const [, minute = ""] = tokenOf(hash, later.getTime()).split("-");
        const edited = tokenOf(hash, at.getTime()).replace(/-.*/, `-${minute}`);
        const sameMinute = read(edited).at === read(tokenOf(hash, at.getTime())).at;
        expect(isOf(read(edited), hash)).toBe(sameMinute);
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
    TOKEN.slice(1),
    TOKEN.replace(/^./, "g"),
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
  const approval = read(TOKEN);
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
