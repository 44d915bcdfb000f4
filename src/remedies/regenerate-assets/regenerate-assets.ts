/** Runbook 2.1, the quick fix: Odoo compiles its stylesheets and scripts anew, and its workers are told. */

import { readFileSync } from "node:fs";
import { word } from "../../host/typed.ts";
import { pageProgram } from "../page.ts";
import type { Remedy } from "../remedy.ts";
import { secondOdooProgram, shellCommand } from "../second-odoo.ts";

const PROGRAM = readFileSync(new URL("./regenerate-assets.sh", import.meta.url), "utf8");
const REGENERATE = readFileSync(new URL("./regenerate.py", import.meta.url), "utf8");

/** Of Odoo's own, from 15 on. */
const BY_HAND = "env['ir.attachment'].regenerate_assets_bundles(); env.cr.commit()";

export const regenerateAssets: Remedy = {
  name: "regenerate-assets",
  does: "has Odoo compile its stylesheets and scripts again, all or none of them, replaces files of them that are damaged, and tells its workers",
  commands: (diagnosis) => {
    const shell = shellCommand(diagnosis);
    // Before 15 Odoo has no words for it; its program has.
    return Number.parseFloat(diagnosis.setup?.version ?? "") >= 15
      ? `printf '%s\\n' ${word(BY_HAND)} | ${shell}`
      : "";
  },
  program: (diagnosis) => {
    const { text, values } = pageProgram(diagnosis, PROGRAM, { REGENERATE });
    return secondOdooProgram(diagnosis, text, values);
  },
};
