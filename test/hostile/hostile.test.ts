// A droplet that lies, against the bundle as a runner starts it: nothing that it says harms the runner, the workflow or the
// reader. Every row of the tables is judged by the same rules (judge.ts).

import { afterAll, describe, expect, it } from "vitest";
import { ATTACKS } from "./attacks/index.ts";
import { Stages } from "./droplet.ts";
import { complaints } from "./judge.ts";
import { attacked } from "./run.ts";

const stages = new Stages();
afterAll(() => stages[Symbol.asyncDispose]());

for (const [area, attacks] of Object.entries(ATTACKS)) {
  describe.concurrent(area, () => {
    for (const attack of attacks) {
      it(`${attack.name}: it does no harm`, async ({ expect }) => {
        const found = await attacked(stages, attack, complaints);
        expect(found, found.join("\n")).toEqual([]);
      }, 180_000);
    }
  });
}

describe("the tables", () => {
  it("name every attack once", () => {
    const names = Object.values(ATTACKS).flatMap((attacks) => attacks.map(({ name }) => name));
    expect(new Set(names).size).toBe(names.length);
  });
});
