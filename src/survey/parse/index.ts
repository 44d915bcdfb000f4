/** Reads what survey.sh printed. Parses once, at the edge; what does not fit is *not observed*, with the reason. */

import { setImmediate } from "node:timers/promises";
import type { ProgramResult } from "../../host/host.ts";
import { type RawProbe, rawProbes, readProbe } from "../raw.ts";
import { ifSeen, type Observation, type Survey, seen } from "../survey.ts";
import { parseDatabases } from "./database.ts";
import {
  parseCompose,
  parseContainers,
  parseImages,
  parseLogs,
  parseOthers,
  parseProjects,
  parseSettings,
} from "./docker.ts";
import { parseHistory } from "./history.ts";
import { parseDisks, parseHost, parseListeners, parseMemory, parseProcesses, parseUnits } from "./host.ts";
import { parseAssets, parseDirect, parseProxy } from "./http.ts";
import { parseAccessLogs, parseNginx, parseNginxErrors } from "./nginx.ts";
import { parseFilestores, parseRunning } from "./odoo.ts";

/** What the host itself tells; the public side and the clocks are seen from the runner. */
export type HostSurvey = Omit<Survey, "public" | "clockSkew">;

/**
 * Lets other work of the process go on between two probes: one of them may have printed three megabytes.
 *
 * @param result of the program `survey.sh`
 * @param before an earlier survey, from which the parts are taken that this one did not ask for
 * @returns the survey; parts whose probe failed, timed out or printed nonsense are not observed
 */
export async function parseSurvey(result: ProgramResult, before?: HostSurvey): Promise<HostSurvey> {
  const probes = rawProbes(result);
  const read = async <T>(
    name: string,
    parse: (probe: RawProbe) => Observation<T>,
  ): Promise<Observation<T>> => {
    await setImmediate();
    return readProbe(probes.get(name), result.truncated, parse);
  };
  const unless = <K extends keyof HostSurvey>(name: string, part: K, now: HostSurvey[K]): HostSurvey[K] =>
    before === undefined || probes.has(name) ? now : before[part];
  const host = await read("host", parseHost);
  return {
    host,
    containers: await read("containers", ({ output }) => parseContainers(output.uncut)),
    projects: withHashes(await read("projects", ({ parts }) => seen(parseProjects(parts))), before),
    direct: await read("direct", ({ parts }) => seen(parseDirect(parts))),
    proxy: await read("proxy", ({ parts }) => parseProxy(parts)),
    logs: await read("logs", ({ parts }) => seen(parseLogs(parts))),
    processes: await read("processes", parseProcesses),
    listeners: await read("listeners", parseListeners),
    units: await read("units", parseUnits),
    databases: withModules(await read("database", ({ parts }) => seen(parseDatabases(parts))), before),
    directAssets: await read("direct-assets", ({ parts }) => seen(parseAssets(parts))),
    proxyAssets: await read("proxy-assets", ({ parts }) => seen(parseAssets(parts).get("proxy"))),
    running: unless("odoo", "running", await read("odoo", ({ parts }) => seen(parseRunning(parts)))),
    filestores: unless("odoo", "filestores", await read("odoo", ({ parts }) => seen(parseFilestores(parts)))),
    images: unless("images", "images", await read("images", ({ output }) => seen(parseImages(output.text)))),
    compose: unless("compose", "compose", await read("compose", ({ output }) => parseCompose(output.text))),
    memory: unless("memory", "memory", await read("memory", parseMemory)),
    disks: unless("disks", "disks", await read("disks", parseDisks)),
    nginx: unless("nginx", "nginx", await read("nginx", ({ parts }) => parseNginx(parts))),
    accessLogs: unless(
      "access-log",
      "accessLogs",
      await read("access-log", ({ parts }) => parseAccessLogs(parts)),
    ),
    nginxErrors: unless(
      "nginx-errors",
      "nginxErrors",
      await read("nginx-errors", ({ parts }) => seen(parseNginxErrors(parts))),
    ),
    settings: unless(
      "odoo-conf",
      "settings",
      await read("odoo-conf", ({ parts }) => seen(parseSettings(parts))),
    ),
    history: unless(
      "history",
      "history",
      await read("history", ({ parts }) => seen(parseHistory(parts, ifSeen(host)?.zoneMinutes ?? 0))),
    ),
    others: unless("others", "others", await read("others", ({ parts }) => seen(parseOthers(parts)))),
  };
}

/** A vital look does not ask for hashes and outlines; what an earlier one saw still holds for the same files. */
function withHashes(now: Survey["projects"], before: HostSurvey | undefined): Survey["projects"] {
  const known = before && ifSeen(before.projects);
  if (!now.observed || known === undefined) return now;
  return seen(
    now.value.map((project) => {
      const same = known.find(
        ({ name, directory }) => name === project.name && directory === project.directory,
      );
      if (same === undefined || project.outline.length > 0) return project;
      const services = ifSeen(same.services) ?? [];
      return {
        ...project,
        outline: same.outline,
        services: project.services.observed
          ? seen(
              project.services.value.map((service) => ({
                ...service,
                configHash:
                  service.configHash ?? services.find(({ name }) => name === service.name)?.configHash,
              })),
            )
          : project.services,
      };
    }),
  );
}

function withModules(now: Survey["databases"], before: HostSurvey | undefined): Survey["databases"] {
  const known = before && ifSeen(before.databases);
  if (!now.observed || known === undefined) return now;
  return seen(
    new Map(
      [...now.value].map(([id, activity]) => {
        const earlier = known.get(id);
        const odoo = earlier?.observed ? earlier.value.odoo : [];
        return activity.observed && activity.value.odoo.length === 0
          ? [id, seen({ ...activity.value, odoo })]
          : [id, activity];
      }),
    ),
  );
}
