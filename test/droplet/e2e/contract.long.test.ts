/**
 * The sandbox says what a droplet says: the same survey of both, fault by fault, is read as the same and diagnosed as the
 * same. Left aside is only what differs between any two droplets: ids, times, ports, addresses, names of the machine.
 */

import { readFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Diagnosis, diagnose } from "../../../src/diagnosis/diagnosis.ts";
import { connect } from "../../../src/host/connect.ts";
import { Host } from "../../../src/host/host.ts";
import type { Inputs } from "../../../src/inputs/inputs.ts";
import { parseInputs } from "../../../src/inputs/parse.ts";
import type { HttpAnswer, Observation, Survey } from "../../../src/survey/survey.ts";
import { takeSurvey } from "../../../src/survey/take.ts";
import { Sandbox } from "../../sandbox/sandbox.ts";
import type { ActionInputs } from "../../support/action.ts";
import { realClock } from "../../support/clocks.ts";
import { nonce } from "../../support/hosts.ts";
import { Droplet } from "../droplet.ts";
import { inputsFor } from "./action.ts";

let droplet: Droplet;
let sandbox: Sandbox;

beforeAll(async () => {
  droplet = await Droplet.up();
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
    const { survey } = await takeSurvey(host, inputs, 200, () => {});
    return { survey, diagnosis: diagnose(survey, inputs) };
  } finally {
    await host.close();
  }
}

/** What must be the same. */
function comparable({ survey, diagnosis }: Look): unknown {
  const containers = survey.containers.observed ? survey.containers.value : [];
  const nameOf = (id: string): string =>
    containers.find((each) => each.id === id)?.name ?? `no such id: ${id}`;
  const directory = diagnosis.target?.project.directory ?? "";
  const neutral = (text: string): string =>
    text
      .replaceAll(directory, "DIRECTORY")
      .replaceAll(/(127\.0\.0\.1(?::| port )|:)\d{2,5}/g, "$1PORT")
      .replaceAll(/\d+\.\d\d s|\d+ ms/g, "TIME")
      .replaceAll(/\b[0-9a-f]{12}\b/g, "ID");
  const hashes = new Map(
    (diagnosis.target?.project.services.observed ? diagnosis.target.project.services.value : []).map(
      ({ name, configHash }) => [name, configHash],
    ),
  );
  return {
    host: map(survey.host, ({ user, privilege, system }) => ({ user, privilege, system })),
    containers: map(survey.containers, (all) =>
      all
        .map(({ id, createdAt, startedAt, finishedAt, imageId, configHash, ...same }) => ({
          ...same,
          id: /^[0-9a-f]{64}$/.test(id),
          imageId: /^sha256:[0-9a-f]{64}$/.test(imageId),
          createdAt: form(createdAt),
          startedAt: form(startedAt),
          // Whether one that runs has run before is its history.
          finishedAt: same.state === "running" ? "before" : form(finishedAt),
          drifted: hashes.get(same.service) !== configHash,
        }))
        .sort((a, b) => (a.name < b.name ? -1 : 1)),
    ),
    images: map(survey.images, (images) =>
      [...images.keys()].filter((name) => name !== "<none>:<none>").sort(),
    ),
    compose: survey.compose,
    projects: map(survey.projects, (all) =>
      all.map(({ directory: where, files, services, ...same }) => ({
        ...same,
        directory: neutral(where),
        files: files.map(neutral),
        services: map(services, (list) =>
          list.map(({ configHash, ...service }) => ({
            ...service,
            configHash: /^[0-9a-f]{64}$/.test(configHash ?? ""),
          })),
        ),
      })),
    ),
    direct: map(survey.direct, (all) =>
      all.map(({ containerId, address, answer, ...same }) => ({
        ...same,
        container: nameOf(containerId),
        address: neutral(address),
        answer: map(answer, (value) => comparableAnswer(value, neutral)),
      })),
    ),
    proxy: map(survey.proxy, ({ door, answer }) => ({
      door: neutral(door),
      answer: comparableAnswer(answer, neutral),
    })),
    logs: map(survey.logs, (logs) =>
      [...logs].map(([id, text]) => ({
        container: nameOf(id),
        // The words are the real programs' own; that every line has a time, and that there are any, is Docker's.
        stamped: text
          .trim()
          .split("\n")
          .every((line) => /^\d{4}-\d\d-\d\dT[\d:.]+Z /.test(line)),
      })),
    ),
    diagnosis: {
      cause: diagnosis.cause,
      finding: neutral(diagnosis.finding),
      evidence: diagnosis.evidence.map(neutral),
      advice: diagnosis.advice,
      layers: diagnosis.layers.map(({ why, ...layer }) => ({ ...layer, why: neutral(why) })),
      drift: diagnosis.drift,
      ladder: diagnosis.ladder,
      ruledOut: diagnosis.ruledOut,
    },
  };
}

function comparableAnswer(answer: HttpAnswer, neutral: (text: string) => string): unknown {
  if (!answer.answered) return { ...answer, detail: neutral(answer.detail) };
  const { seconds: _, bytes, body, ...same } = answer;
  return { ...same, whole: bytes === Buffer.byteLength(body), login: body.includes('name="login"') };
}

function map<A, B>(observation: Observation<A>, change: (value: A) => B): Observation<B> {
  return observation.observed ? { observed: true, value: change(observation.value) } : observation;
}

/** `never`, or the form of a time. */
function form(time: string): string {
  return time.startsWith("0001-") ? "never" : time.replace(/\.\d+Z$/, ".Z").replaceAll(/\d/g, "0");
}

describe("a survey of the sandbox and of the droplet", () => {
  it.each(["healthy", "odoo-stopped", "odoo-removed", "stack-stopped", "stack-down", "compose-file-edited"])(
    "agree: %s",
    async (fault) => {
      sandbox = await Sandbox.start();
      if (fault !== "healthy") {
        await Promise.all([droplet.break(fault), sandbox.break(fault)]);
        await droplet.assertSymptom(fault);
      }
      const [real, embedded] = await Promise.all([
        look(inputsFor(droplet, "deploy", { url: "http://127.0.0.1" })),
        look(sandbox.inputs()),
      ]);
      // Nothing was passed over because neither could be seen.
      for (const part of Object.values(real.survey)) expect(part.observed).toBe(true);
      expect(comparable(embedded)).toEqual(comparable(real));
      expect(sandbox.docker.notKnown).toEqual([]);
    },
  );
});
