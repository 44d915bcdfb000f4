// `unit` runs anywhere in a minute or two; `e2e` needs the test droplet (root, Docker), and goes side by side on two of
// them for half an hour; `long` proves the test droplet itself, every fault and its undo, and is for those who change it.

import { spawnSync } from "node:child_process";
import { defineConfig } from "vitest/config";

/**
 * These look at real processes with ps, pgrep and pkill, which every server has and the smallest of containers do not:
 * there the other tests run, and this is said. CI has them.
 */
const NEED_PROCPS = ["test/survey/probes.test.ts", "test/host/{host,put-back,step}.test.ts"];
const hasProcps = ["ps", "pgrep", "pkill"].every(
  (program) => spawnSync("sh", ["-c", `command -v ${program}`]).status === 0,
);
if (!hasProcps) console.warn(`Without ps, pgrep and pkill these are left out: ${NEED_PROCPS.join(", ")}`);

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: ["test/**/*.e2e.test.ts", "test/**/*.long.test.ts", ...(hasProcps ? [] : NEED_PROCPS)],
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
          include: ["test/**/*.long.test.ts"],
          fileParallelism: false,
          testTimeout: 300_000,
          hookTimeout: 900_000,
        },
      },
    ],
  },
});
