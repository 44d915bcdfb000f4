/** The health layers of a site, from the database up to what the public gets. */

import type { Container, HttpAnswer, Observation, PublicProbe, Survey } from "../survey/survey.ts";
import { STARTING } from "./log.ts";
import type { Target } from "./target.ts";

export type LayerName = "database" | "odoo" | "direct" | "proxy" | "public";

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
  const direct = directLayer(survey, target);
  return [
    ...(target.dbService === undefined ? [] : [databaseLayer(survey, target)]),
    odooLayer(target, direct),
    direct,
    ...outerLayers(survey),
  ];
}

/** The layers that can be seen without knowing any container. */
export function outerLayers(survey: Survey): Layer[] {
  return [
    answerLayer(
      "proxy",
      mapObservation(survey.proxy, (probe) => probe.answer),
    ),
    ...(survey.public === undefined ? [] : [publicLayer(survey.public)]),
  ];
}

/** Where no container could be seen: what was looked for, and why it was not found. */
export function layersWithoutContainers(survey: Survey, why: string): Layer[] {
  return [blind("database", why), blind("odoo", why), blind("direct", why), ...outerLayers(survey)];
}

function databaseLayer(survey: Survey, target: Target): Layer {
  const { db, dbService } = target;
  if (db === undefined) return bad("database", `the service ${dbService} has no container`);
  if (db.state !== "running") return bad("database", `${db.name} ${describeState(db)}`);
  if (db.health === "unhealthy")
    return bad("database", `${db.name} runs; its own health check says unhealthy`);
  if (db.health === "starting") return bad("database", `${db.name} is starting`);
  const activity = survey.databases.observed ? survey.databases.value.get(db.id) : undefined;
  if (activity?.observed === false && STARTING.test(activity.why))
    return bad("database", `${db.name} runs and lets nobody in yet: ${activity.why}`);
  if (activity?.observed) {
    const { connections, mostConnections } = activity.value;
    return good(
      "database",
      `${db.name} runs and answers (${connections} of ${mostConnections} connections in use)`,
    );
  }
  if (db.health === "healthy") return good("database", `${db.name} runs and says healthy`);
  const why =
    activity?.observed === false ? activity.why : survey.databases.observed ? "" : survey.databases.why;
  return blind("database", `${db.name} runs; whether it answers was not seen${why === "" ? "" : `: ${why}`}`);
}

/**
 * Odoo's container. Its own health check lags behind, and passes or fails for reasons of its own: an Odoo that hands out
 * its login page is good whatever that check says, and the check's opinion is told.
 */
function odooLayer({ odoo, odooService }: Target, direct: Layer): Layer {
  if (odoo === undefined) return bad("odoo", `the service ${odooService} has no container`);
  if (odoo.state !== "running") return bad("odoo", `${odoo.name} ${describeState(odoo)}`);
  if (odoo.restartCount >= 2 && direct.state === "bad")
    return bad("odoo", `${odoo.name} runs again, after Docker restarted it ${odoo.restartCount} times`);
  if (odoo.health === "unhealthy" && direct.state !== "good")
    return bad("odoo", `${odoo.name} runs; its own health check says unhealthy`);
  return good(
    "odoo",
    `${odoo.name} runs${odoo.health === undefined ? "" : `; its health check says ${odoo.health}`}`,
  );
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

/** What the public gets, a certificate that browsers refuse included. */
export function publicLayer(observation: Observation<PublicProbe>): Layer {
  if (!observation.observed) return blind("public", observation.why);
  const { answer, certificate, headers } = observation.value;
  // People pass it, and a runner cannot: https://developers.cloudflare.com/cloudflare-challenges/challenge-types/challenge-pages/detect-response/
  if (headers["cf-mitigated"] === "challenge")
    return blind(
      "public",
      "Cloudflare asks the visitor for a proof (a challenge page), which a runner cannot give",
    );
  const verdict = judgeAnswer(answer);
  if (verdict.good && certificate?.problem !== undefined)
    return bad("public", `${verdict.why}, but browsers refuse its certificate: ${certificate.problem}`);
  return verdict.good ? good("public", verdict.why) : bad("public", verdict.why);
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
