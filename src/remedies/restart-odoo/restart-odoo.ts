/** Runbook 1.4, second line: restart Odoo, and only Odoo. */

import { readFileSync } from "node:fs";
import type { Target } from "../../diagnosis/target.ts";
import { RefusedError } from "../../errors.ts";
import type { Remedy } from "../remedy.ts";

const PROGRAM = readFileSync(new URL("./restart-odoo.sh", import.meta.url), "utf8");

export const restartOdoo: Remedy = {
  name: "restart-odoo",
  risk: "restart",
  does: "restarts the Odoo container, and leaves the database alone",
  commands: (target) => `docker restart --time 30 ${target.odoo?.name ?? target.odooService}`,
  program: (target) => ({ text: PROGRAM, values: { CONTAINER: containerOf(target) } }),
};

function containerOf(target: Target): string {
  if (target.odoo === undefined)
    throw new RefusedError(`The service ${target.odooService} has no container to restart`);
  return target.odoo.id;
}
