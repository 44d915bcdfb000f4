import type { Scenario } from "./scenario.ts";

export const nginxStopped: Scenario = {
  what: "nginx does not run; Odoo behind it is well.",
  watch: "Its configuration is tested first, then nginx alone is started: no container is touched.",

  expected: {
    before: "refused",
    status: "recovered",
    cause: "nginx-down",
    remedies: ["start-nginx"],
    site: "up",
    ups: 0,
  },
  async prepare(sandbox) {
    await sandbox.break("nginx-stopped");
    return {};
  },
};
