/** Runbook 1.4, second line: restart Odoo, and only Odoo. */

import { readFileSync } from "node:fs";
import type { Diagnosis } from "../../diagnosis/diagnosis.ts";
import { operand } from "../../host/typed.ts";
import { ABOUT_TO_STOP, deadMan } from "../dead-man.ts";
import { checkedProgram, odooOf, type Remedy } from "../remedy.ts";
import { wouldStartProgram } from "../would-start.ts";

const PROGRAM = readFileSync(new URL("./restart-odoo.sh", import.meta.url), "utf8");

export const restartOdoo: Remedy = {
  name: "restart-odoo",
  does: "restarts the Odoo container, and leaves the database alone",
  commands: (diagnosis) => `docker restart --time ${patience(diagnosis)} ${operand(odooOf(diagnosis).name)}`,
  program: (diagnosis) => {
    const putBack = deadMan(diagnosis, { afterReboot: "wanted" });
    const { PROJECT = "", SERVICE = "" } = putBack.values;
    const { text, values } = wouldStartProgram(diagnosis, `${ABOUT_TO_STOP}\n${PROGRAM}`, {
      PROJECT,
      SERVICE,
      PATIENCE: patience(diagnosis),
    });
    return { ...checkedProgram(text, values), putBack };
  },
};

/** In seconds. One that answers nothing ends nothing either. */
function patience({ cause }: Diagnosis): string {
  return cause === "odoo-frozen" ? "10" : "30";
}
