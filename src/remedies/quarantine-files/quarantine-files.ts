/**
 * Before 2.1 of the runbook: files of compiled bundles whose content is not what was stored are moved aside, for whatever is
 * compiled anew would collide with them. Files of users' that are damaged are told, and never moved.
 */

import { readFileSync } from "node:fs";
import type { Diagnosis } from "../../diagnosis/diagnosis.ts";
import { RefusedError } from "../../errors.ts";
import { operand, word } from "../../host/typed.ts";
import { asRoot, inOdooProgram } from "../in-odoo.ts";
import { type Remedy, targetOf } from "../remedy.ts";
import { databaseFor } from "../second-odoo.ts";

const PROGRAM = readFileSync(new URL("./quarantine-files.sh", import.meta.url), "utf8");
const QUARANTINE = readFileSync(new URL("./quarantine.py", import.meta.url), "utf8");
const STORED = readFileSync(new URL("./stored.sql", import.meta.url), "utf8");

export const quarantineFiles: Remedy = {
  name: "quarantine-files",
  does: "moves files of compiled bundles aside that are not what was stored; none of users'",
  commands: (diagnosis) => {
    const listed = 'for f in ??/*; do echo "$(basename "$f")  $f"; done | sha1sum --check --quiet';
    // It names those that are not what was stored.
    return asRoot(diagnosis, `sh -c ${word(`cd ${operand(filestoreOf(diagnosis))} && ${listed}`)}`);
  },
  goesWith: (diagnosis) =>
    `of the files that the command below names, those that no attachment of users' names go to ${asideOf(diagnosis)}`,
  program: (diagnosis) => {
    const { db, dbUser } = targetOf(diagnosis);
    if (db === undefined)
      throw new RefusedError(
        "Which files are users' is in the database, which has no container in this project",
      );
    return inOdooProgram(diagnosis, PROGRAM, QUARANTINE, "moved", {
      DB_CONTAINER: db.id,
      DB_USER: dbUser ?? "",
      DATABASE: databaseFor(diagnosis),
      STORED_SQL: STORED,
    });
  },
};

function filestoreOf({ setup }: Diagnosis): string {
  return setup?.filestore || "/var/lib/odoo/filestore/DATABASE";
}

function asideOf({ setup }: Diagnosis): string {
  return `${setup?.dataDirectory ?? "/var/lib/odoo"}/odoo-recover/`;
}
