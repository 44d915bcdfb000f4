import type { Scenario } from "./scenario.ts";

export const databaseStopped: Scenario = {
  what: "The database was stopped; Odoo runs and answers 500.",
  watch: "Only the database is started; Odoo finds back to it by itself and is not restarted.",

  expected: {
    before: "500",
    status: "recovered",
    cause: "database-down",
    remedies: ["start-db"],
    site: "up",
    ups: 0,
  },
  async prepare(sandbox) {
    await sandbox.break("db-stopped");
    return {};
  },
};
