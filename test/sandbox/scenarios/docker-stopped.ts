import type { Scenario } from "./scenario.ts";

export const dockerStopped: Scenario = {
  what: "The Docker daemon was stopped, and every container with it.",
  watch: "The daemon is started, and brings back what ran: the database, then Odoo.",

  expected: {
    before: "502",
    status: "recovered",
    cause: "docker-down",
    remedies: ["start-docker"],
    site: "up",
    ups: 0,
  },
  async prepare(sandbox) {
    await sandbox.break("docker-stopped");
    return {};
  },
};
