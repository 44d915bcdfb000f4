/** Runbook 1.4, first line: bring the stack up, without touching what runs. */

import { readFileSync } from "node:fs";
import type { Target } from "../../diagnosis/target.ts";
import { operand } from "../../host/typed.ts";
import { composeCommand, composeProgram, type Remedy, targetOf } from "../remedy.ts";

const PROGRAM = readFileSync(new URL("./start-stack.sh", import.meta.url), "utf8");

export const startStack: Remedy = {
  name: "start-stack",
  does: "starts what is stopped in the compose project, and recreates nothing",
  commands: (diagnosis) => {
    const target = targetOf(diagnosis);
    return [
      `${composeCommand(target)} up --detach --no-recreate --no-build --pull never`,
      ...servicesToStart(target).map(operand),
    ].join(" ");
  },
  program: (diagnosis) => {
    const target = targetOf(diagnosis);
    return composeProgram(target, PROGRAM, { SERVICES: servicesToStart(target).join("\n") });
  },
};

/** Only Odoo, with what it depends on, while the rest runs: somebody may have stopped another service on purpose. */
function servicesToStart(target: Target): string[] {
  const running = target.containers.some((container) => container.state === "running");
  return running ? [target.odooService] : [];
}
