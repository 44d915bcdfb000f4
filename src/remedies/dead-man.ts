/** The dead-man of a step that stops Odoo: the program that brings Odoo back, and what the step must tell it before. */

import { readFileSync } from "node:fs";
import type { Diagnosis } from "../diagnosis/diagnosis.ts";
import type { PutBack } from "../host/steps/step.ts";
import { ifSeen } from "../survey/survey.ts";
import { odooOf, targetOf } from "./remedy.ts";

const CONVERGE = readFileSync(new URL("./converge.sh", import.meta.url), "utf8");

/** Functions for the step's own program: `about_to_stop`, `has_stopped`. */
export const ABOUT_TO_STOP: string = readFileSync(new URL("./about-to-stop.sh", import.meta.url), "utf8");

/** @param oneOff the name of a container of the step's own, which goes away first; empty where it has none */
export function deadMan(
  diagnosis: Diagnosis,
  { oneOff = "", afterReboot }: { readonly oneOff?: string | undefined } & Pick<PutBack, "afterReboot">,
): PutBack {
  const { project, odooService, db, dbService, dbUser, database } = targetOf(diagnosis);
  return {
    text: CONVERGE,
    afterReboot,
    values: {
      CONTAINER: odooOf(diagnosis).id,
      PROJECT: project.name,
      SERVICE: odooService,
      DB_SERVICE: dbService ?? "",
      ONE_OFF: oneOff,
      DB_CONTAINER: db?.id ?? "",
      DB_USER: dbUser ?? "",
      DATABASE: ifSeen(database) ?? "",
    },
  };
}
