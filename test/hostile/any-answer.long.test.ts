// As any-answer.test.ts, many times more.

import fc from "fast-check";
import { afterAll, it } from "vitest";
import { behaviour, endsInAVerdict } from "./any-answer.ts";
import { Stages } from "./droplet.ts";

const stages = new Stages();
afterAll(() => stages[Symbol.asyncDispose]());

it("ends in a verdict for any bytes as the answer of any program, thousands of times", async () => {
  const property = fc.asyncProperty(behaviour, (droplet) => endsInAVerdict(stages, droplet));
  await fc.assert(property, { numRuns: 5_000, endOnFailure: true });
}, 3_600_000);
