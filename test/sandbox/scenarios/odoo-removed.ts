import type { Scenario } from "./scenario.ts";

export const odooRemoved: Scenario = {
  what: "Odoo's container was removed (`compose rm`): there is nothing to start, it must be made.",
  watch: "The container is made anew from the compose file; the database keeps running.",
  expected: {
    before: "502",
    status: "recovered",
    cause: "odoo-absent",
    remedies: ["start-stack"],
    site: "up",
    ups: 1,
  },
  async prepare(sandbox) {
    await sandbox.break("odoo-removed");
    return {};
  },
};
