import type { Scenario } from "./scenario.ts";

export const stackDown: Scenario = {
  what: "`compose down`: no container is left that could tell where the project is.",
  watch: "The project is found by its files in the runbook's directory, and brought up whole.",
  expected: {
    before: "502",
    status: "recovered",
    cause: "stack-down",
    remedies: ["start-stack"],
    site: "up",
    ups: 1,
  },
  async prepare(sandbox) {
    await sandbox.break("stack-down");
    return {};
  },
};
