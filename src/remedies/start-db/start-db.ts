/** Runbook 1.4, for a database that is down: start it alone, and give it time. */

import { readFileSync } from "node:fs";
import { operand } from "../../host/typed.ts";
import { composeCommand, composeProgram, type Remedy, targetOf } from "../remedy.ts";

const PROGRAM = readFileSync(new URL("./start-db.sh", import.meta.url), "utf8");

export const startDb: Remedy = {
  name: "start-db",
  does: "starts the database's container, and leaves everything else alone",
  commands: (diagnosis) => {
    const target = targetOf(diagnosis);
    return target.db === undefined
      ? `${composeCommand(target)} up --detach --no-recreate --no-build --pull never ${operand(target.dbService ?? "")}`
      : `docker ${target.db.state === "paused" ? "unpause" : "start"} ${operand(target.db.name)}`;
  },
  program: (diagnosis) => {
    const target = targetOf(diagnosis);
    return composeProgram(target, PROGRAM, {
      CONTAINER: target.db?.id ?? "",
      SERVICE: target.dbService ?? "",
    });
  },
};
