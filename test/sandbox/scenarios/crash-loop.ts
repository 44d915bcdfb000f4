import { until } from "../../support/clocks.ts";
import type { Scenario } from "./scenario.ts";

export const crashLoop: Scenario = {
  what: "An addon ends Odoo at each start, and Docker starts it again and again.",
  watch: "Odoo is booted once alone to hear why, and put back as it was: the reason comes from its own log.",

  expected: {
    before: "502",
    status: "unhealthy",
    cause: "odoo-crash-loop",
    remedies: ["boot-check"],
    site: "down",
    // What puts Odoo back after the boot check.
    ups: 1,
  },
  async prepare(sandbox) {
    await sandbox.break("crash-loop-exit");
    const odoo = () => sandbox.engine.of(sandbox.parameters.odooService)?.restartCount ?? 0;
    await until("Docker has restarted Odoo twice", () => odoo() >= 2, 30_000);
    return {};
  },
};
