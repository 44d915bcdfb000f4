/** Runbook 2.3, database cleanup: the rows of all compiled bundles deleted and their files moved aside, to be made anew. */

import { readFileSync } from "node:fs";
import type { Diagnosis, Setup } from "../../diagnosis/diagnosis.ts";
import { RefusedError } from "../../errors.ts";
import { assignments } from "../../host/quote.ts";
import { pageProgram } from "../page.ts";
import { type Remedy, targetOf } from "../remedy.ts";
import { secondOdooProgram } from "../second-odoo.ts";

const PROGRAM = readFileSync(new URL("./wipe-assets.sh", import.meta.url), "utf8");
const SESSION = readFileSync(new URL("./session.sh", import.meta.url), "utf8");
const PUT_BACK = readFileSync(new URL("./put-back.sh", import.meta.url), "utf8");
const FILES_PY = readFileSync(new URL("./files.py", import.meta.url), "utf8");
const BEGIN_SQL = readFileSync(new URL("./begin.sql", import.meta.url), "utf8");
const BUNDLES_SQL = readFileSync(new URL("./bundles.sql", import.meta.url), "utf8");
const FILES_SQL = readFileSync(new URL("./files.sql", import.meta.url), "utf8");
const WIPE_SQL = readFileSync(new URL("./wipe.sql", import.meta.url), "utf8");
/** Its last line is followed by rows. */
const SAVED_SQL = readFileSync(new URL("./saved.sql", import.meta.url), "utf8").trimEnd();
const UNNAMED_SQL = readFileSync(new URL("./unnamed.sql", import.meta.url), "utf8");
const NAMED_SQL = readFileSync(new URL("./named.sql", import.meta.url), "utf8");
const PUT_BACK_SQL = readFileSync(new URL("./put-back.sql", import.meta.url), "utf8");
const SIGNAL_SQL = readFileSync(new URL("./signal.sql", import.meta.url), "utf8");

/** An Odoo with many websites and languages has some hundred bundles; more rows are not what we take them for. */
const MOST_ROWS = 1_000;
/** How long Odoo is given to compile everything anew; in seconds. */
const SECONDS_TO_COMPILE = 120;

export const wipeAssets: Remedy = {
  name: "wipe-assets",
  does: "deletes the rows of all compiled stylesheets and scripts, which it saves, and moves their files aside, so that Odoo compiles them again",
  // What its program saves, moves and checks is more than anybody types: `mode: plan` prints all of it.
  commands: () => "",
  program: (diagnosis) => {
    const { user, dataDirectory, filestore } = setupOf(diagnosis);
    const { project, odooService, dbService } = targetOf(diagnosis);
    const own = {
      PROJECT: project.name,
      DB_SERVICE: dbService ?? "",
      ODOO_USER: user,
      DATA_DIRECTORY: dataDirectory,
      FILESTORE: filestore,
      MOST_ROWS: String(MOST_ROWS),
      FILES_PY,
      BEGIN_SQL,
      SAVED_SQL,
      UNNAMED_SQL,
      BUNDLES_SQL,
      SIGNAL_SQL,
    };
    const page = pageProgram(diagnosis, `${SESSION}\n${PROGRAM}`, own);
    const { text, values } = secondOdooProgram(diagnosis, page.text, page.values);
    const { CONTAINER = "", DB_CONTAINER = "", DB_USER = "", DATABASE = "" } = values;
    const where = { CONTAINER, DB_CONTAINER, DB_USER, DATABASE };
    const putBack = `#!/bin/sh
# Puts back what one run of wipe-assets took. As root: sh THIS_FILE. It can be run again.
KEEP_DIR=$(cd "$(dirname "$0")" && pwd)
${assignments({ ...own, ...where, SERVICE: odooService, PUT_BACK_SQL })}${SESSION}
${PUT_BACK}`;
    return {
      text,
      values: {
        ...values,
        PUT_BACK: putBack,
        FILES_SQL,
        WIPE_SQL,
        NAMED_SQL,
        SECONDS_TO_COMPILE: String(SECONDS_TO_COMPILE),
      },
    };
  },
};

function setupOf({ setup }: Diagnosis): Setup {
  if (setup === undefined || setup.user === "" || setup.filestore === "")
    throw new RefusedError("How Odoo runs, and where it keeps its files, was not seen");
  return setup;
}
