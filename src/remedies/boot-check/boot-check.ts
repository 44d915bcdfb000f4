/** Runbook 1.5, fail-fast boot: Odoo booted alone and in the foreground, to see why it falls; then it is put back. */

import { readFileSync } from "node:fs";
import type { Diagnosis } from "../../diagnosis/diagnosis.ts";
import { type Failure, failureIn } from "../../diagnosis/log.ts";
import { RefusedError } from "../../errors.ts";
import { composeCommand, composeProgram, odooOf, type Remedy, targetOf } from "../remedy.ts";

const PROGRAM = readFileSync(new URL("./boot-check.sh", import.meta.url), "utf8");
const MANIFESTS = readFileSync(new URL("./manifests.py", import.meta.url), "utf8");
const PUT_BACK = readFileSync(new URL("./put-back.sh", import.meta.url), "utf8");

/** A boot that takes longer is ended; in seconds. */
const SECONDS_TO_BOOT = 300;

export const bootCheck: Remedy = {
  name: "boot-check",
  does: "takes the failing Odoo down, boots it once in the foreground to see why it falls, and puts it back",
  commands: (diagnosis) => {
    const target = targetOf(diagnosis);
    return `${composeCommand(target)} run --rm --no-deps -T ${target.odooService} ${commandOf(diagnosis).join(" ")} --database=${databaseFor(diagnosis)} --no-http --stop-after-init --max-cron-threads=0`;
  },
  program: (diagnosis) => {
    const target = targetOf(diagnosis);
    const odoo = odooOf(diagnosis);
    if (target.db === undefined)
      throw new RefusedError("The boot check needs the database in the same project");
    const shared = {
      CONTAINER: odoo.id,
      // One name for each container: a second boot check takes the first one's left-over away.
      ONE_OFF: `odoo-recover-boot-${odoo.id.slice(0, 12)}`,
      DB_CONTAINER: target.db.id,
      DB_USER: target.dbUser ?? "",
      DATABASE: databaseFor(diagnosis),
    };
    return {
      ...composeProgram(target, PROGRAM, {
        ...shared,
        SERVICE: target.odooService,
        SECONDS_TO_BOOT: String(SECONDS_TO_BOOT),
        ENTRYPOINT: odoo.entrypoint.join("\n"),
        COMMAND: commandOf(diagnosis).join("\n"),
        MANIFESTS,
      }),
      putBack: { text: PUT_BACK, values: shared },
    };
  },
};

function databaseFor(diagnosis: Diagnosis): string {
  const { database } = targetOf(diagnosis);
  if (!database.observed)
    throw new RefusedError("Which database to boot is not known", { detail: database.why });
  return database.value;
}

/** Options that would install, update, load or choose another database; those that have their value in the next word. */
const NOT_FOR_A_BOOT =
  /^(?:-[uidl]|--(?:update|init|database|load-language|i18n-\w+|dev|config-save|save|language|modules))(?:=|$)/;
const JOINED = /^-[uidl]\S/;

/**
 * The service's own command, when that is Odoo's server itself, less what would install, update or load; a shell or a
 * script that does more is left out, for the boot alone is wanted.
 */
export function commandOf(diagnosis: Diagnosis): string[] {
  const [first = "", ...rest] = odooOf(diagnosis).command;
  // The official entrypoint takes options alone as Odoo's, and so does an image whose entrypoint is Odoo.
  const named = /^(?:\/usr\/bin\/)?(?:odoo|odoo-bin|openerp-server)$/.test(first);
  if (!named && !first.startsWith("-")) return ["odoo"];
  const words = named ? (rest[0] === "server" ? rest.slice(1) : rest) : [first, ...rest];
  // A subcommand is no server: `odoo shell`, `odoo db`.
  if (words[0] !== undefined && !words[0].startsWith("-")) return ["odoo"];
  const kept: string[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? "";
    if (NOT_FOR_A_BOOT.test(word)) {
      if (!word.includes("=") && !/^-/.test(words[at + 1] ?? "-")) at += 1;
    } else if (!JOINED.test(word) && word !== "--") kept.push(word);
  }
  return named ? [first, ...kept] : kept;
}

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
