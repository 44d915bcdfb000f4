/** Runbook 1.5, fail-fast boot: Odoo booted alone and in the foreground, to see why it falls; then it is put back. */

import { readFileSync } from "node:fs";
import { type Failure, failureIn } from "../../diagnosis/log.ts";
import { word } from "../../host/typed.ts";
import { ABOUT_TO_STOP, deadMan } from "../dead-man.ts";
import { odooOf, type Remedy } from "../remedy.ts";
import { databaseFor, oneOffCommand, secondOdooProgram } from "../second-odoo.ts";
import { wouldStartProgram } from "../would-start.ts";

const PROGRAM = readFileSync(new URL("./boot-check.sh", import.meta.url), "utf8");
const MANIFESTS = readFileSync(new URL("./manifests.py", import.meta.url), "utf8");

/** A boot that takes longer is ended; in seconds. */
const SECONDS_TO_BOOT = 300;

export const bootCheck: Remedy = {
  name: "boot-check",
  does: "takes the failing Odoo down, boots it once in the foreground to see why it falls, and puts it back",
  commands: (diagnosis) =>
    `${oneOffCommand(diagnosis)} ${word(`--database=${databaseFor(diagnosis)}`)} --no-http --stop-after-init --max-cron-threads=0`,
  program: (diagnosis) => {
    // A name of its own for each container: a second boot check takes the first one's left-over away.
    const ONE_OFF = `odoo-recover-boot-${odooOf(diagnosis).id.slice(0, 12)}`;
    const own = wouldStartProgram(diagnosis, `${ABOUT_TO_STOP}\n${PROGRAM}`, { ONE_OFF, MANIFESTS });
    const { text, values } = secondOdooProgram(diagnosis, own.text, own.values, SECONDS_TO_BOOT);
    return { text, values, putBack: deadMan(diagnosis, { oneOff: ONE_OFF, afterReboot: "required" }) };
  },
};

/** What the boot said, from all that the step printed. */
export function bootFailure(output: string): {
  /** Odoo's exit status; undefined when it did not come so far. */
  readonly status: number | undefined;
  readonly failure: Failure | undefined;
} {
  const [said = "", after = ""] = (output.split(/^boot begins$/m)[1] ?? "").split(
    /^boot ended with status /m,
  );
  const [, status] = /^(\d+)$/m.exec(after) ?? [];
  // A boot that ended well may have said many things.
  const failure = status === "0" && !/Traceback|CRITICAL/.test(said) ? undefined : failureIn(said);
  return {
    status: status === undefined ? undefined : Number(status),
    failure: failure && (manifestFailure(after) ?? failure),
  };
}

/** `manifest /mnt/extra-addons/shop/__manifest__.py:5: invalid syntax` */
function manifestFailure(text: string): Failure | undefined {
  const [, file, module, line, message] =
    /^manifest (.*\/([^/]+)\/__manifest__\.py):(\d+): (.*)$/m.exec(text) ?? [];
  if (file === undefined || message === undefined) return undefined;
  return { exception: "bad manifest", message, module, file, line: Number(line) };
}
