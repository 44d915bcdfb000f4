/** Runbook 2.2: gives Odoo back what it may not use of its own files, and nothing else. */

import { readFileSync } from "node:fs";
import type { Diagnosis } from "../../diagnosis/diagnosis.ts";
import { operand } from "../../host/typed.ts";
import { ifSeen } from "../../survey/survey.ts";
import { asRoot, inOdooProgram } from "../in-odoo.ts";
import { type Remedy, targetOf } from "../remedy.ts";

const PROGRAM = readFileSync(new URL("./fix-permissions.sh", import.meta.url), "utf8");
const PERMISSIONS = readFileSync(new URL("./permissions.py", import.meta.url), "utf8");

export const fixPermissions: Remedy = {
  name: "fix-permissions",
  does: "gives Odoo back the files and folders of its own that it may not use, and keeps whose they were",
  commands: (diagnosis) => {
    const { user, directory } = setupOf(diagnosis);
    const [uid = ""] = user.split(":");
    return asRoot(
      diagnosis,
      `find ${operand(directory)} -xdev ! -user ${operand(uid)} -exec chown -h ${operand(user)} {} +`,
    );
  },
  program: (diagnosis) => {
    return inOdooProgram(diagnosis, PROGRAM, PERMISSIONS, "owners", {
      DATABASE: ifSeen(targetOf(diagnosis).database) ?? "",
    });
  },
};

/** For people: the program finds out by itself as whom Odoo runs, and where its files are. */
function setupOf({ setup }: Diagnosis): { readonly user: string; readonly directory: string } {
  return { user: setup?.user || "odoo:odoo", directory: setup?.dataDirectory ?? "/var/lib/odoo" };
}
