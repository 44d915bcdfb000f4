/**
 * Who is at work on the site: a module update, a restore, a deploy, a package upgrade, a slow boot. We wait for them, and
 * never interrupt. Found from the processes of the host (those in containers among them), PostgreSQL's sessions, and
 * Odoo's own log.
 */

import { type Container, type DirectProbe, ifSeen, type Process, type Survey } from "../survey/survey.ts";
import { isServed, LONGEST_PAUSE, lockedOut, logSince, sinceItsLastTries, spokeOfDatabase } from "./log.ts";
import { isStoppedBySignal, treeOf } from "./processes.ts";
import type { Target } from "./target.ts";

export interface Work {
  readonly what: string;
  /** How it was seen. */
  readonly evidence: string;
}

/** A boot is one for so long, as long as its log advances; in seconds. */
const LONGEST_BOOT = 900;
/** A registry loads without a word for about a minute on a small droplet; in seconds. */
const QUIET_BOOT = 90;
/** `docker compose up` without `-d` that is older than this supervises the stack, and is not a deploy; in seconds. */
const OLDEST_FOREGROUND_UP = 600;

export const PACKAGE_UPGRADE = "a package upgrade";

export function workInProgress(survey: Survey, target: Target | undefined): Work[] {
  const processes = ifSeen(survey.processes) ?? [];
  const loops =
    (target?.odoo?.restartCount ?? 0) >= 2 ? treeOf(target?.odoo?.pid ?? 0, processes) : new Set();
  const seen = processes
    // What a crash loop does at each of its starts is no work that would ever end.
    .filter((process) => !loops.has(process.pid) && !isItsOwnDoing(process, target?.odoo))
    .flatMap((process): Work[] => {
      const what = workOf(process);
      return what === undefined ? [] : [{ what, evidence: evidenceOf(process) }];
    });
  return [...unique(seen), ...restores(survey), ...boot(survey, target)];
}

/** An update that Odoo's own command begins with, in a loop: its container may not have been up when it was looked at. */
function isItsOwnDoing({ seconds }: Process, odoo: Container | undefined): boolean {
  if (odoo === undefined || odoo.restartCount < 2 || seconds > LONGEST_PAUSE) return false;
  return /(?:^|\s)(?:-[ui]|--update|--init)\b/.test([...odoo.entrypoint, ...odoo.command].join(" "));
}

function evidenceOf({ pid, seconds, command }: Process): string {
  return `process ${pid}, for ${seconds} s: ${command.slice(0, 160)}`;
}

/** One line for each kind of work: a shell and what it started are one. */
function unique(works: readonly Work[]): Work[] {
  return works.filter(({ what }, index) => works.findIndex((other) => other.what === what) === index);
}

function workOf({ command, seconds }: Process): string | undefined {
  const words = command.split(/\s+/);
  const program = (words[0] ?? "").split("/").at(-1) ?? "";
  if (/^(?:ba|da|z|fi)?sh$|^sudo$|^ssh$|^timeout$|^tini$|^runc/.test(program)) return undefined;
  const script = /^python[\d.]*$/.test(program)
    ? words.findIndex((word, at) => at > 0 && !word.startsWith("-"))
    : 0;
  const run = (words[script] ?? "").split("/").at(-1) ?? "";
  // `docker … exec odoo odoo -u` is the client; the process that works is seen as well.
  if (/^(?:odoo|odoo-bin|openerp-server|odoo\.py)$/.test(run)) {
    const args = words.slice(script + 1);
    const once = args.includes("--stop-after-init");
    if (once && args.some((word) => /^(?:-u|--update|-u\S+|--update=.*)$/.test(word)))
      return "a module update";
    if (once && args.some((word) => /^(?:-i|--init|-i\S+|--init=.*)$/.test(word)))
      return "a module installation";
    if (args[0] === "module" && /^(?:install|upgrade|uninstall)$/.test(args[1] ?? ""))
      return "a module update";
    if (args[0] === "db" && /^(?:load|init|duplicate)$/.test(args[1] ?? ""))
      return "a restore of the database";
  }
  if (words.some((word) => /(?:^|\/)click-odoo-(?:update|initdb|restoredb)$/.test(word)))
    return "a module update";
  if (program === "pg_restore") return "a restore of the database";
  if (program === "psql" && words.some((word) => /^(?:-f|--file)/.test(word)))
    return "a restore of the database";
  if (program === "dpkg" && words.some((word) => /^--(?:unpack|configure|install|status-fd)$/.test(word)))
    return PACKAGE_UPGRADE;
  // Compose v1 is a Python script.
  if (run === "docker" || run === "docker-compose") return dockerWork(run, words.slice(script + 1), seconds);
  return undefined;
}

const COMPOSE_TAKES_A_VALUE =
  /^(?:-f|--file|-p|--project-name|--project-directory|--env-file|--profile|--ansi|--progress|--parallel|-c|--context|-H|--host|-l|--log-level|--config)$/;

/** The first word that is neither an option nor an option's value. */
function verbOf(words: readonly string[]): { verb: string; rest: readonly string[] } {
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? "";
    if (!word.startsWith("-")) return { verb: word, rest: words.slice(at + 1) };
    if (COMPOSE_TAKES_A_VALUE.test(word)) at += 1;
  }
  return { verb: "", rest: [] };
}

function dockerWork(program: string, words: readonly string[], seconds: number): string | undefined {
  const first = verbOf(words);
  const compose =
    first.verb === "compose" ? verbOf(first.rest) : program === "docker-compose" ? first : undefined;
  if (compose === undefined) {
    return /^(?:pull|build|buildx|load|import)$/.test(first.verb) ? `\`docker ${first.verb}\`` : undefined;
  }
  const { verb, rest } = compose;
  if (!/^(?:up|pull|build|down|restart|create|start|stop|rm|kill)$/.test(verb)) return undefined;
  const foreground = verb === "up" && !rest.some((word) => /^(?:-d|--detach|--wait)$/.test(word));
  if (foreground && seconds > OLDEST_FOREGROUND_UP) return undefined;
  return `\`docker compose ${verb}\``;
}

/** A restore that runs elsewhere, seen by its session; a person at a prompt is none. */
function restores(survey: Survey): Work[] {
  const activities = [...(ifSeen(survey.databases)?.values() ?? [])];
  return activities
    .flatMap((activity) => (activity.observed ? activity.value.sessions : []))
    .filter(
      ({ application, state, statement }) =>
        application === "pg_restore" ||
        (application === "psql" && state === "active" && /^copy /i.test(statement)),
    )
    .slice(0, 1)
    .map(({ pid, application, database, seconds }) => ({
      what: "a restore of the database",
      evidence: `PostgreSQL session ${pid} of ${application} in ${database}, for ${seconds} s`,
    }));
}

/**
 * Odoo was started a while ago, did not fall over since (once may happen to anybody), does not answer yet, and its log advances; or its log shows that
 * modules are being loaded just now, as an update through the web client does.
 */
function boot(survey: Survey, target: Target | undefined): Work[] {
  const odoo = target?.odoo;
  const now = ifSeen(survey.host)?.epoch;
  if (odoo === undefined || now === undefined) return [];
  const fell = afterDatabase(survey, odoo, target?.db, now);
  if (fell !== undefined && odoo.state === "restarting")
    return [{ what: "a boot of Odoo", evidence: `${fell}; Docker starts Odoo again` }];
  if (odoo.state !== "running" || (odoo.restartCount > 1 && fell === undefined)) return [];
  // Halted in the middle of its boot: its log only looks as if it could still advance.
  if (target !== undefined && isStoppedBySignal(survey, target)) return [];
  const probe = ifSeen(survey.direct)?.find(({ containerId }) => containerId === odoo.id);
  if (probe?.answer.observed !== true || probe.answer.value.answered) return [];
  const age = now - Date.parse(odoo.startedAt) / 1000;
  const lines = logSince(survey, odoo.id, sinceItsLastTries(odoo));
  const last = lines.at(-1);
  const quiet = last === undefined ? age : now - last.at / 1000;
  if (
    age < LONGEST_BOOT &&
    quiet < QUIET_BOOT &&
    !isServing(lines) &&
    !isElsewhere(probe) &&
    lockedOut(survey, odoo, target?.db) === undefined
  ) {
    return [
      { what: "a boot of Odoo", evidence: `started ${Math.max(0, Math.round(age))} s ago; its log advances` },
    ];
  }
  const at = lines.findLastIndex(({ text }) => / odoo\.modules\.(?:loading|graph|migration): /.test(text));
  const loading = lines[at];
  const recent = loading !== undefined && now - loading.at / 1000 < QUIET_BOOT;
  // Who updates a module through the web client often does so soon after a deploy, which started Odoo.
  if (
    recent &&
    !loading.text.includes("Modules loaded.") &&
    (age >= LONGEST_BOOT || isServing(lines.slice(0, at)))
  ) {
    return [{ what: "a module update inside of Odoo", evidence: loading.text.slice(0, 200) }];
  }
  return [];
}

/** How long Odoo and Docker need to find back to a database that was away; in seconds. */
const FINDS_BACK = 120;

/** An Odoo that fell because PostgreSQL was away, and did not have its chance yet since that is back. */
function afterDatabase(
  survey: Survey,
  odoo: Container,
  db: Container | undefined,
  now: number,
): string | undefined {
  const back = Date.parse(db?.startedAt ?? "") / 1000;
  if (db?.state !== "running" || odoo.restartCount === 0 || !(now - back < FINDS_BACK)) return undefined;
  if (!spokeOfDatabase(survey, odoo)) return undefined;
  const began = Date.parse(odoo.startedAt) / 1000;
  return odoo.state === "restarting" && began > back + 5
    ? undefined
    : `PostgreSQL is back since ${Math.round(now - back)} s`;
}

/** It listens already, on another port than its own. */
function isElsewhere({ listens = [] }: DirectProbe): boolean {
  return !listens.includes(8069) && listens.some((port) => port < 32_768 && port !== 8071 && port !== 8072);
}

/** Its registry is loaded and a page was handed out: a boot is over then, whatever comes after. */
function isServing(lines: readonly { readonly text: string }[]): boolean {
  return lines.some(({ text }) => isServed(text));
}
