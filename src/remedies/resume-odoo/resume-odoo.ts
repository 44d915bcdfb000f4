/** Below runbook 1.4: an Odoo that was only halted goes on without losing what it was doing. */

import { readFileSync } from "node:fs";
import { operand } from "../../host/typed.ts";
import { checkedProgram, odooOf, type Remedy } from "../remedy.ts";

const PROGRAM = readFileSync(new URL("./resume-odoo.sh", import.meta.url), "utf8");

export const resumeOdoo: Remedy = {
  name: "resume-odoo",
  does: "lets Odoo's halted processes go on, and restarts nothing",
  commands: (diagnosis) => {
    const odoo = odooOf(diagnosis);
    return odoo.state === "paused"
      ? `docker unpause ${operand(odoo.name)}`
      : `docker top ${operand(odoo.name)} -o pid | tail -n +2 | xargs kill -CONT`;
  },
  program: (diagnosis) => checkedProgram(PROGRAM, { CONTAINER: odooOf(diagnosis).id }),
};
