import type { Scenario } from "./scenario.ts";

export const nginxInvalid: Scenario = {
  what: "nginx was restarted with a configuration that it does not take, and is down.",
  watch: "The mistake is named by file and line, and left to a person: nothing is changed.",

  expected: {
    before: "refused",
    status: "unhealthy",
    cause: "nginx-config-invalid",
    remedies: [],
    site: "down",
    ups: 0,
  },
  async prepare(sandbox) {
    await sandbox.break("nginx-invalid");
    return {};
  },
};
