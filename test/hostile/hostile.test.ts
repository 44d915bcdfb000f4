// A droplet that lies, against the bundle as a runner starts it: nothing that it says harms the runner, the workflow or the
// reader. Every row of the tables is judged by the same rules (judge.ts). What takes minutes is in hostile.long.test.ts.

import { describe, expect, it } from "vitest";
import { ATTACKS, OTHER_ATTACKS } from "./attacks/index.ts";
import { judgeEach } from "./judge-each.ts";

judgeEach(ATTACKS);

describe("the tables", () => {
  it("name every attack once", () => {
    const names = [...Object.values(ATTACKS), ...Object.values(OTHER_ATTACKS)].flatMap((attacks) =>
      attacks.map(({ name }) => name),
    );
    expect(new Set(names).size).toBe(names.length);
  });
});
