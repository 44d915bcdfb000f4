/** All scenarios by name, in the order in which a newcomer should see them. */

import { connectionCut } from "./connection-cut.ts";
import { fallsAgain } from "./falls-again.ts";
import { healthy } from "./healthy.ts";
import { odooRemoved } from "./odoo-removed.ts";
import { odooStopped } from "./odoo-stopped.ts";
import type { Scenario } from "./scenario.ts";
import { secondRecoveryAtWork } from "./second-recovery-at-work.ts";
import { stackDown } from "./stack-down.ts";
import { wrongHostKey } from "./wrong-host-key.ts";

export const DEFAULT_SCENARIO = "odoo-stopped";

export const SCENARIOS: ReadonlyMap<string, Scenario> = new Map([
  [DEFAULT_SCENARIO, odooStopped],
  ["odoo-removed", odooRemoved],
  ["stack-down", stackDown],
  ["healthy", healthy],
  ["connection-cut", connectionCut],
  ["falls-again", fallsAgain],
  ["second-recovery-at-work", secondRecoveryAtWork],
  ["wrong-host-key", wrongHostKey],
]);
