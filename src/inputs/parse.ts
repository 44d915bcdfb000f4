/**
 * Strings from the workflow -> Inputs. Every mistake is found and reported at once, before anything is connected to,
 * and each says what to do instead.
 */

import { distance } from "fastest-levenshtein";
import { InputError } from "../errors.ts";
import { type Approval, parseApproval } from "./approval.ts";
import { FORMS, isHost, LONGEST } from "./forms.ts";
import type { Inputs, ModuleWish, ReviewWish } from "./inputs.ts";
import { INPUT_DEFAULTS, type RawInputs } from "./names.ts";
import { connectionFrom } from "./parse-connection.ts";
import { inOneLine, type Reader, readerOf, shown } from "./reader.ts";
import { parseRecipients } from "./recipients.ts";

/**
 * @param raw the inputs by name; unknown names are mistakes
 * @param readFile reads a key file (`key_path`); may throw
 * @throws InputError with every mistake
 */
export function parseInputs(raw: RawInputs, readFile: (path: string) => string): Inputs {
  const reader = readerOf(raw);
  const { given, complain, check, optional, duration, mistakes } = reader;
  const inputs: Inputs = {
    connection: connectionFrom(reader, readFile),
    mode: check("mode", FORMS.mode, "check"),
    scenario: check("scenario", FORMS.scenario, "auto"),
    ceiling: check("ceiling", FORMS.ceiling, "restart"),
    approve: approvalFrom(given("approve").trim(), given("mode").trim(), (problem) =>
      complain("approve", problem),
    ),
    overrideBudget: check("override_budget", FORMS.overrideBudget, "false") === "true",
    review: reviewFrom(reader),
    ...backupWishesFrom(reader),
    module: moduleFrom(reader),
    url: urlFrom(given("url").trim(), (problem) => complain("url", problem)),
    directory: optional("directory", FORMS.directory),
    composeFile: optional("compose_file", FORMS.composeFile),
    odooService: optional("odoo_service", FORMS.service),
    dbService: optional("db_service", FORMS.service),
    database: optional("database", FORMS.database),
    dbUser: optional("db_user", FORMS.role),
    graceMs: duration("grace"),
    confirmMs: duration("confirm"),
    soakMs: duration("soak"),
    bootWaitMs: duration("boot_wait"),
    commandTimeoutMs: duration("command_timeout"),
    failOn: check("fail_on", FORMS.failOn, "unhealthy"),
  };
  const unknown = Object.keys(raw).filter((name) => !Object.hasOwn(INPUT_DEFAULTS, name));
  const all = [...unknown.map(noSuchInput), ...mistakes];
  if (all.length > 0) throw new InputError(all);
  return inputs;
}

function noSuchInput(name: string): string {
  return `\`${inOneLine(name)}\`: there is no such input${nearest(name)}`;
}

function approvalFrom(text: string, mode: string, complain: (problem: string) => void): Approval | undefined {
  if (text === "") return undefined;
  if (mode === "check" || mode === "plan")
    complain(`is for \`mode: recover\` alone, and the mode is \`${mode}\`; leave it out, or set the mode`);
  const approval = parseApproval(text);
  if (approval === undefined)
    complain(
      `${shown(text)} is no approval; copy the one that \`mode: plan\` printed, like \`4f1c0a9be27d6683-20261124T0250Z\``,
    );
  return approval;
}

/** As a workflow writes it. */
const OWN_TOKEN = `\${{ github.token }}`;

function reviewFrom({ given, complain, check }: Reader): ReviewWish | undefined {
  const reviewed = check("reviewed", FORMS.reviewed, "false");
  const environment = given("environment") === "" ? "" : check("environment", FORMS.environment, "");
  const token = given("github_token").trim();
  // Nothing is shown of it.
  if (!/^[\x21-\x7e]{0,4096}$/.test(token)) complain("github_token", `is no token; give \`${OWN_TOKEN}\``);
  if (reviewed === "false") return undefined;
  if (given("environment") === "")
    complain(
      "environment",
      "is missing beside `reviewed: true`; name the environment in which this job runs",
    );
  if (token === "") complain("github_token", `is missing beside \`reviewed: true\`; give \`${OWN_TOKEN}\``);
  return { environment, token };
}

function moduleFrom({ given, complain, check }: Reader): ModuleWish | undefined {
  if (given("module") === "" && given("module_action") === "") return undefined;
  if (given("module") === "")
    complain("module", "is missing beside `module_action`; name the module, or leave both out");
  if (given("module_action") === "")
    complain("module_action", "is missing beside `module`; give `update` or `uninstall`");
  const name = given("module") === "" ? "" : check("module", FORMS.module, "");
  const action =
    given("module_action") === "" ? "update" : check("module_action", FORMS.moduleAction, "update");
  return { name, action };
}

function backupWishesFrom({
  given,
  complain,
  check,
  duration,
}: Reader): Pick<Inputs, "backup" | "backupTo" | "backupTimeoutMs" | "recipients" | "uploadLimit"> {
  const backup = check("backup", FORMS.backup, "auto");
  const backupTo = check("backup_to", FORMS.backupTo, "droplet");
  const backupTimeoutMs = duration("backup_timeout");
  const recipients = recipientsFrom(given("backup_recipients"), (problem) =>
    complain("backup_recipients", problem),
  );
  return {
    backup,
    backupTo,
    backupTimeoutMs,
    recipients,
    uploadLimit: sizeFrom(given("backup_upload_limit").trim(), (problem) =>
      complain("backup_upload_limit", problem),
    ),
  };
}

function recipientsFrom(text: string, complain: (problem: string) => void): readonly string[] {
  if (text === "") return [];
  const parsed = parseRecipients(text);
  if (parsed.ok) return parsed.recipients;
  complain(parsed.problem);
  return [];
}

const SIZES: Readonly<Record<string, number>> = { MB: 1_000_000, GB: 1_000_000_000 };
/** Of one artifact; larger ones would outlast any job. */
const LARGEST_UPLOAD = 50_000_000_000;

function sizeFrom(text: string, complain: (problem: string) => void): number {
  const [, number, unit = ""] = /^(\d{1,6}) ?(MB|GB)$/i.exec(text) ?? [];
  const size = Number(number) * (SIZES[unit.toUpperCase()] ?? Number.NaN);
  if (Number.isNaN(size)) {
    complain(`${shown(text)} is no size; give \`400MB\` or \`2GB\``);
    return 0;
  }
  if (size > LARGEST_UPLOAD) complain(`${shown(text)} is more than 50GB`);
  return size;
}

function urlFrom(text: string, complain: (problem: string) => void): URL | undefined {
  if (text === "") return undefined;
  const url = text.length <= LONGEST && URL.canParse(text) ? new URL(text) : undefined;
  // Before anything is shown of it.
  if (holdsUser(text) || url?.username || url?.password) {
    complain("must not hold a user name or a password");
    return undefined;
  }
  // A URL parser lets characters such as `'`, `$` and `{` pass, which no host has.
  const sound = url !== undefined && /^https?:$/.test(url.protocol) && isHost(url.hostname);
  if (!sound || /[\p{Cc}\s]/u.test(text)) {
    complain(`${shown(text)} is no web address; give one like \`https://erp.example.com\``);
    return undefined;
  }
  return url;
}

/** Whether an `@` stands in front of a path: also in what is too broken to be read as a URL. */
function holdsUser(text: string): boolean {
  const [beforeQuery = ""] = text.slice(0, LONGEST).split(/[?#]/, 1);
  return beforeQuery.split(/\/+/, 2).some((part) => part.includes("@"));
}

/** A hint for a misspelt name: `; did you mean …?`. */
function nearest(name: string): string {
  const [best] = Object.keys(INPUT_DEFAULTS)
    .map((known) => ({ known, away: distance(name.slice(0, 40), known) }))
    .sort((a, b) => a.away - b.away);
  return best !== undefined && best.away <= 2 ? `; did you mean \`${best.known}\`?` : "";
}
