/** Runbook 1.2 presupposes a Docker daemon that answers: start it. */

import { readFileSync } from "node:fs";
import { checkedProgram, type Remedy } from "../remedy.ts";

const PROGRAM = readFileSync(new URL("./start-docker.sh", import.meta.url), "utf8");

export const startDocker: Remedy = {
  name: "start-docker",
  does: "starts the Docker daemon, and with it the containers that are to restart by themselves",
  commands: () => "systemctl start docker.socket docker.service",
  program: () => checkedProgram(PROGRAM, {}),
};
