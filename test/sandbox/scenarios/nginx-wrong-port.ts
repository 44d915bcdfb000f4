import type { Scenario } from "./scenario.ts";

export const nginxWrongPort: Scenario = {
  what: "nginx sends everything to a port where nothing listens.",
  watch: "The line of its configuration is named, beside the port on which Odoo answers; nothing is changed.",

  expected: {
    before: "502",
    status: "unhealthy",
    cause: "nginx-elsewhere",
    remedies: [],
    site: "down",
    ups: 0,
  },
  async prepare(sandbox) {
    await sandbox.break("nginx-wrong-port");
    return {};
  },
};
