// `unit` runs anywhere in a minute or two; `e2e` needs the test droplet (root, Docker), and goes side by side on two of
// them for half an hour; `long` is every case of these, and proves the test droplet itself: every fault and its undo.

import { spawnSync } from "node:child_process";
import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

/**
 * These run what every server has and the smallest of containers do not: ps, pgrep and pkill look at real processes, and
 * python3 runs the programs for Odoo's container. Where that is missing the other tests run, and this is said. CI has it.
 */
const NEEDS: readonly (readonly [programs: readonly string[], tests: readonly string[]])[] = [
  [
    ["ps", "pgrep", "pkill"],
    ["test/survey/probes.test.ts", "test/host/{host,put-back,step}.test.ts"],
  ],
  [
    ["python3"],
    ["test/survey/probes.test.ts", "test/remedies/{files,module,regenerate-assets,wipe-assets}.test.ts"],
  ],
];
const leftOut = NEEDS.flatMap(([programs, tests]) => {
  if (programs.every((program) => spawnSync("sh", ["-c", `command -v ${program}`]).status === 0)) return [];
  console.warn(`Without ${programs.join(", ")} these are left out: ${tests.join(", ")}`);
  return tests;
});

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: ["test/**/*.e2e.test.ts", "test/**/*.long.test.ts", ...leftOut],
          // On two cores vitest would take one: but much of the time of these tests is waiting.
          maxWorkers: Math.max(2, availableParallelism() - 1),
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: "e2e",
          include: ["test/**/*.e2e.test.ts"],
          // Each worker has a droplet of its own (droplet.ts): most of the time of a test is waiting.
          maxWorkers: 2,
          testTimeout: 300_000,
          hookTimeout: 900_000,
        },
      },
      {
        test: {
          name: "long",
          // The end-to-end tests as well, and of their tables every case (cases.ts).
          include: ["test/**/*.long.test.ts", "test/**/*.e2e.test.ts"],
          env: { EVERY_CASE: "1" },
          fileParallelism: false,
          testTimeout: 300_000,
          hookTimeout: 900_000,
        },
      },
    ],
  },
});
