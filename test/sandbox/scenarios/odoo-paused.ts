import type { Scenario } from "./scenario.ts";

export const odooPaused: Scenario = {
  what: "Odoo's container is paused: connections are accepted, and nothing answers.",
  watch: "It goes on where it stood, and nothing of what it was doing is lost.",
  hurry: 5,
  expected: {
    before: "504",
    status: "recovered",
    cause: "odoo-frozen",
    remedies: ["resume-odoo"],
    site: "up",
    ups: 0,
  },
  async prepare(sandbox) {
    await sandbox.break("odoo-paused");
    return {};
  },
};
