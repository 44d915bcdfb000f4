/** Runbook 2.4: the one module that the user named is updated or uninstalled, as a step of a plan that was approved. */

import { readFileSync } from "node:fs";
import { RefusedError } from "../../errors.ts";
import { operand, word } from "../../host/typed.ts";
import type { NamedModule } from "../../survey/survey.ts";
import { ABOUT_TO_STOP, deadMan } from "../dead-man.ts";
import { odooOf, type Remedy } from "../remedy.ts";
import { secondOdooProgram, shellCommand } from "../second-odoo.ts";

const PROGRAM = readFileSync(new URL("./module.sh", import.meta.url), "utf8");
const UNINSTALL = readFileSync(new URL("./uninstall.py", import.meta.url), "utf8");
const FOLDER = readFileSync(new URL("./folder.py", import.meta.url), "utf8");
const STATES_PUT_BACK = readFileSync(new URL("../module-states.sh", import.meta.url), "utf8");

/** An update of a module that much depends on takes its time, as does its uninstallation; in seconds. */
const SECONDS_TO_RUN = 900;

export const module: Remedy = {
  name: "module",
  does: "updates or uninstalls the module that was named, and restarts Odoo",
  commands: (diagnosis) => {
    const { module: wish, named } = diagnosis;
    if (wish === undefined || named === undefined) return "";
    const restart = `docker restart --time 30 ${operand(odooOf(diagnosis).name)}`;
    const shell = shellCommand(diagnosis);
    if (wish.action === "update") {
      const server = shell.replace(/ shell\b/, "");
      return `${server} ${word(`--update=${wish.name}`)} --stop-after-init && ${restart}`;
    }
    const uninstall = `env['ir.module.module'].search([('name', '=', '${wish.name}')]).button_immediate_uninstall()`;
    return `printf '%s\\n' ${word(uninstall)} | ${shell} && ${restart}`;
  },
  goesWith: ({ module: wish, named }) =>
    wish?.action !== "uninstall" || named === undefined ? "" : whatGoes(named),
  program: (diagnosis) => {
    const { module: wish, named } = diagnosis;
    if (wish === undefined || named === undefined)
      throw new RefusedError(
        "There is no module to act on: none was named, or the database has none of that name",
      );
    const uninstalls = wish.action === "uninstall";
    const { text, values } = secondOdooProgram(
      diagnosis,
      `${ABOUT_TO_STOP}\n${PROGRAM}`,
      {
        NAME: odooOf(diagnosis).name,
        MODULE: wish.name,
        ACTION: wish.action,
        // What the person who approves has read: they are a part of the plan, and of its hash.
        DEPENDENTS: uninstalls ? named.dependents.join("\n") : "",
        TABLES: uninstalls ? [...named.tables.map(({ name }) => name), ...named.columns].join("\n") : "",
        UNINSTALL,
        FOLDER,
      },
      SECONDS_TO_RUN,
    );
    const putBack = deadMan(diagnosis, { oneOff: values.ONE_OFF, afterReboot: "required" });
    return { text, values, putBack: { ...putBack, text: `${STATES_PUT_BACK}\n${putBack.text}` } };
  },
};

/** `uninstalls shop_notes 14.0.1.0 and 2 that depend on it (…); drops 1 table (shop_note: 20 rows) and no column` */
function whatGoes({ name, version, dependents, tables, columns }: NamedModule): string {
  const dropped = tables.map((table) => `${table.name}: ${rowsOf(table.rows)}`);
  return [
    `uninstalls ${name} ${version} and ${among(dependents, "module that depends on it", "modules that depend on it")}`,
    `drops ${among(dropped, "table", "tables")} and ${among(columns, "column", "columns")}`,
  ].join("; ");
}

function rowsOf(rows: number): string {
  return rows > 10_000 ? `about ${rows} rows` : rows === 1 ? "1 row" : `${rows} rows`;
}

function among(names: readonly string[], one: string, more: string): string {
  if (names.length === 0) return `no ${one}`;
  return `${names.length} ${names.length === 1 ? one : more} (${names.join(", ")})`;
}
