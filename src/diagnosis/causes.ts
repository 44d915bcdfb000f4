/**
 * Which cause the layers and the rest of the survey point to. Several things may be wrong at once: the first rule that
 * holds is the root, and what comes after it in this list is its consequence, for nothing above can be good before it.
 * The order: Docker; somebody at work; disks; the database; Odoo's container; Odoo itself; its port; the proxy; the public
 * side; what could not be seen.
 */

import {
  type DatabaseActivity,
  type DirectProbe,
  type FileSystem,
  ifSeen,
  type Survey,
} from "../survey/survey.ts";
import type { Cause } from "./diagnosis.ts";
import { describeState, type Layer, type LayerName } from "./layers.ts";
import {
  describeFailure,
  type Failure,
  failureIn,
  LONGEST_PAUSE,
  lockedOut,
  logSince,
  STARTING,
  sinceItsLastTries,
} from "./log.ts";
import { cdnAnswers, proxyProgram, type Route, routesOf, shareRequests, stoppedProxy } from "./proxies.ts";
import type { Target } from "./target.ts";
import { treeOf, type Work } from "./work.ts";

export interface Found {
  readonly cause: Cause;
  /** A clause that stands after a colon. */
  readonly finding: string;
  /** What a person must do where no remedy of ours applies; empty otherwise. */
  readonly advice: string;
}

export interface Situation {
  readonly survey: Survey;
  readonly target: Target;
  readonly layers: readonly Layer[];
  readonly work: readonly Work[];
  /** The public host name, as far as it is known. */
  readonly hostname: string | undefined;
}

const found = (cause: Cause, finding: string, advice = ""): Found => ({ cause, finding, advice });

const DOWN: ReadonlySet<string> = new Set(["exited", "created", "dead"]);

/** @returns undefined when every layer is good */
export function causeOf(situation: Situation): Found | undefined {
  if (situation.layers.every(({ state }) => state === "good")) return undefined;
  for (const rule of RULES) {
    const cause = rule(situation);
    if (cause !== undefined) return cause;
  }
  return unknown(situation);
}

const RULES: readonly ((situation: Situation) => Found | undefined)[] = [
  somebodyAtWork,
  diskFull,
  stackDown,
  databaseDown,
  databaseStarting,
  odooOutOfMemory,
  databaseUnreachable,
  odooGone,
  odooCrashLoop,
  odooStoppedBySignal,
  databaseLocked,
  portMappingMissing,
  odooNotListening,
  odooFrozen,
  odooUnhealthy,
  nginxDown,
  nginxElsewhere,
  publicUnreachable,
];

// ---- The host --------------------------------------------------------------------------------------------------------

/** Docker's daemon does not answer, although it is there. Known without a target: nothing can be found without it. */
export function dockerDown(survey: Survey): Found | undefined {
  if (survey.containers.observed) return undefined;
  const { why } = survey.containers;
  if (/permission denied/i.test(why)) return undefined;
  const unit = ifSeen(survey.units)?.get("docker.service");
  const silent = /no answer in time/.test(why);
  const refused =
    /Cannot connect to the Docker daemon|Is the docker daemon running|connection refused|EOF/i.test(why);
  if (unit?.load === "loaded" && unit.active !== "active") {
    const how = unit.active === "failed" ? `failed (${unit.result})` : unit.active;
    return found(
      "docker-down",
      `the Docker daemon is down: docker.service is ${how}`,
      "Start it with `systemctl start docker`, and look at `journalctl -u docker` for why it went down.",
    );
  }
  if (refused || silent) {
    return found(
      "docker-down",
      silent
        ? "the Docker daemon hangs: it gives no answer"
        : `the Docker daemon does not answer: ${why.split("\n")[0]}`,
      "Look at `journalctl -u docker`. Restarting the daemon (`systemctl restart docker`) also stops and starts every container, so that is a person's decision.",
    );
  }
  return undefined;
}

/** Known without a target too, where Docker is being upgraded. */
export function somebodyAtWork({ work, layers }: Pick<Situation, "work" | "layers">): Found | undefined {
  if (work.length === 0 || !layers.some(({ state }) => state === "bad")) return undefined;
  const what = [...new Set(work.map((each) => each.what))].join(" and ");
  return found(
    "in-progress",
    `${what} is under way, and the site is not good meanwhile`,
    "Wait until that has ended, then run again. It is never interrupted.",
  );
}

/** Below this many KiB nothing can work, however small the file system is. */
const NO_SPACE = 8 * 1024;

export function fullFileSystems(
  survey: Survey,
): { readonly disk: FileSystem; readonly of: "space" | "inodes" }[] {
  return (ifSeen(survey.disks) ?? []).flatMap((disk): { disk: FileSystem; of: "space" | "inodes" }[] => {
    const { size, available, inodes, inodesFree } = disk;
    if (size > 0 && available < Math.min(NO_SPACE, size / 100)) return [{ disk, of: "space" }];
    if (inodes !== undefined && inodesFree !== undefined && inodesFree < Math.min(10, inodes / 100))
      return [{ disk, of: "inodes" }];
    return [];
  });
}

function diskFull({ survey, layers }: Situation): Found | undefined {
  if (!layers.some(({ state }) => state === "bad")) return undefined;
  const [full] = fullFileSystems(survey);
  if (full === undefined) return undefined;
  const { disk, of } = full;
  const where = `the file system ${disk.mount}`;
  return of === "space"
    ? found(
        "disk-full",
        `${where} is full (${disk.available} KiB of ${Math.round(disk.size / 1024)} MiB left)`,
        `Free space on ${disk.mount}: old logs (\`journalctl --vacuum-size=200M\`), old dumps, unused images (\`docker system df\`). Then run again; a restart alone would not last.`,
      )
    : found(
        "inodes-full",
        `${where} has no inodes left (${disk.inodesFree} of ${disk.inodes}): no file can be made, though there is space`,
        `Find the folder with very many small files on ${disk.mount} (often sessions or caches), and remove what is old. Then run again; a restart alone would not last.`,
      );
}

// ---- The database ----------------------------------------------------------------------------------------------------

function stackDown({ target }: Situation): Found | undefined {
  const { odoo, odooService, db, dbService, project, containers } = target;
  if (containers.length === 0)
    return found("stack-down", `the whole stack ${project.name} has no containers`);
  const odooDown = odoo === undefined || DOWN.has(odoo.state);
  const dbDown = dbService !== undefined && (db === undefined || DOWN.has(db.state));
  return odooDown && dbDown
    ? found("stack-down", `neither ${odooService} nor ${dbService} runs in the stack ${project.name}`)
    : undefined;
}

function databaseDown({ survey, target, layers }: Situation): Found | undefined {
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

function databaseStarting({ survey, target, layers }: Situation): Found | undefined {
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

function activityOf(survey: Survey, { db }: Target) {
  return db === undefined ? undefined : ifSeen(survey.databases)?.get(db.id);
}

function databaseUnreachable({ survey, target, layers }: Situation): Found | undefined {
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
  return /no answer in time|connection refused|could not connect|connection to server [^\n]*failed(?!: FATAL)|too many clients|remaining connection slots/i.test(
    why,
  );
}

/** Sessions of Odoo wait for a lock that somebody else holds: a restart of Odoo would not give it free. */
function databaseLocked({ survey, target, layers }: Situation): Found | undefined {
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
  );
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

// ---- Odoo ------------------------------------------------------------------------------------------------------------

function odooGone({ target }: Situation): Found | undefined {
  const { odoo, odooService } = target;
  if (odoo === undefined) return found("odoo-absent", `the service ${odooService} has no container`);
  return DOWN.has(odoo.state) && !odoo.oomKilled
    ? found("odoo-stopped", `the Odoo container ${odoo.name} ${describeState(odoo)}`)
    : undefined;
}

function odooOutOfMemory({ survey, target, layers }: Situation): Found | undefined {
  const { odoo } = target;
  if (odoo === undefined || !odoo.oomKilled || stateOf(layers, "direct") === "good") return undefined;
  // The mark stays on the container: one that runs for long by now was killed at another time.
  const loops =
    odoo.state === "restarting" ||
    (odoo.state === "running" && odoo.restartCount >= 2 && isFresh(survey, odoo.startedAt));
  if (!loops && !DOWN.has(odoo.state)) return undefined;
  const limit =
    odoo.memoryLimit > 0
      ? `its limit is ${Math.round(odoo.memoryLimit / 1_048_576)} MiB`
      : memoryWords(survey);
  return found(
    "odoo-out-of-memory",
    loops
      ? `Odoo is killed for want of memory at each start (${odoo.restartCount} restarts; ${limit})`
      : `the Odoo container ${odoo.name} was killed for want of memory, status ${odoo.exitCode} (${limit})`,
    "Give it more memory (the service's limit, swap, a bigger droplet), or let it use less (`workers`, `limit_memory_hard` in odoo.conf): starting it again does not change why it was killed.",
  );
}

function memoryWords(survey: Survey): string {
  const memory = ifSeen(survey.memory);
  return memory === undefined
    ? "it has no limit of its own"
    : `it has no limit of its own; the host has ${Math.round(memory.available / 1024)} of ${Math.round(memory.total / 1024)} MiB left`;
}

function odooCrashLoop({ survey, target, layers }: Situation): Found | undefined {
  const { odoo } = target;
  if (odoo === undefined || stateOf(layers, "direct") === "good") return undefined;
  const restarting = odoo.state === "restarting";
  const fell = odoo.state === "running" && odoo.restartCount >= 2 && isFresh(survey, odoo.startedAt);
  if (!(restarting && odoo.restartCount >= 1) && !fell) return undefined;
  const failure = failureOf(survey, target);
  return found(
    "odoo-crash-loop",
    `Odoo ends at each start (${restarting ? `status ${odoo.exitCode}, ` : ""}${odoo.restartCount} restarts)${failure === undefined ? "" : `: ${describeFailure(failure)}`}`,
    "Mend what the log names, then restart Odoo: Docker goes on restarting it by itself.",
  );
}

/** What Odoo's log says went wrong since it was started last; of one that was just started again, before that too. */
function failureOf(survey: Survey, { odoo }: Target): Failure | undefined {
  if (odoo === undefined) return undefined;
  return failureIn(
    logSince(survey, odoo.id, sinceItsLastTries(odoo))
      .map(({ text }) => text)
      .join("\n"),
  );
}

/** Paused by Docker, or every process of it stopped by a signal. */
export function isStoppedBySignal(survey: Survey, { odoo }: Target): boolean {
  if (odoo === undefined) return false;
  if (odoo.state === "paused") return true;
  const processes = ifSeen(survey.processes) ?? [];
  const tree = treeOf(odoo.pid, processes);
  const own = processes.filter(({ pid }) => tree.has(pid));
  return own.length > 0 && own.every(({ state }) => state.startsWith("T"));
}

function odooStoppedBySignal({ survey, target }: Situation): Found | undefined {
  const { odoo } = target;
  if (odoo === undefined || !isStoppedBySignal(survey, target)) return undefined;
  return found(
    "odoo-frozen",
    odoo.state === "paused"
      ? `the Odoo container ${odoo.name} is paused: it accepts connections and answers nothing`
      : `every process of Odoo in ${odoo.name} was stopped by a signal (SIGSTOP): it accepts connections and answers nothing`,
  );
}

function odooFrozen({ survey, target, layers }: Situation): Found | undefined {
  const direct = directOf(survey, target);
  if (stateOf(layers, "direct") !== "bad" || !timedOut(direct)) return undefined;
  return found("odoo-frozen", `Odoo in ${target.odoo?.name} runs, accepts connections and gives no answer`);
}

function portMappingMissing({ survey, target, layers }: Situation): Found | undefined {
  const direct = directOf(survey, target);
  const { odoo, odooService, project } = target;
  if (odoo?.state !== "running" || direct === undefined) return undefined;
  const proxied = ifSeen(survey.proxy) !== undefined && stateOf(layers, "proxy") === "bad";
  if (!direct.published && stateOf(layers, "direct") === "good" && proxied && expectsPort(survey, target)) {
    const at = project.outline.find(({ text }) => new RegExp(`^\\s+${odooService}:`).test(text));
    const listed = (ifSeen(project.services) ?? [])
      .find(({ name }) => name === odooService)
      ?.publishes.includes(8069);
    return found(
      "port-mapping-missing",
      `Odoo answers inside of its container, and its port 8069 is not published on the host: ${listed ? "the compose file does, but the container was made without" : `the service ${odooService} has no such \`ports:\`${at === undefined ? "" : ` (${at.file}:${at.line})`}`}`,
      listed
        ? "The container must be made anew from the compose file: look at the drift below first."
        : "Put the mapping (`127.0.0.1:8069:8069`) back into the compose file, and have Compose make the container anew.",
    );
  }
  if (direct.published && refusedAt(direct) && direct.inner?.answered === true) {
    return found(
      "port-mapping-missing",
      `Odoo answers inside of its container, and nothing listens on ${direct.address}: Docker's port mapping is lost`,
    );
  }
  return undefined;
}

/** A proxy in a container, running or not, or one that is told the container's address, needs no published port. */
function expectsPort(survey: Survey, target: Target): boolean {
  const program = proxyProgram(survey);
  if (program === undefined ? stoppedProxy(survey) !== undefined : / in a container/.test(program))
    return false;
  const onHost =
    program !== undefined ||
    ifSeen(survey.nginx) !== undefined ||
    ifSeen(survey.units)?.get("nginx.service")?.load === "loaded";
  return onHost && routesOf(survey, target, undefined).every(({ leadsToOdoo }) => leadsToOdoo === false);
}

function odooNotListening({ survey, target, layers }: Situation): Found | undefined {
  const direct = directOf(survey, target);
  if (stateOf(layers, "direct") !== "bad" || target.odoo?.state !== "running" || direct === undefined)
    return undefined;
  const answer = ifSeen(direct.answer);
  if (answer === undefined || answer.answered || answer.problem === "timed-out") return undefined;
  const others = (direct.listens ?? []).filter((port) => port !== 8069 && port !== 8072 && port < 32_768);
  const setting = elsewhereSetting(survey, target);
  // It listens where it should, and breaks the connection off.
  if (setting === undefined && direct.listens?.includes(8069)) return undefined;
  const elsewhere = others.length === 0 ? "" : `; it listens on ${others.join(", ")} instead`;
  const said = setting === undefined ? "" : ` (${setting})`;
  return found(
    "odoo-not-listening",
    `Odoo runs in ${target.odoo.name}, and ${direct.listens === undefined ? "its port 8069 gives no connection" : "nothing listens on its port 8069"}${elsewhere}${said}`,
    others.length === 0
      ? ""
      : "Change the port back, or the mapping and nginx with it: a restart would only repeat it.",
  );
}

/** The line of odoo.conf that sends Odoo to another port or address. */
export function elsewhereSetting(survey: Survey, { odoo }: Target): string | undefined {
  const settings = odoo === undefined ? [] : (ifSeen(survey.settings)?.get(odoo.id) ?? []);
  const wrong = settings.find(
    ({ name, value }) =>
      (/^(?:http_port|xmlrpc_port)$/.test(name) && value !== "8069") ||
      (name === "http_interface" && /^(?:127\.|localhost)/.test(value)) ||
      (name === "http_enable" && /^(?:false|0)$/i.test(value)),
  );
  return wrong === undefined
    ? undefined
    : `\`${wrong.name} = ${wrong.value}\`, /etc/odoo/odoo.conf:${wrong.line}`;
}

function odooUnhealthy({ survey, target, layers }: Situation): Found | undefined {
  const direct = layers.find(({ name }) => name === "direct");
  if (direct?.state !== "bad" || target.odoo?.state !== "running") return undefined;
  if (directOf(survey, target)?.answer.observed !== true) return undefined;
  const databases = databasesToChooseFrom(survey, target);
  if (databases !== undefined) {
    return databases.length === 0
      ? found(
          "odoo-unhealthy",
          `Odoo finds no database to serve (${direct.why}), and in PostgreSQL there is none that holds an Odoo`,
          "Do not make a new one. Look whether the database's volume is the right one, whether Odoo asks the right server, and for the last backup.",
        )
      : found(
          "odoo-unhealthy",
          `Odoo does not know which database to serve (${direct.why}): there are ${databases.join(" and ")}`,
          "Say which one in odoo.conf (`db_name`, or `dbfilter` for this host name) and restart Odoo, or remove the one that does not belong there.",
        );
  }
  const failure = failureOf(survey, target);
  return found(
    "odoo-unhealthy",
    `Odoo runs and does not serve its login page (${direct.why})${failure === undefined ? "" : `: ${describeFailure(failure)}`}`,
    "Mend what the log names; it is in the evidence.",
  );
}

/**
 * Odoo sends people to its page for choosing a database, and has not exactly one: those that there are; undefined when it
 * does not, or what there is was not seen. A restart changes nothing of that.
 */
export function databasesToChooseFrom(survey: Survey, target: Target): readonly string[] | undefined {
  const direct = directOf(survey, target);
  const answer = direct && ifSeen(direct.answer);
  const activity = activityOf(survey, target);
  if (answer?.answered !== true || !/\/web\/database\//.test(answer.location) || activity?.observed !== true)
    return undefined;
  const names = activity.value.odoo.map(({ name }) => name);
  return names.length === 1 ? undefined : names;
}

// ---- The proxy and the public side -----------------------------------------------------------------------------------

function nginxDown({ survey, layers }: Situation): Found | undefined {
  const unit = ifSeen(survey.units)?.get("nginx.service");
  if (stateOf(layers, "proxy") !== "bad" || unit?.load !== "loaded" || unit.active === "active")
    return undefined;
  // Where something else is the proxy, an nginx that was never started would only take its ports.
  const program = proxyProgram(survey);
  if (program !== undefined && program !== "nginx") return undefined;
  if (unit.active === "inactive" && unit.downSince === undefined && stoppedProxy(survey) !== undefined)
    return undefined;
  const nginx = ifSeen(survey.nginx);
  if (nginx?.valid === false) {
    return found(
      "nginx-config-invalid",
      `nginx is down, and its configuration is invalid: ${firstComplaint(nginx.said)}`,
      "Mend that line, test with `nginx -t`, then `systemctl start nginx`. It was left alone.",
    );
  }
  return found(
    "nginx-down",
    `nginx is ${unit.active === "failed" ? `down (failed: ${unit.result})` : "not running"}`,
  );
}

/** What nginx complains of first: `unknown directive "proxy_passs" in /etc/nginx/sites-enabled/odoo:24` */
export function firstComplaint(said: string): string {
  const line =
    said.split("\n").find((each) => /\[(?:emerg|alert|crit|error)\]/.test(each)) ?? said.split("\n")[0] ?? "";
  return line.replace(/^.*?\[\w+\] (?:\d+#\d+: )?/, "").trim();
}

function nginxElsewhere({ survey, target, layers, hostname }: Situation): Found | undefined {
  const outside = [stateOf(layers, "proxy"), stateOf(layers, "public")];
  if (!outside.includes("bad") || stateOf(layers, "direct") !== "good") return undefined;
  const routes = routesOf(survey, target, hostname);
  const astray = routes.filter(({ leadsToOdoo }) => leadsToOdoo === false);
  const dead = astray.filter(
    ({ upstream, listens }) =>
      listens !== true &&
      routes.some((other) => other.leadsToOdoo && shareRequests(other.upstream, upstream)),
  );
  if (dead.length > 0) {
    return found(
      "intermittent",
      `nginx sends some of the requests elsewhere than to Odoo: ${describeRoutes(dead)}`,
      "Take the dead server out of the upstream, test with `nginx -t`, then `systemctl reload nginx`. It was left alone.",
    );
  }
  if (astray.length === 0 || astray.length < routes.length || stateOf(layers, "proxy") !== "bad")
    return undefined;
  const direct = directOf(survey, target);
  return found(
    "nginx-elsewhere",
    `nginx sends requests to ${describeRoutes(astray)}, and Odoo answers on ${direct?.address}`,
    "Correct that line, test with `nginx -t`, then `systemctl reload nginx`. It was left alone.",
  );
}

function describeRoutes(routes: readonly Route[]): string {
  return [...new Set(routes.map(describeRoute))].join(" and ");
}

function describeRoute({ upstream, listens }: Route): string {
  return `${upstream.target} (${upstream.at.file}:${upstream.at.line}${listens === false ? "; nothing listens there" : ""})`;
}

function publicUnreachable({ survey, layers }: Situation): Found | undefined {
  const layer = layers.find(({ name }) => name === "public");
  // What could not be seen below a proxy that hands out the page does not matter to people outside.
  if (
    layer?.state !== "bad" ||
    stateOf(layers, "proxy") !== "good" ||
    layers.some(({ name, state }) => name !== "public" && state === "bad")
  )
    return undefined;
  const certificate = survey.public?.observed ? survey.public.value.certificate?.problem : undefined;
  if (certificate !== undefined) {
    return found(
      "public-unreachable",
      `the site is good, but browsers refuse its certificate: ${certificate}`,
      "Renew the certificate (`certbot renew`, then `systemctl reload nginx`).",
    );
  }
  const cdn = cdnAnswers(survey);
  return found(
    "public-unreachable",
    cdn ?? `the site is good on the host, and not from outside: ${layer.why}`,
    cdn === undefined
      ? "Look at what stands between: the name's address (DNS), the provider's firewall, `ufw status`, a load balancer or CDN."
      : "Look at the CDN's settings for this site; the droplet itself serves it.",
  );
}

// ---- What is left ----------------------------------------------------------------------------------------------------

function unknown({ survey, layers }: Situation): Found {
  const worst = layers.find((layer) => layer.state === "bad");
  if (worst === undefined) {
    const unseen = layers.filter((layer) => layer.state === "not observed");
    return found(
      "unknown",
      `what could be seen is good, but these could not be: ${unseen.map(({ name }) => name).join(", ")}`,
      "Make the missing probes possible (see below), then run again.",
    );
  }
  const stopped =
    worst.name === "proxy" && proxyProgram(survey) === undefined ? stoppedProxy(survey) : undefined;
  if (stopped !== undefined) {
    return found(
      "unknown",
      `the reverse proxy is down: the container ${stopped.name} (${stopped.image}) ${stopped.state}`,
      `Start it (\`docker start ${stopped.name}\`), and look at its log (\`docker logs ${stopped.name}\`). It was left alone: a proxy in a container is for a person.`,
    );
  }
  const program = worst.name === "proxy" ? proxyProgram(survey) : undefined;
  const proxy =
    program === undefined || program === "nginx"
      ? ""
      : `; the proxy is ${program}, which we can look at only from outside`;
  return found(
    "unknown",
    `the layer ${worst.name} is bad, for a reason that is not known: ${worst.why}${proxy}`,
    "Look at the logs in the evidence; nothing was changed because no remedy is known to fit.",
  );
}

// ---- Words about the situation ---------------------------------------------------------------------------------------

export function stateOf(layers: readonly Layer[], name: LayerName): Layer["state"] | undefined {
  return layers.find((layer) => layer.name === name)?.state;
}

export function directOf(survey: Survey, { odoo }: Target): DirectProbe | undefined {
  return ifSeen(survey.direct)?.find(({ containerId }) => containerId === odoo?.id);
}

function timedOut(direct: DirectProbe | undefined): boolean {
  const answer = direct && ifSeen(direct.answer);
  return answer?.answered === false && answer.problem === "timed-out";
}

function refusedAt({ answer }: DirectProbe): boolean {
  const value = ifSeen(answer);
  return value?.answered === false && value.problem === "refused";
}

function epochOf(survey: Survey): number {
  return ifSeen(survey.host)?.epoch ?? 0;
}

function isFresh(survey: Survey, startedAt: string): boolean {
  return epochOf(survey) - Date.parse(startedAt) / 1000 < LONGEST_PAUSE;
}

/** The last line of a container's log that is more than information. */
function lastWord(survey: Survey, id: string): string {
  const lines = logSince(survey, id, "1970-01-01T00:00:00Z").map(({ text }) => text);
  const said = lines.findLast((line) => /FATAL|PANIC|ERROR/.test(line)) ?? lines.at(-1) ?? "";
  return said.replace(/^.*?(FATAL|PANIC|ERROR): */, "$1: ").slice(0, 200);
}
