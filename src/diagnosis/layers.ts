/** The health layers of a site, from the database up to what the public gets. */

import {
  type Container,
  type HttpAnswer,
  type Observation,
  type PublicProbe,
  type Survey,
  seen,
} from "../survey/survey.ts";
import { askedDirectly, askedInPublic, askedThrough, judgeAnswer } from "./answer.ts";
import { type AssetsSight, assetsOf, named } from "./assets.ts";
import { STARTING } from "./log.ts";
import type { Target } from "./target.ts";

export type LayerName = "database" | "odoo" | "direct" | "proxy" | "assets" | "public";

export interface Layer {
  readonly name: LayerName;
  readonly state: "good" | "bad" | "not observed";
  /** What was seen, for people. */
  readonly why: string;
}

const good = (name: LayerName, why: string): Layer => ({ name, state: "good", why });
const bad = (name: LayerName, why: string): Layer => ({ name, state: "bad", why });
const blind = (name: LayerName, why: string): Layer => ({ name, state: "not observed", why });

/**
 * Every layer of the target, lowest first. A database that is not in the project is judged by Odoo's answers alone.
 *
 * @param url how the public reaches the site, as far as it is known
 */
export function layersOf(survey: Survey, target: Target, url: URL | undefined): Layer[] {
  const direct = directLayer(survey, target, url);
  return [
    ...(target.dbService === undefined ? [] : [databaseLayer(survey, target)]),
    odooLayer(target, direct),
    direct,
    proxyLayer(survey, url),
    ...assetsLayers(assetsOf(survey, target)),
    ...publicLayers(survey),
  ];
}

/** The layers that can be seen without knowing any container. */
export function outerLayers(survey: Survey, url: URL | undefined): Layer[] {
  return [proxyLayer(survey, url), ...publicLayers(survey)];
}

function publicLayers(survey: Survey): Layer[] {
  return survey.public === undefined ? [] : [publicLayer(survey.public)];
}

/** Where no container could be seen: what was looked for, and why it was not found. */
export function layersWithoutContainers(survey: Survey, url: URL | undefined, why: string): Layer[] {
  return [blind("database", why), blind("odoo", why), blind("direct", why), ...outerLayers(survey, url)];
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

function directLayer(survey: Survey, target: Target, url: URL | undefined): Layer {
  if (target.odoo === undefined || target.odoo.state !== "running") {
    return bad("direct", "no Odoo runs that could answer");
  }
  if (!survey.direct.observed) return blind("direct", survey.direct.why);
  const probe = survey.direct.value.find((candidate) => candidate.containerId === target.odoo?.id);
  if (probe === undefined) return blind("direct", "the container neither publishes nor exposes port 8069");
  return answerLayer("direct", probe.answer, askedDirectly(probe.address, url));
}

function proxyLayer({ proxy }: Survey, url: URL | undefined): Layer {
  if (!proxy.observed) return blind("proxy", proxy.why);
  const { door, answer } = proxy.value;
  return answerLayer("proxy", seen(answer), askedThrough(door, url));
}

/**
 * The stylesheets and scripts of the login page, for a page without them is of no use. Left out where no login page was
 * handed out, for that is bad already, and where all of them come from another host, which nobody asked.
 */
function assetsLayers({ at, unseen, bare, total, findings, elsewhere }: AssetsSight): Layer[] {
  if (findings.length + bare.length > 0) {
    return [
      bad(
        "assets",
        [
          ...(bare.length === 0 ? [] : [`the login page at ${bare.join(" and ")} names no stylesheet`]),
          ...(findings.length === 0 ? [] : [named(findings)]),
        ].join("; "),
      ),
    ];
  }
  if (unseen.length > 0) return [blind("assets", `stylesheets and scripts, ${unseen.join("; ")}`)];
  if (total === 0 && elsewhere.length > 0) return [];
  return at.length === 0
    ? []
    : [good("assets", `${total} of ${total} stylesheets and scripts, at ${at.join(" and ")}`)];
}

/** What the public gets, a certificate that browsers refuse included. */
export function publicLayer(observation: Observation<PublicProbe>): Layer {
  if (!observation.observed) return blind("public", observation.why);
  const { url, answer, certificate, headers } = observation.value;
  // People pass it, and a runner cannot: https://developers.cloudflare.com/cloudflare-challenges/challenge-types/challenge-pages/detect-response/
  if (headers["cf-mitigated"] === "challenge")
    return blind(
      "public",
      "Cloudflare asks the visitor for a proof (a challenge page), which a runner cannot give",
    );
  const verdict = judgeAnswer(answer, askedInPublic(url));
  if (verdict.good && certificate?.problem !== undefined)
    return bad("public", `${verdict.why}, but browsers refuse its certificate: ${certificate.problem}`);
  return verdict.good ? good("public", verdict.why) : bad("public", verdict.why);
}

function answerLayer(
  name: "direct" | "proxy",
  observation: Observation<HttpAnswer>,
  asked: readonly string[],
): Layer {
  if (!observation.observed) return blind(name, observation.why);
  const verdict = judgeAnswer(observation.value, asked);
  return verdict.good ? good(name, verdict.why) : bad(name, verdict.why);
}
