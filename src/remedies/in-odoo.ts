/**
 * What a remedy needs that works on Odoo's files: a Python program as root in Odoo's own container, behind what finds the
 * running Odoo there, and on the host what takes it back. in-odoo.sh has the functions for its program.
 */

import { readFileSync } from "node:fs";
import type { Diagnosis } from "../diagnosis/diagnosis.ts";
import { assignments } from "../host/quote.ts";
import { operand } from "../host/typed.ts";
import { checkedProgram, composeCommand, odooOf, type RemedyProgram, targetOf } from "./remedy.ts";

const IN_ODOO = readFileSync(new URL("./in-odoo.sh", import.meta.url), "utf8");
const UNDO = readFileSync(new URL("./undo.sh", import.meta.url), "utf8");
const ODOO_PROCESS = readFileSync(new URL("../survey/odoo-process.py", import.meta.url), "utf8");
const IN_CONTAINER = readFileSync(new URL("./in-container.py", import.meta.url), "utf8");

/** Runs what comes first on stdin, so many bytes as it is told: the rest is for that program. */
export const LOADER = "import sys; exec(sys.stdin.buffer.read(int(sys.argv.pop(1))))";

/** Looking at a million files takes a minute, changing them another; a slow disk ten times as long. */
const SECONDS_TO_RUN = 900;

/**
 * @param text sh, which has the functions of in-odoo.sh
 * @param python what runs in the container: it is told what to do by its first argument, and takes back by `undo`
 * @param records the file in which it keeps what it did
 */
export function inOdooProgram(
  diagnosis: Diagnosis,
  text: string,
  python: string,
  records: string,
  values: Readonly<Record<string, string>> = {},
): RemedyProgram {
  const { project, odooService } = targetOf(diagnosis);
  const { id, name } = odooOf(diagnosis);
  const undo = assignments({
    CONTAINER: id,
    PROJECT: project.name,
    SERVICE: odooService,
    LOADER,
    RECORDS: records,
  });
  return checkedProgram(`${IN_ODOO}\n${text}`, {
    CONTAINER: id,
    NAME: name,
    IN_CONTAINER: [ODOO_PROCESS, IN_CONTAINER, python].join("\n\n"),
    LOADER,
    UNDO: `${undo}${UNDO}`,
    RECORDS: records,
    SECONDS_TO_RUN: String(SECONDS_TO_RUN),
    ...values,
  });
}

/**
 * A command as root in Odoo's container, as one would type it: beside the running Odoo, or without one.
 *
 * @param command its words, quoted where they must be
 * @throws UntypableError as `operand` does
 */
export function asRoot(diagnosis: Diagnosis, command: string): string {
  const { state, name } = odooOf(diagnosis);
  if (state === "running") return `docker exec -u 0 ${operand(name)} ${command}`;
  const target = targetOf(diagnosis);
  return `${composeCommand(target)} run --rm --no-deps --user 0 --entrypoint '' ${operand(target.odooService)} ${command}`;
}
