/**
 * The budget of recoveries on the test droplet, by the bundle: a site that is stopped three times in a row is recovered,
 * recovered as a recurrence, and then left to a person. Judged by docker inspect, curl and the droplet's files.
 */

import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { Bench, type Run } from "./run.ts";

let bench: Bench;

beforeAll(async () => {
  bench = await Bench.up();
});

afterEach(async () => {
  await bench.tidy();
});

async function stopAndRun(event = ""): Promise<Run> {
  await bench.droplet.produce("odoo-stopped");
  return await bench.run({}, "deploy", event);
}

const record = (): Promise<string> => bench.droplet.script("cat /var/lib/odoo-recover/*/recoveries");
const loginPage = async (): Promise<number> => (await bench.droplet.http("/web/login")).code;

describe("a site that is stopped three times in a row", () => {
  it("is recovered, recovered as a recurrence, refused as it is, and recovered again where a person overrides that", async () => {
    const first = await stopAndRun();
    expect(first.end.exitCode, first.end.log).toBe(0);
    expect(first.end.outputs.get("status")).toBe("recovered");
    expect(first.end.outputs.get("next")).toBe("");
    expect(first.end.log).toMatch(/^::notice title=Odoo Recover%3A recovered::/m);

    const second = await stopAndRun();
    expect(second.end.exitCode, second.end.log).toBe(0);
    expect(second.end.outputs.get("status")).toBe("recovered");
    expect(second.end.summary.split("\n")[0]).toContain(
      "Recovered, but this is a recurrence: the same cause (odoo-stopped) was recovered",
    );
    expect(second.end.log).toMatch(/^::warning title=Odoo Recover%3A recovered::/m);
    expect(await loginPage()).toBe(200);

    await bench.droplet.produce("odoo-stopped");
    const before = [await bench.look(), await record()];
    // Without a person too, and with what only a person may say.
    for (const [more, event] of [
      [{}, ""],
      [{}, "schedule"],
      [{ override_budget: "true" }, "schedule"],
    ] as const) {
      const { end } = await bench.run(more, "deploy", event);
      expect([await bench.look(), await record()]).toEqual(before);
      expect((await bench.droplet.inspect("odoo"))?.State.Status).toBe("exited");
      expect(await loginPage()).not.toBe(200);
      await bench.nothingLeftBehind();
      expect(end.exitCode, end.log).toBe(1);
      expect(end.outputs.get("status"), end.log).toBe("refused");
      expect(end.outputs.get("changed")).toBe("false");
      expect(end.outputs.get("headline")).toContain(
        "override_budget" in more ? "`override_budget` does not count" : "The budget is spent",
      );
      expect(end.outputs.get("next")).toContain("override_budget: true");
    }

    const { end } = await bench.run({ override_budget: "true" }, "root", "workflow_dispatch");
    expect(end.exitCode, end.log).toBe(0);
    expect(end.outputs.get("status")).toBe("recovered");
    expect(await loginPage()).toBe(200);
    expect((await record()).trimEnd().split("\n")).toHaveLength(3);
    await bench.nothingLeftBehind();
  });

  it("warns of a recovery at which nobody was present", async () => {
    const { end } = await stopAndRun("schedule");
    expect(end.outputs.get("status"), end.log).toBe("recovered");
    expect(end.log).toMatch(/^::warning title=Odoo Recover%3A recovered::/m);
  });
});
