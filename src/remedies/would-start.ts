/** What a remedy needs that starts Odoo again: would-start.sh has the function for its program. */

import { readFileSync } from "node:fs";
import type { Diagnosis } from "../diagnosis/diagnosis.ts";
import { ifSeen } from "../survey/survey.ts";
import { LOADER } from "./in-odoo.ts";
import { odooOf, targetOf } from "./remedy.ts";

const WOULD_START = readFileSync(new URL("./would-start.sh", import.meta.url), "utf8");
const ODOO_PROCESS = readFileSync(new URL("../survey/odoo-process.py", import.meta.url), "utf8");
const WOULD_START_PY = readFileSync(new URL("./would-start.py", import.meta.url), "utf8");

/** Puts the function of would-start.sh in front of a remedy's own program. */
export function wouldStartProgram(
  diagnosis: Diagnosis,
  text: string,
  values: Readonly<Record<string, string>>,
): { readonly text: string; readonly values: Readonly<Record<string, string>> } {
  return {
    text: `${WOULD_START}\n${text}`,
    values: {
      CONTAINER: odooOf(diagnosis).id,
      DATABASE: ifSeen(targetOf(diagnosis).database) ?? "",
      WOULD_START: `${ODOO_PROCESS}\n\n${WOULD_START_PY}`,
      LOADER,
      ...values,
    },
  };
}
