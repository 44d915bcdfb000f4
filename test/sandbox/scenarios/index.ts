/** All scenarios by name, in the order in which a newcomer should see them. */

import { connectionCut } from "./connection-cut.ts";
import { crashLoop } from "./crash-loop.ts";
import { databaseStopped } from "./database-stopped.ts";
import { dockerStopped } from "./docker-stopped.ts";
import { fallsAgain } from "./falls-again.ts";
import { healthy } from "./healthy.ts";
import { nginxInvalid } from "./nginx-invalid.ts";
import { nginxStopped } from "./nginx-stopped.ts";
import { nginxWrongPort } from "./nginx-wrong-port.ts";
import { odooPaused } from "./odoo-paused.ts";
import { odooRemoved } from "./odoo-removed.ts";
import { odooStopped } from "./odoo-stopped.ts";
import type { Scenario } from "./scenario.ts";
import { secondRecoveryAtWork } from "./second-recovery-at-work.ts";
import { somebodyAtWork } from "./somebody-at-work.ts";
import { stackDown } from "./stack-down.ts";
import { wrongHostKey } from "./wrong-host-key.ts";

export const DEFAULT_SCENARIO = "odoo-stopped";

export const SCENARIOS: ReadonlyMap<string, Scenario> = new Map([
  [DEFAULT_SCENARIO, odooStopped],
  ["odoo-removed", odooRemoved],
  ["odoo-paused", odooPaused],
  ["crash-loop", crashLoop],
  ["stack-down", stackDown],
  ["database-stopped", databaseStopped],
  ["docker-stopped", dockerStopped],
  ["nginx-stopped", nginxStopped],
  ["nginx-invalid", nginxInvalid],
  ["nginx-wrong-port", nginxWrongPort],
  ["healthy", healthy],
  ["somebody-at-work", somebodyAtWork],
  ["second-recovery-at-work", secondRecoveryAtWork],
  ["connection-cut", connectionCut],
  ["falls-again", fallsAgain],
  ["wrong-host-key", wrongHostKey],
]);
