/** Causes that lie in the database: down, starting, out of Odoo's reach, locked. */

import { operand, typed, word } from "../../host/typed.ts";
import type { DatabaseActivity } from "../../survey/survey.ts";
import { DOWN } from "../containers.ts";
import { describeState } from "../layers.ts";
import { lockedOut, STARTING } from "../log.ts";
import type { Target } from "../target.ts";
import {
  activityOf,
  directOf,
  type Found,
  found,
  isFresh,
  lastWord,
  type Situation,
  stateOf,
  timedOut,
} from "./situation.ts";
export function stackDown({ target }: Situation): Found | undefined {
  const { odoo, odooService, db, dbService, project, containers } = target;
  if (containers.length === 0)
    return found("stack-down", `the whole stack ${project.name} has no containers`);
  const odooDown = odoo === undefined || DOWN.has(odoo.state);
  const dbDown = dbService !== undefined && (db === undefined || DOWN.has(db.state));
  return odooDown && dbDown
    ? found("stack-down", `neither ${odooService} nor ${dbService} runs in the stack ${project.name}`)
    : undefined;
}

export function databaseDown({ survey, target, layers }: Situation): Found | undefined {
  const { db, dbService } = target;
  if (dbService === undefined) return undefined;
  if (db === undefined) return found("database-down", `the service ${dbService} has no container`);
  if (DOWN.has(db.state))
    return found("database-down", `the database container ${db.name} ${describeState(db)}`);
  if (db.state === "paused") return found("database-down", `the database container ${db.name} is paused`);
  if (
    db.state === "restarting" ||
    (db.state === "running" &&
      db.restartCount >= 2 &&
      isFresh(survey, db.startedAt) &&
      stateOf(layers, "database") !== "good")
  ) {
    const said = lastWord(survey, db.id);
    return found(
      "database-down",
      `PostgreSQL ends at each start (status ${db.exitCode}, ${db.restartCount} restarts)${said === "" ? "" : `: ${said}`}`,
      "Look at the database's log in the evidence. A database that cannot start is for a person: nothing of ours touches it.",
    );
  }
  return undefined;
}

export function databaseStarting({ survey, target, layers }: Situation): Found | undefined {
  const { db } = target;
  if (db === undefined || db.state !== "running") return undefined;
  const activity = activityOf(survey, target);
  const refused = activity?.observed === false && STARTING.test(activity.why);
  if (!refused && !(db.health === "starting" && stateOf(layers, "database") === "bad")) return undefined;
  const why = refused ? activity.why.replace(/^.*FATAL: +/, "") : "its health check says starting";
  return found(
    "database-starting",
    `PostgreSQL in ${db.name} is starting or recovering and lets nobody in yet (${why})`,
    "Give it time: recovery after a crash may take minutes, and interrupting it does harm. Its log tells how far it is.",
  );
}

export function databaseUnreachable({ survey, target, layers }: Situation): Found | undefined {
  const { odoo, db } = target;
  if (odoo === undefined || DOWN.has(odoo.state) || stateOf(layers, "direct") !== "bad") return undefined;
  const activity = activityOf(survey, target);
  if (activity?.observed === false && db !== undefined && isSilent(activity.why)) {
    return found(
      "database-unreachable",
      `PostgreSQL in ${db.name} runs and gives no answer: ${activity.why.split("\n")[0]}`,
      "Look at the database's log in the evidence, and at the load of the host.",
    );
  }
  const words = lockedOut(survey, odoo, db);
  if (words === undefined) return undefined;
  if (/too many clients|remaining connection slots/.test(words)) {
    return found(
      "database-unreachable",
      `Odoo cannot use the database, for all connections are taken: ${words}`,
      "Look in the evidence at who holds them (`pg_stat_activity`). Then lower `db_maxconn` or `workers` in odoo.conf, end what does not belong there, or raise PostgreSQL's `max_connections`.",
    );
  }
  const where =
    db === undefined ? `PostgreSQL at ${odoo.databaseHost || "its host"}` : `PostgreSQL in ${db.name}`;
  return found(
    "database-unreachable",
    `Odoo cannot use the database: ${words}`,
    `${where} itself ${db === undefined ? "is not in this project" : "is up"}. Compare the user, the password, the host and the database's name in the compose file, .env and odoo.conf with what PostgreSQL knows; restarting changes none of them.`,
  );
}

/** PostgreSQL itself gave no answer; that our probe could not ask, or was not let in, says nothing of it. */
function isSilent(why: string): boolean {
  const failed = why
    .split("\n")
    .map((line) => line.slice(line.indexOf("connection to server ")))
    .some((line) => line.startsWith("connection to server ") && /failed(?!: FATAL)/.test(line));
  return (
    failed ||
    /no answer in time|connection refused|could not connect|too many clients|remaining connection slots/i.test(
      why,
    )
  );
}

/** Sessions of Odoo wait for a lock that somebody else holds: a restart of Odoo would not give it free. */
export function databaseLocked({ survey, target, layers }: Situation): Found | undefined {
  const direct = directOf(survey, target);
  if (stateOf(layers, "direct") !== "bad" || !timedOut(direct)) return undefined;
  const activity = activityOf(survey, target);
  const blocker = activity?.observed ? rootBlocker(activity.value) : undefined;
  if (blocker === undefined) return undefined;
  const { pid, application, state, seconds, statement } = blocker;
  return found(
    "database-locked",
    `Odoo waits for a lock that another session holds: ${application || "a client"} (session ${pid}, ${state} for ${seconds} s): ${statement}`,
    `Ask whoever runs it. To end that session and lose its transaction: \`SELECT pg_terminate_backend(${pid});\`. Restarting Odoo would not give the lock free.`,
    [typed(() => endSession(target, pid))],
  );
}

/** As PostgreSQL's own user, by its own socket in its container. */
function endSession({ db, dbUser }: Target, pid: number): string {
  const statement = `SELECT pg_terminate_backend(${Math.trunc(pid)})`;
  const user = dbUser === undefined ? `"\${POSTGRES_USER:-postgres}"` : word(dbUser);
  return `docker exec ${operand(db?.name ?? "")} sh -c ${word(`psql -U ${user} -d postgres -c ${word(statement)}`)}`;
}

/** The session at the head of a queue of Odoo's, when it is not one of Odoo's own. */
export function rootBlocker({ sessions }: DatabaseActivity) {
  const waiting = sessions.filter(({ blockedBy, seconds }) => blockedBy.length > 0 && seconds >= 3);
  const addresses = new Set(waiting.map(({ address }) => address));
  // Who is on PostgreSQL's own socket is no Odoo, where Odoo comes over the network.
  const odoo = addresses.size > 1 ? new Set([...addresses].filter(Boolean)) : addresses;
  const heads = new Set(waiting.flatMap(({ blockedBy }) => blockedBy));
  return sessions.find(
    ({ pid, blockedBy, address }) => heads.has(pid) && blockedBy.length === 0 && !odoo.has(address),
  );
}
