/** What changed, and since when the site is bad: the first failure set beside everything that happened before it. */

import { ifSeen, type Survey } from "../survey/survey.ts";
import type { Layer } from "./layers.ts";
import type { Target } from "./target.ts";

export interface Change {
  /** Milliseconds since 1970, by the host's clock. */
  readonly at: number;
  /** A clause that stands after *after*: `the Odoo container was recreated`. */
  readonly what: string;
}

export interface Outage {
  /** Milliseconds since 1970, by the host's clock. */
  readonly since: number;
  /** How it is known: `first 5xx in /var/log/nginx/access.log`. */
  readonly how: string;
}

const DAY = 86_400_000;
/** What happened longer ago than this before the site went bad is not named as what it went bad after. */
const NEAR = 15 * 60_000;
/** An image that was tagged so shortly before a container was made from it is why it was made. */
const FRESH = 60 * 60_000;
/** Before this a time of the day alone would be read as today's. */
const DATED = 20 * 60 * 60_000;
const TAGGED = "was pulled, built or tagged";

/** Everything that changed within a day, newest first. */
export function changesOf(survey: Survey, target: Target | undefined): Change[] {
  const host = ifSeen(survey.host);
  const now = (host?.epoch ?? 0) * 1000;
  const history = ifSeen(survey.history);
  const changes: Change[] = [
    ...(target === undefined ? [] : containerChanges(survey, target)),
    ...(history?.files ?? []).map(({ at, file }) => ({ at, what: `${file} was changed` })),
    ...(history?.git ?? []).map(({ at, directory, commit }) => ({
      at,
      what: `the checkout in ${directory} moved to ${commit}`,
    })),
    ...(history?.packages ?? []).map(({ at, what }) => ({ at, what: `the package ${what}` })),
    ...(history?.kills ?? []).map(({ at, what }) => ({
      at,
      what: `the kernel killed for want of memory: ${what}`,
    })),
    ...moduleChanges(survey),
    ...(host?.uptimeSeconds === undefined || now === 0
      ? []
      : [{ at: now - host.uptimeSeconds * 1000, what: "the host was booted" }]),
  ];
  return changes
    .filter(({ at }) => at > now - DAY && at <= now + 60_000)
    .sort((a, b) => b.at - a.at)
    .slice(0, 40);
}

function containerChanges(survey: Survey, target: Target): Change[] {
  return target.containers.flatMap((container): Change[] => {
    const role =
      container.id === target.odoo?.id
        ? "the Odoo container"
        : container.id === target.db?.id
          ? "the database container"
          : `the container ${container.name}`;
    const created = Date.parse(container.createdAt);
    const started = Date.parse(container.startedAt);
    const finished = Date.parse(container.finishedAt);
    const image = ifSeen(survey.images)?.get(container.imageReference);
    const fresh =
      image?.taggedAt !== undefined &&
      image.id === container.imageId &&
      image.taggedAt <= created &&
      created - image.taggedAt < FRESH;
    const ended = container.state === "exited" || container.state === "dead";
    return [
      { at: created, what: `${role} was recreated${fresh ? " from a newly tagged image" : ""}` },
      ...(image?.taggedAt === undefined
        ? []
        : [{ at: image.taggedAt, what: `the image ${container.imageReference} ${TAGGED}` }]),
      ...(started > created + 10_000
        ? [
            {
              at: started,
              what: `${role} was ${container.restartCount > 0 ? "restarted by Docker" : "started"}`,
            },
          ]
        : []),
      ...(ended && finished > 0
        ? [{ at: finished, what: `${role} ended with status ${container.exitCode}` }]
        : []),
    ].filter(({ at }) => at > 0);
  });
}

function moduleChanges(survey: Survey): Change[] {
  const activities = [...(ifSeen(survey.databases)?.values() ?? [])];
  return activities
    .flatMap((activity) => (activity.observed ? activity.value.odoo : []))
    .flatMap(({ name: database, recent }) =>
      // Installing a database touches hundreds of modules at once: that is one change.
      recent.slice(0, 5).map(({ name, state, at }) => ({
        at,
        what: `the module ${name} was ${state === "installed" ? "installed or updated" : state} in ${database}`,
      })),
    );
}

/** Since when the site is bad, from the best witness there is; undefined when none tells. */
export function outageOf(
  survey: Survey,
  target: Target | undefined,
  layers: readonly Layer[],
): Outage | undefined {
  if (layers.every(({ state }) => state !== "bad")) return undefined;
  const nginx = ifSeen(survey.units)?.get("nginx.service");
  const docker = ifSeen(survey.units)?.get("docker.service");
  const witnesses: Outage[] = [];
  if (nginx?.downSince !== undefined && nginx.active !== "active")
    witnesses.push({ since: nginx.downSince, how: "when nginx went down" });
  if (docker?.downSince !== undefined && docker.active !== "active")
    witnesses.push({ since: docker.downSince, how: "when Docker went down" });
  for (const container of [target?.odoo, target?.db]) {
    const finished = Date.parse(container?.finishedAt ?? "");
    if (container?.state === "exited" && finished > 0)
      witnesses.push({ since: finished, how: `when ${container.name} ended` });
  }
  for (const { badSince, file } of ifSeen(survey.accessLogs) ?? []) {
    if (badSince !== undefined) witnesses.push({ since: badSince, how: `the first 5xx in ${file}` });
  }
  return witnesses.sort((a, b) => a.since - b.since)[0];
}

/**
 * `Down since 02:47:13 UTC, 15 s after the Odoo container was recreated from a newly tagged image`
 *
 * @param changes newest first
 * @param now by the host's clock, in milliseconds since 1970: what is long ago is told with its date
 */
export function describeOutage(outage: Outage | undefined, changes: readonly Change[], now: number): string {
  if (outage === undefined) return "";
  const date = now - outage.since < DATED ? "" : `${new Date(outage.since).toISOString().slice(0, 10)} `;
  const since = `Down since ${date}${clockTime(outage.since)}`;
  const before = changes.find(
    ({ at, what }) => at <= outage.since && outage.since - at < NEAR && explains(what, outage),
  );
  if (before === undefined) return since;
  const distance = outage.since - before.at;
  return distance < 1_000
    ? `${since}, when ${before.what}`
    : `${since}, ${howLong(distance)} after ${before.what}`;
}

/** An end that is the outage itself explains nothing; nor does an image that nobody made a container of. */
function explains(what: string, { how }: Outage): boolean {
  return !(how.startsWith("when") && / ended with status /.test(what)) && !what.endsWith(TAGGED);
}

/** `02:47:13 UTC` */
export function clockTime(at: number): string {
  return `${new Date(at).toISOString().slice(11, 19)} UTC`;
}

function howLong(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}
