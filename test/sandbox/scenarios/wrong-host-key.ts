import { makeKey } from "../../host/ssh/test-server.ts";
import type { Scenario } from "./scenario.ts";

export const wrongHostKey: Scenario = {
  what: "Odoo is stopped, and the server that answers shows another host key than the pinned one.",
  watch: "It refuses before it logs in, and shows both fingerprints and how to compare them.",
  expected: { before: "502", status: "refused", cause: undefined, remedies: [], site: "down", ups: 0 },
  async prepare(sandbox) {
    await sandbox.break("odoo-stopped");
    return { inputs: { fingerprint: makeKey().fingerprint } };
  },
};
