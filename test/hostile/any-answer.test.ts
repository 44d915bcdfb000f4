// Whatever bytes a host answers with, a run ends in a verdict, in time, and can be told. On a failure fast-check prints the
// seed and the smallest droplet that does it.

import fc from "fast-check";
import { afterAll, it } from "vitest";
import { behaviour, endsInAVerdict } from "./any-answer.ts";
import { Stages } from "./droplet.ts";

const stages = new Stages();
afterAll(() => stages[Symbol.asyncDispose]());

it("ends in a verdict for any bytes as the answer of any program", async () => {
  const property = fc.asyncProperty(behaviour, (droplet) => endsInAVerdict(stages, droplet));
  await fc.assert(property, {
    numRuns: 200,
    interruptAfterTimeLimit: 45_000,
    markInterruptAsFailure: false,
    endOnFailure: true,
  });
}, 180_000);
