/**
 * Every program that the survey uses, made to hang, to fail, to print rubbish, or missing on the test droplet: the rest
 * still comes, in time, and nothing that was not observed is called fine.
 */

import { readFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { diagnose, isGood } from "../../../src/diagnosis/diagnosis.ts";
import { connect } from "../../../src/host/connect.ts";
import { Host } from "../../../src/host/host.ts";
import { parseInputs } from "../../../src/inputs/parse.ts";
import { askPublic } from "../../../src/survey/public.ts";
import type { Survey } from "../../../src/survey/survey.ts";
import { takeSurvey } from "../../../src/survey/take.ts";
import { realClock } from "../../support/clocks.ts";
import { nonce } from "../../support/hosts.ts";
import { Droplet } from "../droplet.ts";
import { inputsFor } from "./action.ts";
import { cases } from "./cases.ts";

/** Each program, and the parts of the survey that may suffer from it. */
const PROGRAMS: Readonly<Record<string, readonly (keyof Survey)[]>> = {
  curl: ["direct", "proxy", "directAssets", "proxyAssets"],
  ss: ["listeners"],
  journalctl: ["nginxErrors", "history"],
  sudo: [
    "nginx",
    "accessLogs",
    "nginxErrors",
    "listeners",
    "disks",
    "history",
    "settings",
    "databases",
    "direct",
  ],
  jq: [],
  ps: ["processes"],
  df: ["disks"],
  systemctl: ["units", "others"],
  nginx: ["nginx", "accessLogs", "nginxErrors"],
  git: ["history"],
  awk: ["accessLogs", "nginxErrors", "disks", "directAssets", "proxyAssets"],
  docker: [
    "containers",
    "projects",
    "images",
    "compose",
    "direct",
    "directAssets",
    "logs",
    "databases",
    "settings",
    "running",
    "filestores",
    "others",
  ],
};

/** Which layers cannot be called good without the program. */
const LAYERS: Readonly<Record<string, readonly string[]>> = {
  curl: ["direct", "proxy", "assets"],
  awk: ["assets"],
  docker: ["database", "odoo", "direct", "assets"],
};

const MODES = {
  missing: "",
  failing: "echo 'it failed' >&2; exit 3",
  rubbish: "echo '<<< )( rubbish \\\\ $( ; 42'; exit 0",
  hanging: "exec sleep 600",
} as const;
type Mode = keyof typeof MODES;

/** A hang costs its bound: docker's first question 10 s, and what waits on others a little more. */
const LONGEST_SURVEY = 60_000;

let droplet: Droplet;
let host: Host;
const inputs = () =>
  parseInputs(inputsFor(droplet, "deploy", { url: droplet.url }), (path) => readFileSync(path, "utf8"));

beforeAll(async () => {
  droplet = await Droplet.up();
  await droplet.assertHealthy();
  host = await Host.open({
    connect: () => connect(inputs().connection, { log: () => {} }),
    clock: realClock,
    nonce,
    onConnection: () => {},
  });
});

afterEach(async () => {
  await putBack();
});

afterAll(async () => {
  await host.close();
  await droplet.reset();
});

/** The real program moves aside, and something else (or nothing) takes its place. */
async function spoil(program: string, mode: Mode): Promise<void> {
  const stand = MODES[mode];
  await droplet.script(`
    real=$(command -v ${program})
    mv "$real" "$real.away"
    ${stand === "" ? "" : `printf '%s\\n' '#!/bin/sh' '${stand.replaceAll("'", "'\\''")}' >"$real"; chmod 755 "$real"`}`);
}

async function putBack(): Promise<void> {
  await droplet.script(
    'for away in $(find /usr/bin /usr/sbin -name "*.away"); do mv -f "$away" "$(dirname "$away")/$(basename "$away" .away)"; done',
  );
}

async function look(): Promise<Survey> {
  return await takeSurvey(
    { host, clock: realClock, learn: () => {}, askPublic: (url) => askPublic(url, realClock) },
    inputs(),
    { logLines: 200 },
  );
}

/** In CI those on which most depends; a hang costs its bound, so of the others some hang. The stand-ins of test/survey do all. */
const DEPENDED_ON = ["curl", "sudo", "awk", "docker"];
const BENT = cases(
  DEPENDED_ON,
  Object.keys(PROGRAMS).filter((name) => !DEPENDED_ON.includes(name)),
);
const HANGING = cases(["curl", "sudo", "docker"], ["ss", "journalctl", "jq", "ps"]);

const CASES: Readonly<Record<Mode, readonly string[]>> = {
  missing: Object.keys(PROGRAMS),
  failing: BENT,
  rubbish: BENT,
  hanging: HANGING,
};

describe.each(Object.keys(MODES) as Mode[])("a program that is %s", (mode) => {
  it.each(CASES[mode])("%s: the rest still comes, and nothing unseen is fine", async (program) => {
    await spoil(program, mode);
    const began = performance.now();
    const survey = await look();
    expect(performance.now() - began).toBeLessThan(LONGEST_SURVEY);
    await putBack();

    const maySuffer = PROGRAMS[program] ?? [];
    for (const [name, part] of Object.entries(survey) as [keyof Survey, Survey[keyof Survey]][]) {
      if (typeof part !== "object" || maySuffer.includes(name)) continue;
      expect(part, `${name} without ${program}`).toMatchObject({ observed: true });
    }
    const diagnosis = diagnose(survey, inputs());
    for (const layer of LAYERS[program] ?? []) {
      const seen = diagnosis.layers.find(({ name }) => name === layer);
      expect(seen?.state, `${layer}: ${seen?.why}`).not.toBe("good");
    }
    if ((LAYERS[program] ?? []).length > 0) expect(isGood(diagnosis)).toBe(false);
    // Nobody touches a site because we cannot see.
    expect(diagnosis.ladder).toEqual([]);
    // Whatever could not be seen is said.
    for (const [name, part] of Object.entries(survey)) {
      if (typeof part !== "object" || part.observed || diagnosis.target === undefined) continue;
      expect(diagnosis.warnings.join("\n"), name).toContain("not observed");
    }
  });
});
