/** A database of 300 MB goes to the runner by the bundle; 5 GB do in the long run. */

import { afterAll, beforeAll, it } from "vitest";
import { measureBackup } from "./large-backup.ts";
import { Bench } from "./run.ts";

let bench: Bench;

beforeAll(async () => {
  bench = await Bench.up();
});

afterAll(async () => {
  await bench.tidy();
});

it("300 MB pass through the runner's process, and it does not grow by them", async () => {
  await measureBackup(bench, 300);
});
