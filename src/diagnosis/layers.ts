/** The health layers of a site, from the database up to what the reverse proxy hands out. */

import type { Container, HttpAnswer, Observation, Survey } from "../survey/survey.ts";
import type { Target } from "./target.ts";

export type LayerName = "database" | "odoo" | "direct" | "proxy";

export interface Layer {
  readonly name: LayerName;
  readonly state: "good" | "bad" | "not observed";
  /** What was seen, for people. */
  readonly why: string;
}

const good = (name: LayerName, why: string): Layer => ({ name, state: "good", why });
const bad = (name: LayerName, why: string): Layer => ({ name, state: "bad", why });
const blind = (name: LayerName, why: string): Layer => ({ name, state: "not observed", why });

/** Every layer of the target, lowest first. A database that is not in the project is judged by Odoo's answers alone. */
export function layersOf(survey: Survey, target: Target): Layer[] {
  return [
    ...(target.dbService === undefined ? [] : [containerLayer("database", target.dbService, target.db)]),
    containerLayer("odoo", target.odooService, target.odoo),
    directLayer(survey, target),
    answerLayer(
      "proxy",
      mapObservation(survey.proxy, (probe) => probe.answer),
    ),
  ];
}

function containerLayer(name: "database" | "odoo", service: string, container: Container | undefined): Layer {
  if (container === undefined) return bad(name, `the service ${service} has no container`);
  if (container.state !== "running") return bad(name, `${container.name} ${describeState(container)}`);
  if (container.health === "unhealthy")
    return bad(name, `${container.name} runs; its own health check says unhealthy`);
  if (container.health === "starting" && name === "database")
    return bad(name, `${container.name} is starting`);
  return good(name, `${container.name} runs${container.health === "healthy" ? " and says healthy" : ""}`);
}

/** `exited with status 0`, `is restarting (it ended with status 1)`, `is paused`, … */
export function describeState(container: Container): string {
  const memory = container.oomKilled ? ", killed for want of memory" : "";
  if (container.state === "exited") return `exited with status ${container.exitCode}${memory}`;
  if (container.state === "restarting")
    return `is restarting (it ended with status ${container.exitCode}${memory})`;
  return `is ${container.state}`;
}

function directLayer(survey: Survey, target: Target): Layer {
  if (target.odoo === undefined || target.odoo.state !== "running") {
    return bad("direct", "no Odoo runs that could answer");
  }
  if (!survey.direct.observed) return blind("direct", survey.direct.why);
  const probe = survey.direct.value.find((candidate) => candidate.containerId === target.odoo?.id);
  if (probe === undefined) return blind("direct", "the container neither publishes nor exposes port 8069");
  return answerLayer("direct", probe.answer);
}

function answerLayer(name: "direct" | "proxy", observation: Observation<HttpAnswer>): Layer {
  if (!observation.observed) return blind(name, observation.why);
  const verdict = judgeAnswer(observation.value);
  return verdict.good ? good(name, verdict.why) : bad(name, verdict.why);
}

/** Whether an answer to GET /web/login is Odoo's login page: 200 alone proves nothing. */
export function judgeAnswer(answer: HttpAnswer): { good: boolean; why: string } {
  if (!answer.answered) {
    const words = {
      refused: "connection refused",
      "timed-out": "no answer in time",
      broken: "the connection broke",
    };
    return { good: false, why: `${words[answer.problem]}${answer.detail ? ` (${answer.detail})` : ""}` };
  }
  const time = `in ${answer.seconds.toFixed(2)} s`;
  if (answer.code !== 200) {
    const to = answer.location ? ` to ${answer.location}` : "";
    return { good: false, why: `${answer.code}${to} ${time}` };
  }
  // The form's class and its field stand in the login page of Odoo 14 to 19 (addons/web/views/webclient_templates.xml).
  if (!/oe_login_form|name="login"/.test(answer.body)) {
    return { good: false, why: `200 ${time}, but the page is not Odoo's login page (${answer.bytes} bytes)` };
  }
  return { good: true, why: `200 ${time}` };
}

function mapObservation<A, B>(observation: Observation<A>, change: (value: A) => B): Observation<B> {
  return observation.observed ? { observed: true, value: change(observation.value) } : observation;
}
