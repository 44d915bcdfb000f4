/**
 * What a remedy needs that asks Odoo's database, or lets a second Odoo work on it: beside the one that serves, or in a
 * container of its own where that one does not run. second-odoo.sh has the functions for its program.
 */

import { readFileSync } from "node:fs";
import type { Diagnosis } from "../diagnosis/diagnosis.ts";
import { RefusedError } from "../errors.ts";
import { operand, word } from "../host/typed.ts";
import { commandOf } from "./odoo-command.ts";
import { composeCommand, composeProgram, odooOf, type RemedyProgram, targetOf } from "./remedy.ts";

const SECOND_ODOO = readFileSync(new URL("./second-odoo.sh", import.meta.url), "utf8");
const IN_ODOO_CONTAINER = readFileSync(new URL("./in-odoo-container.sh", import.meta.url), "utf8");

/** A second Odoo, or a statement, that takes longer is ended; in seconds. */
const SECONDS_TO_RUN = 300;

/**
 * Puts the functions of second-odoo.sh in front of a remedy's own program.
 *
 * @param values may name another ONE_OFF than the usual one
 * @throws RefusedError where the diagnosis knows no database, or none in a container of the project
 */
export function secondOdooProgram(
  diagnosis: Diagnosis,
  text: string,
  values: Readonly<Record<string, string>>,
  secondsToRun: number = SECONDS_TO_RUN,
): RemedyProgram {
  const target = targetOf(diagnosis);
  const odoo = odooOf(diagnosis);
  const database = databaseFor(diagnosis);
  if (target.db === undefined)
    throw new RefusedError("The database has no container in this project, so nobody can ask it from here");
  const { server, shell, options } = commandOf(odoo);
  return composeProgram(target, `${SECOND_ODOO}\n${text}`, {
    CONTAINER: odoo.id,
    SERVICE: target.odooService,
    // One name for each container: whoever comes next takes away what was left over.
    ONE_OFF: `odoo-recover-second-${odoo.id.slice(0, 12)}`,
    DB_CONTAINER: target.db.id,
    DB_USER: target.dbUser ?? "",
    DATABASE: database,
    ENTRYPOINT: odoo.entrypoint.join("\n"),
    SERVER: server.join("\n"),
    SHELL_OF_ODOO: shell.join("\n"),
    OPTIONS: options.join("\n"),
    SECONDS_TO_RUN: String(secondsToRun),
    IN_ODOO_CONTAINER,
    ...values,
  });
}

/** @throws RefusedError when it is not known which database is Odoo's */
export function databaseFor(diagnosis: Diagnosis): string {
  const { database } = targetOf(diagnosis);
  if (!database.observed)
    throw new RefusedError("Which database is Odoo's is not known", { detail: database.why });
  return database.value;
}

/** The server in a container of its own, as one would type it; its arguments follow. */
export function oneOffCommand(diagnosis: Diagnosis): string {
  const target = targetOf(diagnosis);
  const { server, options } = commandOf(odooOf(diagnosis));
  return [
    `${composeCommand(target)} run --rm --no-deps -T ${operand(target.odooService)}`,
    ...[...server, ...options].map(word),
  ].join(" ");
}

/** `odoo shell` in Odoo's container, as one would type it; its program follows on stdin. */
export function shellCommand(diagnosis: Diagnosis): string {
  const target = targetOf(diagnosis);
  const odoo = odooOf(diagnosis);
  const { shell, options } = commandOf(odoo);
  const where =
    odoo.state === "running"
      ? ["exec", "-T", operand(target.odooService), ...odoo.entrypoint.map(word)]
      : ["run", "--rm", "--no-deps", "-T", operand(target.odooService)];
  return [
    composeCommand(target),
    ...where,
    ...[...shell, ...options, `--database=${databaseFor(diagnosis)}`].map(word),
    "--no-http --workers=0",
  ].join(" ");
}
