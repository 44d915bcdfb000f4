/**
 * The sandbox says what a droplet says: the same survey of both, fault by fault, is read as the same and diagnosed as the
 * same. Left aside is only what differs between any two droplets: ids, times, sizes, process ids, addresses in the
 * container network, names of the machine, how often something happened; there, presence and form are compared.
 */

import { readFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Diagnosis, diagnose } from "../../../src/diagnosis/diagnosis.ts";
import { connect } from "../../../src/host/connect.ts";
import { Host } from "../../../src/host/host.ts";
import type { Inputs } from "../../../src/inputs/inputs.ts";
import { parseInputs } from "../../../src/inputs/parse.ts";
import { askPublic } from "../../../src/survey/public.ts";
import { type HttpAnswer, ifSeen, type Observation, type Survey } from "../../../src/survey/survey.ts";
import { takeSurvey } from "../../../src/survey/take.ts";
import { Sandbox } from "../../sandbox/sandbox.ts";
import type { ActionInputs } from "../../support/action.ts";
import { realClock, until } from "../../support/clocks.ts";
import { nonce } from "../../support/hosts.ts";
import { Droplet } from "../droplet.ts";
import { inputsFor } from "./action.ts";

let droplet: Droplet;
let sandbox: Sandbox;

beforeAll(async () => {
  const { CONTRACT_DROPLET: name } = process.env;
  droplet = await Droplet.up(name === undefined ? {} : { name });
  await droplet.assertHealthy();
});

afterEach(async () => {
  await sandbox.close();
  await droplet.reset();
});

afterAll(async () => {
  await droplet.assertHealthy();
});

interface Look {
  readonly survey: Survey;
  readonly diagnosis: Diagnosis;
}

async function look(raw: ActionInputs): Promise<Look> {
  const inputs: Inputs = parseInputs(raw, (path) => readFileSync(path, "utf8"));
  const host = await Host.open({
    connect: () => connect(inputs.connection, { log: () => {} }),
    clock: realClock,
    nonce,
    onConnection: () => {},
  });
  try {
    const survey = await takeSurvey(
      {
        host,
        clock: realClock,
        learn: () => {},
        askPublic: (url, signal) => askPublic(url, realClock, signal),
      },
      inputs,
      { logLines: 200 },
    );
    return { survey, diagnosis: diagnose(survey, inputs) };
  } finally {
    await host.close();
  }
}

/** A look at Odoo in the pause between two of its falls: in its tries it may be seen in any moment of a start. */
async function lookBetweenFalls(raw: ActionInputs): Promise<Look> {
  let last: Look | undefined;
  await until(
    "Odoo waits for its next start",
    async () => {
      last = await look(raw);
      const odoo = ifSeen(last.survey.containers)?.find(({ service }) => service === "odoo");
      return odoo?.state === "restarting" && odoo.restartCount >= 2;
    },
    60_000,
  );
  if (last === undefined) throw new Error("nothing was looked at");
  return last;
}

/** Programs whose processes are compared; what else runs differs from one host to another, or is our own. */
const PROGRAMS =
  /^(?:nginx:|postgres$|postgres: (?!odoo)|\/usr\/bin\/python3 \/usr\/bin\/odoo|\/usr\/sbin\/(?:dockerd|docker-proxy) )/;

/** What must be the same. `folder`: where the host's files lie, when that is not the root. */
function comparable({ survey, diagnosis }: Look, folder: string): unknown {
  const containers = ifSeen(survey.containers) ?? [];
  const nameOf = (id: string): string =>
    neutral(containers.find((each) => each.id === id)?.name ?? `no such id: ${id}`);
  const publicUrl = survey.public?.observed ? new URL(survey.public.value.url) : undefined;
  const neutral = (text: string): string =>
    text
      .replaceAll(folder === "" ? "\0" : folder, "")
      .replaceAll(publicUrl?.host ?? "\0", "PUBLIC")
      .replaceAll(/\b[0-9a-f]{12}(?:[0-9a-f]{52})?\b/g, "ID")
      .replaceAll(/pw-[0-9a-f-]+/g, "PASSWORD")
      .replaceAll(/172\.\d+\.\d+\.\d+/g, "CONTAINER-ADDRESS")
      .replaceAll(/\d+\.\d\d s|\d+ ms|\d+ milliseconds|for \d+ s\b/g, "TIME")
      .replaceAll(/\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d/g, "TIME")
      .replaceAll(/\d+#\d+:/g, "PID:")
      .replaceAll(/process \d+/g, "process PID")
      .replaceAll(/\(\d+ of 100 connections/g, "(SOME of 100 connections")
      .replaceAll(/\d+ restarts/g, "SOME restarts")
      // The end of a command that was cut off after so many characters.
      .replaceAll(/--db_password \S*$/gm, "--db_password PASSWORD")
      // Outside of the droplet another program listens on its behalf, and hangs up when nobody does inside.
      .replaceAll(
        /^(public: |)(?:the connection broke|connection refused) \((?:socket hang up|read ECONNRESET|connect .*)\)$/gm,
        "$1NOBODY",
      )
      // Of a port that comes and goes with each start.
      .replaceAll(/curl: \((?:7|52|56)\) .*(?=8069)?/g, "CURL");
  const hashes = new Map(
    (diagnosis.target?.project.services.observed ? diagnosis.target.project.services.value : []).map(
      ({ name, configHash }) => [name, configHash],
    ),
  );
  const loops = containers.some(({ state }) => state === "restarting");
  const comparableAnswer = (answer: HttpAnswer, from: "inside" | "outside"): unknown => {
    if (!answer.answered) {
      const passing = (loops || from === "outside") && answer.problem !== "timed-out";
      return passing ? "nobody" : { ...answer, detail: neutral(answer.detail) };
    }
    const { seconds: _, bytes, body, ...same } = answer;
    return { ...same, whole: bytes === Buffer.byteLength(body), login: body.includes('name="login"') };
  };
  return {
    host: map(
      survey.host,
      ({ user, privilege, system, bootId, uptimeSeconds, load, processors, zoneMinutes }) => ({
        user,
        privilege,
        system,
        zoneMinutes,
        known: [/^[0-9a-f-]{36}$/.test(bootId), (uptimeSeconds ?? 0) > 0, load.length, (processors ?? 0) > 0],
      }),
    ),
    containers: map(survey.containers, (all) =>
      all
        .map(
          ({
            id,
            name,
            createdAt,
            startedAt,
            finishedAt,
            imageId,
            configHash,
            pid,
            restartCount,
            ...same
          }) => ({
            ...same,
            name: neutral(name),
            id: /^[0-9a-f]{64}$/.test(id),
            imageId: /^sha256:[0-9a-f]{64}$/.test(imageId),
            createdAt: form(createdAt),
            startedAt: form(startedAt),
            // Whether one that runs has run before is its history.
            finishedAt: /^(?:running|paused)$/.test(same.state) ? "before" : form(finishedAt),
            // The health check notices after a while.
            health: same.state === "paused" ? "whatever" : same.health,
            hasProcess: pid > 0,
            restartedByItself: restartCount > 0,
            drifted: hashes.get(same.service) !== configHash,
          }),
        )
        .sort((a, b) => (a.name < b.name ? -1 : 1)),
    ),
    images: map(survey.images, (images) =>
      [...images].map(([name, { taggedAt }]) => ({ name, tagged: taggedAt !== undefined })),
    ),
    compose: survey.compose,
    projects: map(survey.projects, (all) =>
      all.map(({ directory: where, files, services, outline, ...same }) => ({
        ...same,
        directory: neutral(where),
        files: files.map(neutral),
        outline: outline.map(({ file, ...line }) => ({ ...line, file: neutral(file) })),
        services: map(services, (list) =>
          list.map(({ configHash, ...service }) => ({
            ...service,
            configHash: /^[0-9a-f]{64}$/.test(configHash ?? ""),
          })),
        ),
      })),
    ),
    direct: map(survey.direct, (all) =>
      all
        .map(({ containerId, address, answer, listens, inner, ...same }) => ({
          ...same,
          container: nameOf(containerId),
          address: neutral(address),
          answer: loops ? "whatever" : map(answer, (value) => comparableAnswer(value, "inside")),
          // Above are those of Docker's own name server, and of the moment.
          listens: loops ? "whatever" : listens?.filter((port) => port < 32_768),
          inner: inner === undefined || loops ? undefined : comparableAnswer(inner, "inside"),
        }))
        .sort((a, b) => (a.container < b.container ? -1 : 1)),
    ),
    proxy: map(survey.proxy, ({ door, answer }) => ({ door, answer: comparableAnswer(answer, "inside") })),
    public:
      survey.public &&
      map(survey.public, ({ answer, headers, certificate }) => ({
        answer: comparableAnswer(answer, "outside"),
        headers: headers,
        certificate,
      })),
    clockSkew: survey.clockSkew,
    logs: map(survey.logs, (logs) =>
      [...logs]
        .map(([id, text]) => ({
          container: nameOf(id),
          // The words are the real programs' own; that every line has a time, and that there are any, is Docker's.
          stamped: text
            .trim()
            .split("\n")
            .every((line) => line === "" || /^\d{4}-\d\d-\d\dT[\d:.]+Z /.test(line)),
        }))
        .sort((a, b) => (a.container < b.container ? -1 : 1)),
    ),
    processes: map(survey.processes, (all) =>
      [
        ...new Set(
          all
            .filter(({ command }) => PROGRAMS.test(command) && !loops)
            .map(({ command, state }) => `${state.charAt(0).replace("R", "S")} ${neutral(command).trim()}`),
        ),
      ].sort(),
    ),
    listeners: map(survey.listeners, (all) =>
      all
        .filter(
          ({ program, address }) => /^(?:sshd|nginx|docker-proxy)$/.test(program) && !address.startsWith("["),
        )
        .filter(({ program }) => !(loops && program === "docker-proxy"))
        .map(({ program, address, port }) => `${program} ${address}:${port}`)
        .sort(),
    ),
    units: map(survey.units, (units) =>
      [...units].map(([name, { load, active, result, upSince, downSince }]) => ({
        name,
        load,
        active,
        result,
        upSince: upSince !== undefined,
        // One that runs may have been down before: that is its history.
        downSince: active === "active" || downSince !== undefined,
      })),
    ),
    memory: map(survey.memory, ({ total, available }) => total > available && available > 0),
    disks: map(survey.disks, (all) =>
      all
        .filter(({ mount }) => mount === "/")
        .map(({ size, available, inodes = 0, inodesFree = 0 }) => size > available && inodes > inodesFree),
    ),
    nginx: map(survey.nginx, ({ valid, said, upstreams }) => ({
      valid,
      said: neutral(said),
      upstreams: upstreams.map(({ at, ...same }) => ({ ...same, at: { ...at, file: neutral(at.file) } })),
    })),
    accessLogs: map(survey.accessLogs, (all) =>
      all.map(({ file, badSince, lastGood, minutes }) => ({
        file: neutral(file),
        endsBad: badSince !== undefined,
        wasGood: lastGood !== undefined,
        counted: minutes.every(({ total }) => total > 0),
      })),
    ),
    nginxErrors: map(survey.nginxErrors, (text) => ({
      // A crash loop refuses one connection and cuts the next.
      from: loops ? "whatever" : [...text.matchAll(/^# (.*)$/gm)].map(([, name]) => neutral(name ?? "")),
      // The journal also remembers what was before.
      emergency:
        ifSeen(survey.units)?.get("nginx.service")?.active === "failed"
          ? /\[emerg\] .*$/m.exec(neutral(text))?.[0]
          : undefined,
      upstream: loops
        ? "whatever"
        : [...new Set(text.match(/(?:connect\(\)|upstream|recv\(\)) .*? upstream/g))].sort(),
    })),
    databases: map(survey.databases, (all) =>
      [...all].map(([id, activity]) => ({
        container: nameOf(id),
        activity: map(activity, ({ version, recovering, mostConnections, sessions, odoo }) => ({
          version,
          recovering,
          mostConnections,
          // Those of the health check come and go.
          sessions: sessions
            .filter(({ database }) => database !== "postgres")
            .map(({ database, application, state, blockedBy }) => ({
              database,
              application,
              state,
              blockedBy,
            })),
          odoo: odoo.map(({ name, installed, pending }) => ({ name, installed, pending })),
        })),
      })),
    ),
    settings: map(survey.settings, (all) =>
      [...all]
        .map(([id, settings]) => ({ container: nameOf(id), settings }))
        .sort((a, b) => (a.container < b.container ? -1 : 1)),
    ),
    history: map(survey.history, ({ files, git, packages, kills, gaveUp }) => ({
      files: files.map(({ file }) => neutral(file)).sort(),
      git,
      packages,
      kills,
      gaveUp,
    })),
    others: survey.others,
    diagnosis: {
      cause: diagnosis.cause,
      finding: neutral(diagnosis.finding),
      evidence: diagnosis.evidence.map(neutral),
      advice: diagnosis.advice,
      layers: diagnosis.layers.map(({ why, ...layer }) => ({ ...layer, why: neutral(why) })),
      // The droplet shares this machine's processors with whatever else runs on it.
      warnings: diagnosis.warnings.filter((warning) => !/^the load is /.test(warning)),
      drift: diagnosis.drift,
      topology: diagnosis.topology,
      outage: diagnosis.outage !== undefined,
      ladder: diagnosis.ladder,
      ruledOut: diagnosis.ruledOut,
    },
  };
}

function map<A, B>(observation: Observation<A>, change: (value: A) => B): Observation<B> {
  return observation.observed ? { observed: true, value: change(observation.value) } : observation;
}

/** `never`, or the form of a time. */
function form(time: string): string {
  return time.startsWith("0001-") ? "never" : time.replace(/\.\d+Z$/, ".Z").replaceAll(/\d/g, "0");
}

/**
 * After one that fills Odoo's log with what went wrong comes one that makes its container anew: what the log said a
 * minute ago is part of what is diagnosed.
 */
const COMPARED = [
  "healthy",
  "nginx-stopped",
  "nginx-invalid",
  "nginx-invalid-unapplied",
  "nginx-wrong-port",
  "odoo-stopped",
  "compose-file-edited",
  "odoo-not-listening",
  "odoo-paused",
  "update-running",
  "crash-loop-conf",
  "odoo-removed",
  "crash-loop-exit",
  "stack-down",
  "docker-stopped",
  "dockerd-killed",
  "stack-stopped",
  "port-mapping-missing",
  "db-stopped",
];

describe("a survey of the sandbox and of the droplet", () => {
  it.each(COMPARED)("agree: %s", async (fault) => {
    sandbox = await Sandbox.start();
    if (fault !== "healthy") {
      await Promise.all([droplet.break(fault), sandbox.break(fault)]);
      await Promise.all([droplet.assertSymptom(fault), sandbox.visit()]);
    }
    const ask = fault.startsWith("crash-loop") ? lookBetweenFalls : look;
    const [real, embedded] = await Promise.all([
      ask(inputsFor(droplet, "deploy", { url: droplet.url })),
      ask(sandbox.inputs()),
    ]);
    // Nothing was passed over because neither could be seen.
    const { clockSkew: _, ...parts } = real.survey;
    if (fault !== "docker-stopped") {
      expect(Object.entries(parts).filter(([, part]) => part?.observed !== true)).toEqual([]);
    }
    expect(comparable(embedded, sandbox.folder)).toEqual(comparable(real, ""));
    expect(sandbox.docker.notKnown).toEqual([]);
  });
});
