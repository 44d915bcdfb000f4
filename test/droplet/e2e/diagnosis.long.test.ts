/**
 * Every fault, produced for real and diagnosed by the bundle: the cause that its script expects is the cause that is
 * found. What was found goes to test/results/faults.jsonl. Faults that are none, and sites that are made differently,
 * are never called unhealthy.
 */

import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { Droplet } from "../droplet.ts";
import { allFaults, faultNamed } from "../faults.ts";
import type { DropletOptions } from "../parameters.ts";
import { record } from "./results.ts";
import { Bench, type Run } from "./run.ts";

const HOW =
  "symptom by curl, docker inspect and psql before the run and seconds later; the cause of the bundle's `check` against the one in the fault's script";

let bench: Bench;

async function diagnosed(fault: string, variant = ""): Promise<Run["end"]> {
  const { expectedCause, description } = faultNamed(fault);
  // What passes by itself has no time for a long control.
  await bench.break(fault, /-running$|^db-starting$|^intermittent/.test(fault) ? 0 : 2);
  const { end } = await bench.run({ mode: "check" });
  const { outputs } = end;
  record("faults.jsonl", HOW, {
    case: variant === "" ? fault : `${fault} (${variant})`,
    expected: expectedCause,
    found: outputs.get("cause") ?? "",
    status: outputs.get("status") ?? "",
  });
  expect(outputs.get("cause"), `${description}\n${end.log}`).toBe(expectedCause);
  expect(outputs.get("changed")).toBe("false");
  if (expectedCause === "healthy") expect(["healthy", "degraded"]).toContain(outputs.get("status"));
  else expect(outputs.get("status")).not.toBe("healthy");
  return end;
}

describe("the cause that is found is the expected one", () => {
  beforeAll(async () => {
    bench = await Bench.up();
  });
  afterEach(async () => {
    await bench.tidy();
  });

  it.each(allFaults().map(({ name }) => name))("%s", async (fault) => {
    await diagnosed(fault);
  });
});

describe.each<[string, DropletOptions, readonly string[]]>([
  [
    "other names in another directory, two workers",
    {
      name: "variant",
      directory: "/srv/shop",
      project: "laden",
      composeFile: "compose.yaml",
      odooService: "web",
      dbService: "postgres",
      database: "shop_prod",
      workers: 2,
    },
    [
      "odoo-stopped",
      "db-stopped",
      "assets-deleted",
      "assets-rows-deleted",
      "filestore-permissions",
      "scss-error",
    ],
  ],
])("a droplet with %s", (name, options, faults) => {
  beforeAll(async () => {
    bench = await Bench.up(options);
  });
  afterEach(async () => {
    await bench.tidy();
  });
  afterAll(async () => {
    await Droplet.down("variant", { purge: true });
  });

  it("is healthy as it is", async () => {
    const { end } = await bench.run({ mode: "check" });
    const [cause = "", status = ""] = [end.outputs.get("cause"), end.outputs.get("status")];
    record("faults.jsonl", HOW, { case: `no fault (${name})`, expected: "healthy", found: cause, status });
    expect([cause, status], end.log).toEqual(["healthy", "healthy"]);
  });

  it.each(faults)("%s is found as well", async (fault) => {
    await diagnosed(fault, name);
  });
});
