import type { Scenario } from "./scenario.ts";

export const odooStopped: Scenario = {
  what: "Somebody stopped Odoo: its container is there and does not run, nginx answers 502.",
  watch: "The evidence is off the host before anything is changed, and the database is left alone.",
  expected: {
    before: "502",
    status: "recovered",
    cause: "odoo-stopped",
    remedies: ["start-stack"],
    site: "up",
    ups: 1,
  },
  async prepare(sandbox) {
    await sandbox.break("odoo-stopped");
    return {};
  },
};
