import { PASSES } from "../../../src/verify.ts";
import type { Scenario } from "./scenario.ts";

/** Each look asks for the login page: at Odoo's own port, through nginx on the host, and from outside. */
const PAGES_A_LOOK = 3;

export const fallsAgain: Scenario = {
  what: "Odoo is stopped, and whatever stopped it does so again a little after it is back.",
  watch: "Three good looks are not enough: the soak sees it fall, and it is not called recovered.",
  expected: {
    before: "502",
    status: "unhealthy",
    cause: "odoo-stopped",
    remedies: ["start-stack"],
    site: "down",
    ups: 1,
  },
  async prepare(sandbox) {
    const { engine } = sandbox;
    await sandbox.break("odoo-stopped");
    let pages = 0;
    engine.on("served", () => {
      pages += 1;
      const odoo = engine.of(sandbox.parameters.odooService);
      if (pages === PAGES_A_LOOK * (PASSES + 1) && odoo !== undefined) void engine.stop(odoo);
    });
    return { inputs: { soak: "10s" } };
  },
};
