import { acquireLease } from "../../../src/host/lease/lease.ts";
import { stateKey, statePlace } from "../../../src/host/state.ts";
import type { Scenario } from "./scenario.ts";

export const secondRecoveryAtWork: Scenario = {
  what: "Odoo is stopped, and another recovery holds the project's lease.",
  watch: "It diagnoses, finds the lease held, names who holds it since when, and changes nothing.",
  expected: { before: "502", status: "refused", cause: "odoo-stopped", remedies: [], site: "down", ups: 0 },
  async prepare(sandbox) {
    await sandbox.break("odoo-stopped");
    const host = await sandbox.openHost();
    host.become("sudo");
    const place = statePlace(stateKey(sandbox.parameters.project, sandbox.directory));
    await acquireLease(host, place, "0".repeat(32), "the workflow smoke-and-heal, run 41");
    await host.close();
    return {};
  },
};
