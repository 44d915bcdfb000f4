/** Where signatures are looked for: what the survey brought, as texts of lines with their times. */

import { type Container, ifSeen, type Survey } from "../../survey/survey.ts";
import { isFresh } from "../causes/situation.ts";
import { DOWN } from "../containers.ts";
import { logSince, requestIn, sinceItsLastTries } from "../log.ts";
import type { Target } from "../target.ts";
import { A_WHILE, LATELY } from "./catalogue.ts";
import type { Where } from "./signature.ts";

export interface Line {
  /** Milliseconds since 1970; undefined for what holds at this moment. */
  readonly at: number | undefined;
  readonly text: string;
}

export interface Text {
  readonly where: Where;
  readonly place: string;
  readonly lines: readonly Line[];
  /** What was said before does not count. */
  readonly began: number;
  /** What is lately is counted from here: of a process that ended, from its end. */
  readonly now: number;
  /** What was said up to here no longer holds; for Odoo's log, where pages refute it. */
  readonly refuted: number;
  /** What was said of the database up to here is about another start of it. */
  readonly databaseStarted?: number;
}

/** A page that only an Odoo hands out that has its database and its modules; its files are not among them. */
function isGoodPage(text: string): boolean {
  const request = requestIn(text);
  return (
    request?.method === "GET" &&
    request.status === 200 &&
    request.path.startsWith("/") &&
    !/^\/(?:web\/(?:health|static|database|assets|content)\b|[\w-]+\/static\/)/.test(request.path)
  );
}

function isReady(text: string): boolean {
  return /LOG: {1,4}database system is ready to accept connections/.test(text);
}

/** Every text that may say something of a target, or of the host where no target is known. */
export function textsOf(survey: Survey, target: Target | undefined): Text[] {
  const now = (ifSeen(survey.host)?.epoch ?? 0) * 1000;
  return [
    kernelText(survey, target, now),
    dockerText(survey, target, now),
    ...(target?.db === undefined ? [] : [databaseText(survey, target.db, now)]),
    ...(target?.odoo === undefined ? [] : [odooText(survey, target.odoo, target.db, now)]),
    ...nginxTexts(survey, now),
  ];
}

/** The kernel's killer: lately, or when a container that does not run any more ended. */
function kernelText(survey: Survey, target: Target | undefined, now: number): Text {
  const ends = (target?.containers ?? []).filter(({ state }) => DOWN.has(state)).map(endOf);
  return {
    where: "the kernel's log",
    place: "the kernel's log",
    lines: (ifSeen(survey.history)?.kills ?? []).map(({ at, what }) => ({ at, text: what })),
    began: Math.min(now - A_WHILE, ...ends.filter((end) => end > 0).map((end) => end - LATELY)),
    now,
    refuted: 0,
  };
}

/** What Docker and Compose answer now, and why containers are not running. */
function dockerText(survey: Survey, target: Target | undefined, now: number): Text {
  const { containers, projects } = survey;
  const all = target === undefined ? (ifSeen(projects) ?? []) : [target.project];
  const answers = [
    ...(containers.observed ? [] : [containers.why]),
    ...all.flatMap(({ services }) => (services.observed ? [] : [services.why])),
  ].flatMap((why) => why.split("\n"));
  const states = (target?.containers ?? [])
    .filter((container) => !runsOn(survey, container))
    .flatMap(stateLines);
  return {
    where: "Docker",
    place: "Docker",
    lines: [...answers.map((text) => ({ at: undefined, text })), ...states],
    began: 0,
    now,
    refuted: 0,
  };
}

/** Not one that falls again and again. */
function runsOn(survey: Survey, { state, restartCount, startedAt }: Container): boolean {
  return state === "paused" || (state === "running" && !(restartCount >= 2 && isFresh(survey, startedAt)));
}

/** As `docker inspect` prints them. */
function stateLines(container: Container): Line[] {
  const { state, exitCode, oomKilled, error } = container;
  const at = endOf(container) || undefined;
  const facts = JSON.stringify({ Status: state, OOMKilled: oomKilled, ExitCode: exitCode });
  return [{ at, text: facts }, ...error.split("\n").map((text) => ({ at, text }))];
}

/** In milliseconds since 1970; 0 for one that never ran. */
function endOf({ finishedAt }: Container): number {
  return Math.max(0, Date.parse(finishedAt) || 0);
}

function logText(survey: Survey, container: Container, now: number): Omit<Text, "where" | "refuted"> {
  const since = sinceItsLastTries(container);
  const lines = logSince(survey, container.id, since);
  const end = DOWN.has(container.state) ? endOf(container) : 0;
  return {
    place: `the log of ${container.name}`,
    lines,
    began: Date.parse(since),
    now: end || now || (lines.at(-1)?.at ?? 0),
  };
}

function databaseText(survey: Survey, db: Container, now: number): Text {
  const text = logText(survey, db, now);
  return { ...text, where: "PostgreSQL's log", refuted: lastOf(text.lines, isReady) };
}

function odooText(survey: Survey, odoo: Container, db: Container | undefined, now: number): Text {
  const text = logText(survey, odoo, now);
  const lines = withoutTornBeginning(text.lines);
  const databaseStarted = Date.parse(db?.startedAt ?? "") || 0;
  return { ...text, lines, where: "Odoo's log", refuted: lastOf(lines, isGoodPage), databaseStarted };
}

/** The end of a traceback whose beginning was not brought along would be taken for what was said first. */
function withoutTornBeginning(lines: readonly Line[]): readonly Line[] {
  const whole = lines.findIndex(({ text }) => !/^(?:\s|$|[A-Za-z_][\w.]*(?:Error|Exception)\b)/.test(text));
  return whole < 0 ? lines : lines.slice(whole);
}

function lastOf(lines: readonly Line[], tells: (text: string) => boolean): number {
  return lines.findLast(({ text }) => tells(text))?.at ?? 0;
}

function nginxTexts(survey: Survey, now: number): Text[] {
  const unit = ifSeen(survey.units)?.get("nginx.service");
  const began =
    unit?.active === "active"
      ? (unit.upSince ?? 0)
      : unit?.downSince === undefined
        ? 0
        : unit.downSince - LATELY;
  const zone = (ifSeen(survey.host)?.zoneMinutes ?? 0) * 60_000;
  const said = (ifSeen(survey.nginx)?.said ?? "").split("\n");
  const errors = (ifSeen(survey.nginxErrors) ?? "").split("\n");
  const common = { began, now, refuted: 0 };
  return [
    {
      ...common,
      where: "nginx -t",
      place: "`nginx -t`",
      // Its stamp is of this very look.
      lines: said.map((text) => ({ at: undefined, text })),
    },
    {
      ...common,
      where: "nginx's error log",
      place: "nginx's error log",
      lines: errors.flatMap((text) => {
        const at = stampOf(text, zone);
        return at === undefined ? [] : [{ at, text }];
      }),
    },
  ];
}

/** `2024/05/02 03:00:00 [error] …` is in the host's own zone; journald says which one it means. */
function stampOf(line: string, zone: number): number | undefined {
  const [, year, month, day, time] = /^(\d{4})\/(\d\d)\/(\d\d) (\d\d:\d\d:\d\d) /.exec(line) ?? [];
  if (time !== undefined) return Date.parse(`${year}-${month}-${day}T${time}Z`) - zone;
  const [, local, hours, minutes] = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)([+-]\d\d):?(\d\d) /.exec(line) ?? [];
  const at = local === undefined ? Number.NaN : Date.parse(`${local}${hours}:${minutes}`);
  return Number.isNaN(at) ? undefined : at;
}
