import type { Scenario } from "./scenario.ts";

export const healthy: Scenario = {
  what: "Nothing is broken.",
  watch: "It looks once, changes nothing and leaves nothing behind, although it might recover.",
  expected: { before: "200", status: "healthy", cause: "healthy", remedies: [], site: "up", ups: 0 },
  prepare: async () => ({}),
};
