/** Runbook 1.1: nginx is down and its configuration is valid: start it. */

import { readFileSync } from "node:fs";
import { checkedProgram, type Remedy } from "../remedy.ts";

const PROGRAM = readFileSync(new URL("./start-nginx.sh", import.meta.url), "utf8");

export const startNginx: Remedy = {
  name: "start-nginx",
  does: "starts nginx, after its configuration passed `nginx -t`",
  commands: () => "nginx -t && systemctl start nginx",
  program: () => checkedProgram(PROGRAM, {}),
};
