/** Runbook 2.1, the quick fix: Odoo compiles its stylesheets and scripts anew, and its workers are told. */

import { readFileSync } from "node:fs";
import { pageProgram } from "../page.ts";
import type { Remedy } from "../remedy.ts";
import { secondOdooProgram, shellCommand } from "../second-odoo.ts";

const PROGRAM = readFileSync(new URL("./regenerate-assets.sh", import.meta.url), "utf8");
const REGENERATE = readFileSync(new URL("./regenerate.py", import.meta.url), "utf8");

export const regenerateAssets: Remedy = {
  name: "regenerate-assets",
  does: "has Odoo compile its stylesheets and scripts anew, all or none of them, replaces files of them that are damaged, and tells its workers",
  commands: (diagnosis) => `${shellCommand(diagnosis)} <regenerate.py`,
  program: (diagnosis) => {
    const { text, values } = pageProgram(diagnosis, PROGRAM, { REGENERATE });
    return secondOdooProgram(diagnosis, text, values);
  },
};
