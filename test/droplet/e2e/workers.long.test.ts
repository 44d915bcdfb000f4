/** The same freezes, and pages that workers remember, with Odoo's prefork server (workers = 2), whose processes are many. Judged from outside. */

import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { bringsBack } from "./bundles.ts";
import { Bench } from "./run.ts";

let bench: Bench;

beforeAll(async () => {
  bench = await Bench.up({ name: "workers", workers: 2 });
});

afterEach(async () => {
  await bench.tidy();
});

afterAll(async () => {
  await bench.droplet.down({ purge: true });
});

describe("with two workers", () => {
  it.each(["odoo-paused", "odoo-sigstop"])("%s is brought back by letting it go on", async (fault) => {
    const before = await bench.droplet.inspect("odoo");
    await bench.break(fault);
    const { end } = await bench.run();
    await bench.droplet.assertHealthy();
    await bench.nothingLeftBehind();
    expect((await bench.droplet.inspect("odoo"))?.State.StartedAt).toBe(before?.State.StartedAt);
    expect(end.outputs.get("status"), end.log).toBe("recovered");
    expect(end.outputs.get("cause")).toBe("odoo-frozen");
    expect(end.outputs.get("remedies")).toBe("resume-odoo");
  });

  it("odoo-hangs is brought back by a restart, and the stacks of the workers are saved before", async () => {
    await bench.break("odoo-hangs");
    const { end } = await bench.run();
    await bench.droplet.assertHealthy();
    await bench.nothingLeftBehind();
    expect(end.outputs.get("status"), end.log).toBe("recovered");
    expect(end.outputs.get("remedies")).toBe("restart-odoo");
    expect(end.outputs.get("next")).toContain("shop_notes/models.py");
  });

  it("assets-deleted is brought back by compiling anew: both workers are told, and neither is restarted", async () => {
    await bringsBack(bench, "assets-deleted");
    // Whichever of them answers.
    for (let times = 0; times < 6; times++) await bench.droplet.assertHealthy();
  });

  it("a healthy site is left exactly as it was", async () => {
    const before = await bench.look();
    const { end } = await bench.run();
    expect(await bench.look()).toEqual(before);
    await bench.nothingLeftBehind();
    expect(end.outputs.get("status"), end.log).toBe("healthy");
  });
});
