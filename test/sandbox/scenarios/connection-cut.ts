import { setTimeout as sleep } from "node:timers/promises";
import { TcpProxy } from "../../host/ssh/tcp-proxy.ts";
import type { Scenario } from "./scenario.ts";

/** Milliseconds that the step takes, and after which of them the connection goes away. */
const STEP = 2_000;
const CUT = 500;

export const connectionCut: Scenario = {
  what: "Odoo is stopped, and the SSH connection is cut while the step that starts it runs.",
  watch:
    "The step runs on without us; the connection is made again, and the step is attached to, not sent again.",
  expected: {
    before: "502",
    status: "recovered",
    cause: "odoo-stopped",
    remedies: ["start-stack"],
    site: "up",
    ups: 1,
  },
  async prepare(sandbox) {
    await sandbox.break("odoo-stopped");
    const network = await TcpProxy.to(sandbox.sshPort);
    sandbox.docker.slowUpMs = STEP;
    sandbox.engine.once("up", () => void sleep(CUT).then(() => network.cut()));
    return { inputs: { port: String(network.port) }, end: () => network.close() };
  },
};
