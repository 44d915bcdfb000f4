/** The ways in which a run is interrupted in the middle of a step, each with what its runner then does by itself. */

import { setTimeout as sleep } from "node:timers/promises";
import type { TcpProxy } from "../../../host/ssh/tcp-proxy.ts";
import type { Droplet } from "../../droplet.ts";
import { powerCut } from "../../machine.ts";
import type { Action, StepEnd } from "../action.ts";

export const KINDS = [
  "the connection cut",
  "the link half-open",
  "the runner killed",
  "the run cancelled",
  "the step's unit killed",
  "the host rebooted",
  "the host's power cut",
] as const;

export type Kind = (typeof KINDS)[number];

export const REBOOTS: ReadonlySet<Kind> = new Set(["the host rebooted", "the host's power cut"]);

/** Longer than a link may be silent before the action takes it for dead. */
const HALF_OPEN_SECONDS = 40;
/** The runner sends SIGTERM after so many seconds, and kills after another 2.5. */
const SECONDS_UNTIL_SIGTERM = 7.5;

export interface Interrupted {
  readonly main: StepEnd;
  /** Where the runner ran it. */
  readonly post?: StepEnd;
}

/** Interrupts now, and does what the runner does until the job is over. */
export async function interrupt(
  kind: Kind,
  step: string,
  action: Action,
  proxy: TcpProxy,
  droplet: Droplet,
): Promise<Interrupted> {
  switch (kind) {
    case "the connection cut":
      proxy.cut();
      break;
    case "the link half-open":
      proxy.stall();
      await sleep(HALF_OPEN_SECONDS * 1000);
      proxy.flow();
      break;
    case "the runner killed":
      action.kill("SIGKILL");
      return { main: await action.main() };
    case "the run cancelled":
      return await cancelled(action);
    case "the step's unit killed":
      // The run says that the step begins before its program is on its way.
      await droplet.script(
        `wait_for 10 systemctl is-active --quiet odoo-recover-${step}.service; systemctl kill --signal=KILL odoo-recover-${step}.service`,
      );
      break;
    case "the host rebooted":
      await droplet.reboot();
      break;
    case "the host's power cut":
      await powerCut(droplet.parameters.name);
      break;
  }
  return { main: await action.main() };
}

async function cancelled(action: Action): Promise<Interrupted> {
  const asked = performance.now();
  action.kill("SIGINT");
  const main = await action.main();
  const seconds = (performance.now() - asked) / 1000;
  if (seconds > SECONDS_UNTIL_SIGTERM) throw new Error(`the cancelled run ended after ${seconds} s only`);
  if (main.outputs.get("status") !== "cancelled") throw new Error(`cancelled, it said: ${main.log}`);
  if (main.summary === "") throw new Error("cancelled, it left no summary");
  return { main, post: await action.post() };
}
