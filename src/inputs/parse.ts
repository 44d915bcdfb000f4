/**
 * Strings from the workflow -> Inputs. Every mistake is found and reported at once, before anything is connected to,
 * and each says what to do instead.
 */

import { isIPv6 } from "node:net";
import * as v from "valibot";
import { InputError } from "../errors.ts";
import { type Approval, parseApproval } from "./approval.ts";
import type { Connection, FingerprintPin, KnownHostsPin, Login, SshEndpoint } from "./connection.ts";
import { parseFingerprints } from "./fingerprint.ts";
import type { Inputs, ModuleWish } from "./inputs.ts";
import { parseKnownHosts } from "./known-hosts.ts";
import { parsePrivateKey } from "./private-key.ts";
import { parseRecipients } from "./recipients.ts";

/** Every input, with its default as action.yml states it. */
export const INPUT_DEFAULTS = {
  host: "",
  port: "22",
  username: "root",
  key: "",
  key_path: "",
  passphrase: "",
  password: "",
  fingerprint: "",
  known_hosts: "",
  timeout: "30s",
  command_timeout: "10m",
  proxy_host: "",
  proxy_port: "22",
  proxy_username: "root",
  proxy_key: "",
  proxy_key_path: "",
  proxy_passphrase: "",
  proxy_password: "",
  proxy_fingerprint: "",
  mode: "check",
  scenario: "auto",
  ceiling: "restart",
  approve: "",
  backup: "auto",
  backup_to: "droplet",
  backup_timeout: "1h",
  backup_recipients: "",
  backup_upload_limit: "400MB",
  module: "",
  module_action: "",
  url: "",
  directory: "",
  compose_file: "",
  odoo_service: "",
  db_service: "",
  database: "",
  db_user: "",
  grace: "3m",
  confirm: "0s",
  soak: "30s",
  boot_wait: "10m",
  fail_on: "unhealthy",
} as const satisfies Record<string, string>;

export type InputName = keyof typeof INPUT_DEFAULTS;

/** Inputs whose values must never appear anywhere. */
export const SECRET_INPUTS: readonly InputName[] = [
  "key",
  "passphrase",
  "password",
  "proxy_key",
  "proxy_passphrase",
  "proxy_password",
];

/** Inputs that name something, and stay readable where a password is the same word. */
export const NAME_INPUTS: readonly InputName[] = [
  "username",
  "proxy_username",
  "odoo_service",
  "db_service",
  "database",
  "db_user",
];

/** The inputs as the workflow gave them: absent and empty are the same. */
export type RawInputs = Readonly<Record<string, string | undefined>>;

const LONGEST = 4096;

// biome-ignore format: one pattern a line
const FORMS = {
  /** A host name (RFC 1123, with underscores as people use them), or an IPv4 or IPv6 address. */
  host: v.pipe(v.string(), v.check(isHost, "is no host name or address; give `203.0.113.7` or `erp.example.com`, without `https://`, user or port")),
  port: v.pipe(v.string(), v.regex(/^[0-9]{1,5}$/, "is no port number"), v.transform(Number), v.minValue(1, "is no port number: it begins at 1"), v.maxValue(65535, "is no port number: it ends at 65535")),
  username: v.pipe(v.string(), v.regex(/^[A-Za-z0-9_][A-Za-z0-9_.@\\-]{0,63}\$?$/, "is no user name; letters, digits, `_`, `.`, `-`")),
  service: v.pipe(v.string(), v.regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/, "is no name of a compose service; letters, digits, `_`, `.`, `-`")),
  database: v.pipe(v.string(), v.regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,62}$/, "is no name of an Odoo database; letters, digits, `_`, `.`, `-`")),
  role: v.pipe(v.string(), v.regex(/^[A-Za-z0-9_][A-Za-z0-9_.@-]{0,62}$/, "is no name of a PostgreSQL role; letters, digits, `_`, `.`, `-`")),
  directory: v.pipe(v.string(), v.regex(/^\/[^\p{Cc}]*$/u, "is no absolute path; give one like `/opt/odoo-ce`"), v.check(staysInside, "must not contain `..`"), v.maxLength(LONGEST, "is too long for a path")),
  composeFile: v.pipe(v.string(), v.regex(/^(?!-)[^\p{Cc},]+$/u, "is no file name; give one like `docker-compose.prod.yml`, relative to the directory, or an absolute path"), v.check(staysInside, "must not contain `..`"), v.maxLength(LONGEST, "is too long for a path")),
  mode: v.picklist(["check", "plan", "recover"], "is none of `check`, `plan`, `recover`"),
  scenario: v.picklist(["auto", "502", "500"], "is none of `auto`, `502`, `500`"),
  ceiling: v.picklist(["restart", "repair", "wipe"], "is none of `restart`, `repair`, `wipe`"),
  backup: v.picklist(["auto", "always", "never"], "is none of `auto`, `always`, `never`"),
  backupTo: v.picklist(["droplet", "runner", "both"], "is none of `droplet`, `runner`, `both`"),
  module: v.pipe(v.string(), v.regex(/^[A-Za-z0-9_]{1,63}$/, "is no module's technical name; give one like `shop_theme`: letters, digits, `_`")),
  moduleAction: v.picklist(["update", "uninstall"], "is none of `update`, `uninstall`"),
  failOn: v.picklist(["unhealthy", "degraded"], "is none of `unhealthy`, `degraded`"),
};

/** A label of a host name, then more of them. Brackets around an IPv6 address are allowed, as in a URL. */
function isHost(text: string): boolean {
  if (text.length > 253) return false;
  const address = /^\[(.*)\]$/.exec(text)?.[1] ?? text;
  if (address.includes(":")) return isIPv6(address);
  return (
    text === address &&
    /^[A-Za-z0-9_][A-Za-z0-9_-]{0,62}(?:\.[A-Za-z0-9_][A-Za-z0-9_-]{0,62})*\.?$/.test(text)
  );
}

function staysInside(path: string): boolean {
  return !path.split("/").includes("..");
}

/** A day is longer than any workflow waits, and well below what a timer can hold. */
const LONGEST_DURATION = 24 * 3_600_000;

/** Without these one can live; in no time nothing connects and nothing boots. */
const MAY_BE_ZERO: ReadonlySet<InputName> = new Set(["confirm", "grace", "soak"]);

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000 };

/**
 * @param raw the inputs by name; unknown names are mistakes
 * @param readFile reads a key file (`key_path`); may throw
 * @throws InputError with every mistake
 */
export function parseInputs(raw: RawInputs, readFile: (path: string) => string): Inputs {
  const mistakes: string[] = [];
  const given = (name: InputName): string => {
    const value = raw[name] ?? "";
    return value.trim() === "" ? INPUT_DEFAULTS[name] : value;
  };
  const complain = (name: InputName, problem: string): void => {
    mistakes.push(`\`${name}\`: ${problem}`);
  };
  const check = <T>(name: InputName, form: v.GenericSchema<unknown, T>, fallback: T): T => {
    const value = given(name).trim();
    const parsed = v.safeParse(form, value);
    if (parsed.success) return parsed.output;
    complain(name, `${shown(value)} ${parsed.issues[0].message}`);
    return fallback;
  };
  const optional = (name: InputName, form: v.GenericSchema<unknown, string>): string | undefined =>
    given(name) === "" ? undefined : check(name, form, "");
  const duration = (name: InputName): number => {
    const value = given(name).trim();
    const parts = /^(\d{1,6})\s*(s|m|h)$/.exec(value);
    const unit = UNITS[parts?.[2] ?? ""];
    if (parts?.[1] === undefined || unit === undefined) {
      complain(name, `${shown(value)} is no duration; give \`30s\`, \`10m\` or \`1h\``);
      return 0;
    }
    const milliseconds = Number(parts[1]) * unit;
    if (milliseconds > LONGEST_DURATION) complain(name, `${shown(value)} is longer than a day`);
    if (milliseconds === 0 && !MAY_BE_ZERO.has(name)) complain(name, `${shown(value)} leaves no time`);
    return milliseconds;
  };

  for (const name of Object.keys(raw)) {
    if (!Object.hasOwn(INPUT_DEFAULTS, name))
      mistakes.push(`\`${inOneLine(name)}\`: there is no such input${nearest(name)}`);
  }
  const inputs: Inputs = {
    connection: connectionFrom({ given, complain, check, duration, readFile }),
    mode: check("mode", FORMS.mode, "check"),
    scenario: check("scenario", FORMS.scenario, "auto"),
    ceiling: check("ceiling", FORMS.ceiling, "restart"),
    approve: approvalFrom(given("approve").trim(), given("mode").trim(), (problem) =>
      complain("approve", problem),
    ),
    ...backupWishesFrom({ given, complain, check, duration }),
    module: moduleFrom({ given, complain, check }),
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
  if (mistakes.length > 0) throw new InputError(mistakes);
  return inputs;
}

interface Reader {
  given(name: InputName): string;
  complain(name: InputName, problem: string): void;
  check<T>(name: InputName, form: v.GenericSchema<unknown, T>, fallback: T): T;
  duration(name: InputName): number;
  readFile(path: string): string;
}

function connectionFrom(reader: Reader): Connection {
  const { given, complain, duration } = reader;
  if (given("host").trim() === "local") return { kind: "local" };
  const knownHosts = knownHostsFrom(given("known_hosts"), (problem) => complain("known_hosts", problem));
  const target = endpointFrom(reader, "", knownHosts);
  const connectTimeoutMs = duration("timeout");
  if (given("proxy_host") === "") return { kind: "ssh", target, connectTimeoutMs };
  return { kind: "ssh", target, jump: endpointFrom(reader, "proxy_", knownHosts), connectTimeoutMs };
}

function endpointFrom(
  reader: Reader,
  prefix: "" | "proxy_",
  knownHosts: KnownHostsPin | undefined,
): SshEndpoint {
  const { given, complain, check } = reader;
  const missing = prefix === "" && given("host") === "";
  if (missing) {
    complain(
      "host",
      "is missing; give the droplet's address, or `local` when the runner is the droplet itself",
    );
  }
  return {
    host: (missing ? "" : check(`${prefix}host`, FORMS.host, "")).replace(/^\[(.*)\]$/, "$1"),
    port: check(`${prefix}port`, FORMS.port, 22),
    login: loginFrom(reader, prefix),
    pins: [
      ...fingerprintsFrom(given(`${prefix}fingerprint`), (problem) =>
        complain(`${prefix}fingerprint`, problem),
      ),
      ...(knownHosts === undefined ? [] : [knownHosts]),
    ],
  };
}

function loginFrom({ given, complain, check, readFile }: Reader, prefix: "" | "proxy_"): Login {
  const username = check(`${prefix}username`, FORMS.username, "");
  const password = given(`${prefix}password`);
  const passphrase = given(`${prefix}passphrase`);
  const path = given(`${prefix}key_path`).trim();
  let text = given(`${prefix}key`);
  if (text !== "" && path !== "")
    complain(`${prefix}key_path`, `is given beside \`${prefix}key\`; give one of them`);
  if (/[\r\n]|-----/.test(path)) {
    // The error of reading it would print it.
    complain(`${prefix}key_path`, `holds a key; a key itself goes into \`${prefix}key\`, as a secret`);
    return { username };
  }
  if (text === "" && path !== "") {
    try {
      text = readFile(path);
    } catch (error) {
      complain(
        `${prefix}key_path`,
        `cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      );
      return { username };
    }
  }
  if (text === "" && password === "") {
    complain(
      `${prefix}key`,
      `is missing; give a private key (\`${prefix}key\` or \`${prefix}key_path\`) or \`${prefix}password\``,
    );
  }
  const key = text === "" ? undefined : parsePrivateKey(text, passphrase === "" ? undefined : passphrase);
  if (key?.ok === false) complain(path === "" ? `${prefix}key` : `${prefix}key_path`, key.problem);
  return {
    username,
    ...(key?.ok ? { privateKey: key.key } : {}),
    ...(password === "" ? {} : { password }),
  };
}

function fingerprintsFrom(text: string, complain: (problem: string) => void): readonly FingerprintPin[] {
  if (text === "") return [];
  const parsed = parseFingerprints(text);
  if (parsed.ok) return parsed.pins;
  complain(parsed.problem);
  return [];
}

function knownHostsFrom(text: string, complain: (problem: string) => void): KnownHostsPin | undefined {
  if (text === "") return undefined;
  const { entries, problems } = parseKnownHosts(text);
  for (const problem of problems) complain(problem);
  if (entries.length === 0 && problems.length === 0) complain("holds no host key");
  return { kind: "known-hosts", entries };
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

function moduleFrom({
  given,
  complain,
  check,
}: Pick<Reader, "given" | "complain" | "check">): ModuleWish | undefined {
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
}: Omit<Reader, "readFile">): Pick<
  Inputs,
  "backup" | "backupTo" | "backupTimeoutMs" | "recipients" | "uploadLimit"
> {
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
  if (/^[^/?#]*\/*[^/?#]*@/.test(text.slice(0, LONGEST)) || url?.username || url?.password) {
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

/** The value in a message: one line, at most 60 characters. */
function shown(value: string): string {
  return `“${inOneLine(value)}”`;
}

function inOneLine(value: string): string {
  const line = JSON.stringify(value.slice(0, 61)).slice(1, -1);
  return line.length > 60 ? `${line.slice(0, 60)}…` : line;
}

/** A hint for a misspelt name: `; did you mean …?`. */
function nearest(name: string): string {
  const [best] = Object.keys(INPUT_DEFAULTS)
    .map((known) => ({ known, away: distance(name.slice(0, 40), known) }))
    .sort((a, b) => a.away - b.away);
  return best !== undefined && best.away <= 2 ? `; did you mean \`${best.known}\`?` : "";
}

/** Levenshtein's distance. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1];
    for (const [j, other] of [...b].entries()) {
      next.push(
        Math.min((next[j] ?? 0) + 1, (row[j + 1] ?? 0) + 1, (row[j] ?? 0) + (letter === other ? 0 : 1)),
      );
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
