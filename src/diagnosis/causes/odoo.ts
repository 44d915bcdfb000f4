/** Causes that lie in Odoo itself, its container, and its port. */

import { ifSeen, type Survey } from "../../survey/survey.ts";
import { isChooser } from "../answer.ts";
import { DOWN } from "../containers.ts";
import { settingOf, whyNoneIsServed } from "../discovery.ts";
import { describeState } from "../layers.ts";
import { describeFailure, failureOf } from "../log.ts";
import { isStoppedBySignal } from "../processes.ts";
import { proxyProgram, routesOf, stoppedProxy } from "../proxies.ts";
import type { Target } from "../target.ts";
import {
  activityOf,
  directOf,
  type Found,
  found,
  isFresh,
  OPEN_ADVICE,
  refusedAt,
  type Situation,
  stateOf,
  timedOut,
} from "./situation.ts";
export function odooGone({ target }: Situation): Found | undefined {
  const { odoo, odooService } = target;
  if (odoo === undefined) return found("odoo-absent", `the service ${odooService} has no container`);
  return DOWN.has(odoo.state) && !odoo.oomKilled
    ? found("odoo-stopped", `the Odoo container ${odoo.name} ${describeState(odoo)}`)
    : undefined;
}

export function odooOutOfMemory({ survey, target, layers }: Situation): Found | undefined {
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

export function odooCrashLoop({ survey, target, layers }: Situation): Found | undefined {
  const { odoo } = target;
  if (odoo === undefined || stateOf(layers, "direct") === "good") return undefined;
  const restarting = odoo.state === "restarting";
  const fell = odoo.state === "running" && odoo.restartCount >= 2 && isFresh(survey, odoo.startedAt);
  if (!(restarting && odoo.restartCount >= 1) && !fell) return undefined;
  const failure = failureOf(survey, odoo);
  return found(
    "odoo-crash-loop",
    `Odoo ends at each start (${restarting ? `status ${odoo.exitCode}, ` : ""}${odoo.restartCount} restarts)${failure === undefined ? "" : `: ${describeFailure(failure)}`}`,
    OPEN_ADVICE.mendAndRestart,
  );
}

export function odooStoppedBySignal({ survey, target }: Situation): Found | undefined {
  const { odoo } = target;
  if (odoo === undefined || !isStoppedBySignal(survey, target)) return undefined;
  return found(
    "odoo-frozen",
    odoo.state === "paused"
      ? `the Odoo container ${odoo.name} is paused: it accepts connections and answers nothing`
      : `every process of Odoo in ${odoo.name} was stopped by a signal (SIGSTOP): it accepts connections and answers nothing`,
  );
}

export function odooFrozen({ survey, target, layers }: Situation): Found | undefined {
  const direct = directOf(survey, target);
  if (stateOf(layers, "direct") !== "bad" || !timedOut(direct)) return undefined;
  return found("odoo-frozen", `Odoo in ${target.odoo?.name} runs, accepts connections and gives no answer`);
}

export function portMappingMissing({ survey, target, layers }: Situation): Found | undefined {
  const direct = directOf(survey, target);
  const { odoo, odooService, project } = target;
  if (odoo?.state !== "running" || direct === undefined) return undefined;
  const proxied = ifSeen(survey.proxy) !== undefined && stateOf(layers, "proxy") === "bad";
  if (!direct.published && stateOf(layers, "direct") === "good" && proxied && expectsPort(survey, target)) {
    const at = project.outline.find(
      ({ text }) => /^\s/.test(text) && text.trimStart().startsWith(`${odooService}:`),
    );
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

export function odooNotListening({ survey, target, layers }: Situation): Found | undefined {
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

/** What sends Odoo to another port or address: a line of odoo.conf, or its command line. */
export function elsewhereSetting(survey: Survey, { odoo }: Target): string | undefined {
  const port = settingOf(survey, odoo, "http_port");
  const address = settingOf(survey, odoo, "http_interface");
  const enabled = settingOf(survey, odoo, "http_enable");
  const wrong =
    port !== undefined && port.value !== "8069"
      ? port
      : address !== undefined && /^(?:127\.|localhost)/.test(address.value)
        ? address
        : enabled !== undefined && /^(?:false|0)$/i.test(enabled.value)
          ? enabled
          : undefined;
  return wrong && `\`${wrong.name} = ${wrong.value}\`, ${wrong.from}`;
}

export function odooUnhealthy({ survey, target, layers, url }: Situation): Found | undefined {
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
  const none = whyNoneIsServed(survey, target, url);
  if (none !== undefined) {
    return found(
      "odoo-unhealthy",
      `Odoo is set up to serve no database that there is (${direct.why}): ${none}`,
      "Correct that setting, then restart Odoo. Do not start it with a name that is not there: it would make a new, empty database.",
    );
  }
  const failure = failureOf(survey, target.odoo);
  return found(
    "odoo-unhealthy",
    `Odoo runs and does not serve its login page (${direct.why})${failure === undefined ? "" : `: ${describeFailure(failure)}`}`,
    OPEN_ADVICE.mend,
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
  if (answer === undefined || !isChooser(answer) || activity?.observed !== true) return undefined;
  const names = activity.value.odoo.map(({ name }) => name);
  return names.length === 1 ? undefined : names;
}
