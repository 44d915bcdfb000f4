import { setTimeout as sleep } from "node:timers/promises";
import type { Scenario } from "./scenario.ts";

/** Milliseconds that the update goes on for. */
const UPDATE = 4_000;

export const somebodyAtWork: Scenario = {
  what: "Odoo is stopped, for somebody updates a module just now.",
  watch: "It waits until the update has ended by itself, looks again, and only then starts Odoo.",

  expected: {
    before: "502",
    status: "recovered",
    cause: "in-progress",
    remedies: ["start-stack"],
    site: "up",
    ups: 1,
  },
  async prepare(sandbox) {
    await sandbox.break("update-running");
    const ended = sleep(UPDATE).then(() => sandbox.finish("update-running"));
    return { end: () => ended };
  },
};
