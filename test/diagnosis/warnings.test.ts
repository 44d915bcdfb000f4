// What is worth knowing beside any verdict, in the order in which a person should read it.

import { expect, it } from "vitest";
import { seen } from "../../src/survey/survey.ts";
import { diagnosisOf } from "./surveys.ts";

it("begins with what an earlier run could not put back: nobody else tells of it", () => {
  const mark = {
    at: Date.UTC(2026, 10, 24, 2, 46),
    step: "01234567-1-boot-check",
    why: "Docker does not answer yet",
    key: "shop-1234abcd",
  };
  const history = seen({ files: [], git: [], packages: [], kills: [], gaveUp: [mark] });
  const { cause, warnings } = diagnosisOf({ history, clockSkew: 3_600 });
  expect(cause).toBe("healthy");
  expect(warnings[0]).toMatch(
    /^An earlier run could not put Odoo back as it was, and stopped trying at 02:46:00 UTC.* \(step 01234567-1-boot-check: Docker does not answer yet\)\. What it saved is in `\/var\/lib\/odoo-recover\/shop-1234abcd\/kept\/01234567-1-boot-check-put-back`\./,
  );
  expect(warnings.length).toBeGreaterThan(1);
});
