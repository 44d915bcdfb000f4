/** A database of 5 GB goes to the runner by the bundle. What was measured goes to test/results/backup.jsonl. */

import { afterAll, beforeAll, it } from "vitest";
import { measureBackup } from "./large-backup.ts";
import { record } from "./results.ts";
import { Bench } from "./run.ts";

const HOW =
  "the bundle's recover with backup: always, backup_to: runner, on the test droplet; VmRSS of its process every 0.1 s; then ssh host pg_dump -Fc > file of the same database";

let bench: Bench;

beforeAll(async () => {
  bench = await Bench.up();
});

afterAll(async () => {
  await bench.tidy();
});

it("5 GB pass through the runner's process, and it does not grow by them", async () => {
  record("backup.jsonl", HOW, {
    case: "5 GB to the runner",
    ...(await measureBackup(bench, 5_000)),
  });
}, 7_200_000);
