/** Tables of attacks as tests: one for each row. */

import { afterAll, describe, it } from "vitest";
import type { Attack } from "./attack.ts";
import { Stages } from "./droplet.ts";
import { complaints } from "./judge.ts";
import { attacked } from "./run.ts";

/** Beyond an attack's own time: a worker may be busy with other files. */
const PATIENCE = 120_000;

export function judgeEach(areas: Readonly<Record<string, readonly Attack[]>>): void {
  const stages = new Stages();
  afterAll(() => stages[Symbol.asyncDispose]());
  for (const [area, attacks] of Object.entries(areas)) {
    describe.concurrent(area, () => {
      for (const attack of attacks) {
        it(
          `${attack.name}: it does no harm`,
          async ({ expect }) => {
            const found = await attacked(stages, attack, complaints);
            expect(found, found.join("\n")).toEqual([]);
          },
          (attack.seconds ?? 60) * 1000 + PATIENCE,
        );
      }
    });
  }
}
