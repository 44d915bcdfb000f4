/** Runbook 1.4, first line: bring the stack up. What is there is started, what is missing is made, nothing is removed. */

import { readFileSync } from "node:fs";
import type { Diagnosis } from "../../diagnosis/diagnosis.ts";
import { type Start, startsOf } from "../../diagnosis/starts.ts";
import { RefusedError } from "../../errors.ts";
import { operand } from "../../host/typed.ts";
import { composeCommand, composeProgram, type Remedy, targetOf } from "../remedy.ts";

const PROGRAM = readFileSync(new URL("./start-stack.sh", import.meta.url), "utf8");

/** A PostgreSQL that recovers after a crash needs minutes; in seconds. */
const SECONDS_FOR_NEEDED = 300;

export const startStack: Remedy = {
  name: "start-stack",
  does: "starts the stopped containers of the compose project, makes those of services that have none, and removes none",
  commands: (diagnosis) =>
    stepsOf(diagnosis)
      .flatMap((start) => commandOf(start, diagnosis))
      .join(" && "),
  program: (diagnosis) => {
    const target = targetOf(diagnosis);
    const steps = stepsOf(diagnosis);
    const services = new Set(
      steps.map((start) => (start.kind === "start" ? start.container.service : start.service)),
    );
    const known = target.containers.filter(({ service }) => services.has(service));
    return composeProgram(target, PROGRAM, {
      STEPS: steps.map(lineOf).join("\n"),
      KNOWN: known.map(({ service, id }) => `${service} ${id}`).join("\n"),
      MUST_RUN: [target.dbService, target.odooService].filter(Boolean).join(" "),
      SECONDS_FOR_NEEDED: String(SECONDS_FOR_NEEDED),
    });
  },
};

/** @throws RefusedError where the containers do not tell what to start; the ladder then does not have this remedy */
function stepsOf(diagnosis: Diagnosis): readonly Start[] {
  const { starts, doubt } = startsOf(targetOf(diagnosis));
  if (doubt !== undefined)
    throw new RefusedError("It is not known which container to start", { detail: doubt });
  return starts;
}

function lineOf(start: Start): string {
  switch (start.kind) {
    case "start":
      return `start ${start.container.service} ${start.container.id} ${start.container.name}`;
    case "make":
      return `make ${start.service}`;
    case "await":
      return `await ${start.service} ${start.condition}`;
  }
}

function commandOf(start: Start, diagnosis: Diagnosis): string[] {
  switch (start.kind) {
    case "start":
      return [`docker start ${operand(start.container.name)}`];
    case "make":
      return [
        `${composeCommand(targetOf(diagnosis))} up --detach --no-recreate --no-build --pull never --no-deps ${operand(start.service)}`,
      ];
    case "await":
      return [];
  }
}
