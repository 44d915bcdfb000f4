/** How this host is built, where it differs from the runbook's: recognised and said plainly, nothing guessed. */

import { ifSeen, type Survey } from "../survey/survey.ts";
import type { Found } from "./causes/situation.ts";
import { cdnOf, proxyProgram } from "./proxies.ts";
import type { Target } from "./target.ts";

export function topologyOf(survey: Survey, target: Target | undefined): string[] {
  const proxy = proxyProgram(survey);
  const cdn = cdnOf(survey);
  const compose = ifSeen(survey.compose);
  return [
    ...(target !== undefined && target.dbService === undefined
      ? [
          `PostgreSQL is not in this compose project${target.odoo?.databaseHost ? ` (Odoo is told ${target.odoo.databaseHost})` : ""}: it is judged by Odoo's answers alone`,
        ]
      : []),
    ...(proxy !== undefined && proxy !== "nginx"
      ? [`the reverse proxy is ${proxy}: we look at what it answers, and touch nothing of it`]
      : []),
    ...(cdn === undefined ? [] : [`${cdn} stands in front of the site`]),
    ...(compose?.generation === "v1" ? [`Compose is v1 (${compose.version})`] : []),
  ];
}

/**
 * Odoo is here, and Compose did not make it.
 *
 * @param running only one that runs counts
 */
export function otherTopology(survey: Survey, running = false): Found | undefined {
  const others = ifSeen(survey.others);
  const container = others?.containers.find(
    ({ image, status }) =>
      /(?:^|\/)[\w.-]*odoo/i.test(image) && (!running || /^(?:Up|Restarting)/.test(status)),
  );
  const service = others?.services.find(
    ({ unit, active }) => /^(?:odoo|openerp)/.test(unit) && (!running || active === "active"),
  );
  const process = ifSeen(survey.processes)?.find(({ command }) =>
    /^(?:\S*python[\d.]*\s+)?\S*(?:odoo-bin|openerp-server)\b/.test(command),
  );
  const where =
    container !== undefined
      ? `in the container ${container.name} (${container.image}; ${container.status})`
      : service !== undefined
        ? `as the service ${service.unit} (${service.active})`
        : process !== undefined
          ? `as process ${process.pid}`
          : undefined;
  if (where === undefined) return undefined;
  return {
    cause: "other-topology",
    finding: `Odoo runs ${where}, and not in a project of Compose`,
    advice:
      "This action works on Odoo that `docker compose` runs. What it could see is below; it changed nothing.",
  };
}
