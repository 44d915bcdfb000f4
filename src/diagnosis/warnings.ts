/** What is not the cause, and would be the next one: told beside any verdict. */

import { ifSeen, type Survey } from "../survey/survey.ts";
import { judgeAnswer } from "./answer.ts";
import { type AssetsSight, storeOf } from "./assets.ts";
import { compileErrorIn } from "./causes/assets.ts";
import { fileSystems } from "./causes/host.ts";
import { clockTime } from "./changes.ts";
import type { Drift } from "./drift.ts";
import { proxyProgram } from "./proxies.ts";
import type { Target } from "./target.ts";

/** A certificate that ends so soon is told; most are renewed a month before. In milliseconds. */
const CERTIFICATE_SOON = 14 * 86_400_000;
/** In per cent. */
const DISK_NEARLY_FULL = 5;
/** In seconds. A clock that is off makes logs and certificates lie. */
const SKEW = 60;

export function warningsOf(
  survey: Survey,
  target: Target,
  drift: readonly Drift[],
  assets: AssetsSight,
): string[] {
  return [
    ...givenUp(survey),
    ...diskWarnings(survey),
    ...certificateWarnings(survey),
    ...clockWarnings(survey),
    ...burdenWarnings(survey),
    ...healthWarnings(survey, target),
    ...composeWarnings(survey, drift),
    ...assetWarnings(survey, target, assets),
    ...blindSpots(survey),
  ];
}

/** Comes first: nobody else tells of it, and it may be what is wrong. */
function givenUp({ history }: Survey): string[] {
  return (ifSeen(history)?.gaveUp ?? []).map(
    ({ at, step, why, key }) =>
      `An earlier run could not put Odoo back as it was, and stopped trying at ${clockTime(at)} (step ${step}: ${why}). What it saved is in \`/var/lib/odoo-recover/${key}/kept/${step}-put-back\`. When you have dealt with it, remove \`/var/lib/odoo-recover/${key}/gave-up\`.`,
  );
}

/** What could not be seen is said: it may be what is wrong next. */
function blindSpots(survey: Survey): string[] {
  const noNginx =
    !survey.nginx.observed &&
    /not installed on the host/.test(survey.nginx.why) &&
    proxyProgram(survey) !== "nginx";
  return Object.entries(survey).flatMap(([name, part]: [string, Survey[keyof Survey]]) => {
    if (typeof part !== "object" || part.observed) return [];
    if (noNginx && /^(?:nginx|nginxErrors|accessLogs)$/.test(name)) return [];
    return [`not observed: ${WORDS[name] ?? name} (${part.why.split("\n")[0]?.slice(0, 200)})`];
  });
}

/** What nobody asked for, and what of the files was not audited. */
function assetWarnings(survey: Survey, target: Target, { at, elsewhere, findings }: AssetsSight): string[] {
  const hosts = new Set(
    elsewhere.map((address) => /^(?:https?:)?\/\/([^/]+)/i.exec(address)?.[1] ?? address),
  );
  const { database, rows, filestore } = storeOf(survey, target);
  const stores = ifSeen(survey.filestores)?.get(target.odoo?.id ?? "");
  const { looked, missing, unreadable } = filestore?.others ?? { looked: 0, missing: 0, unreadable: 0 };
  const compiling = compileErrorIn(survey, target);
  return [
    ...(hosts.size === 0
      ? []
      : [
          `${elsewhere.length} stylesheets and scripts of the login page come from ${[...hosts].join(", ")}: they were not looked at`,
        ]),
    ...(at.length > 0 && !target.database.observed && target.db !== undefined
      ? [`the files that Odoo needs were not audited, for its database is not known: ${target.database.why}`]
      : []),
    ...(database !== undefined && rows === undefined && !database.bundles.observed
      ? [`not observed: the compiled bundles in ${database.name} (${database.bundles.why})`]
      : []),
    ...(stores?.observed === false ? [`not observed: Odoo's files (${stores.why})`] : []),
    ...(missing + unreadable > 0
      ? [
          `of ${looked} files that the database names: ${missing} missing, ${unreadable} that Odoo cannot read (${filestore?.path})`,
        ]
      : []),
    ...(compiling === undefined || findings.some(({ kind }) => kind === "poisoned")
      ? []
      : [`a stylesheet did not compile at ${clockTime(compiling.at)}, says Odoo's log: ${compiling.words}`]),
  ];
}

const WORDS: Readonly<Record<string, string>> = {
  accessLogs: "nginx's access log",
  databases: "what PostgreSQL does",
  direct: "Odoo's own port",
  directAssets: "the stylesheets and scripts that Odoo hands out",
  disks: "the file systems",
  filestores: "Odoo's files",
  history: "what changed lately",
  images: "the images",
  listeners: "who listens on which port",
  logs: "the containers' logs",
  memory: "the memory",
  nginx: "nginx's configuration",
  nginxErrors: "nginx's error log",
  others: "containers and services beside Compose",
  processes: "the processes",
  projects: "the compose files",
  proxy: "what the proxy answers",
  proxyAssets: "the stylesheets and scripts that come through the proxy",
  running: "how Odoo was told to run",
  settings: "odoo.conf",
  units: "systemd's services",
};

function diskWarnings(survey: Survey): string[] {
  return fileSystems(survey).flatMap(({ mount, size, available, inodes, inodesFree }) => {
    const left = Math.floor((available * 100) / size);
    if (size > 0 && left < DISK_NEARLY_FULL)
      return [`the file system ${mount} has ${left} % of its space left`];
    if (inodes !== undefined && inodesFree !== undefined && inodesFree * 100 < inodes * DISK_NEARLY_FULL)
      return [`the file system ${mount} has ${inodesFree} of ${inodes} inodes left`];
    return [];
  });
}

function certificateWarnings(survey: Survey): string[] {
  const certificate = survey.public?.observed ? survey.public.value.certificate : undefined;
  const now = (ifSeen(survey.host)?.epoch ?? 0) * 1000;
  const expires = certificate?.expires;
  if (expires === undefined || expires < now || expires - now > CERTIFICATE_SOON) return [];
  const days = Math.floor((expires - now) / 86_400_000);
  return [`the certificate expires in ${days} days (${new Date(expires).toISOString().slice(0, 10)})`];
}

function clockWarnings({ clockSkew }: Survey): string[] {
  if (clockSkew === undefined || Math.abs(clockSkew) < SKEW) return [];
  return [`the host's clock is ${Math.abs(clockSkew)} s ${clockSkew > 0 ? "ahead of" : "behind"} ours`];
}

/** In per cent of the memory, swap left aside. */
const MEMORY_NEARLY_GONE = 5;
/** Runnable processes for each processor, over five minutes. */
const OVERLOADED = 4;

function burdenWarnings(survey: Survey): string[] {
  const memory = ifSeen(survey.memory);
  const { load = [], processors } = ifSeen(survey.host) ?? {};
  const five = load[1] ?? 0;
  return [
    ...(memory !== undefined && memory.available * 100 < memory.total * MEMORY_NEARLY_GONE
      ? [
          `${Math.round(memory.available / 1024)} of ${Math.round(memory.total / 1024)} MiB of memory are left`,
        ]
      : []),
    ...(processors !== undefined && five > processors * OVERLOADED
      ? [`the load is ${five} on ${processors} processors`]
      : []),
  ];
}

function healthWarnings(survey: Survey, { odoo }: Target): string[] {
  if (odoo?.state !== "running" || odoo.health !== "unhealthy") return [];
  const probe = ifSeen(survey.direct)?.find(({ containerId }) => containerId === odoo.id);
  const answer = probe && ifSeen(probe.answer);
  return answer !== undefined && judgeAnswer(answer).good
    ? [`${odoo.name}'s own health check says unhealthy, although its login page is handed out`]
    : [];
}

function composeWarnings(survey: Survey, drift: readonly Drift[]): string[] {
  const compose = ifSeen(survey.compose);
  const old =
    compose?.generation === "v1"
      ? [`only Compose v1 (${compose.version}) is installed, which is no longer maintained: we do not use it`]
      : [];
  return [
    ...old,
    ...drift.filter(({ breaking }) => breaking).map(({ service, what }) => `${service}: ${what}`),
  ];
}
