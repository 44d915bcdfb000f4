// Every scenario, recovered by the product's main path over a real SSH connection. Judged by the sandbox's own HTTP front
// and containers, not by what the product says of itself.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, statSync } from "node:fs";
import net from "node:net";
import { describe, expect, it } from "vitest";
import { diagnose } from "../../src/diagnosis/diagnosis.ts";
import { parseInputs } from "../../src/inputs/parse.ts";
import { askPublic } from "../../src/survey/public.ts";
import { ifSeen, type Survey } from "../../src/survey/survey.ts";
import { takeSurvey } from "../../src/survey/take.ts";
import { allFaults } from "../droplet/faults.ts";
import { realClock, until } from "../support/clocks.ts";
import { program } from "../support/hosts.ts";
import { processesWith } from "../support/processes.ts";
import { runOn } from "./run.ts";
import { FAULTS, Sandbox } from "./sandbox.ts";
import { SCENARIOS } from "./scenarios/index.ts";

/** Milliseconds; where the machine has no curl, each question to the sandbox takes a Node of its own. */
const PATIENCE = 180_000;
const BOOT = { database: 100, odoo: 300 };

/** What the product would make on this machine if the sandbox let it through to it. */
function machineState(): (number | undefined)[] {
  return ["/run/odoo-recover", "/var/lib/odoo-recover", "/opt/odoo-ce"].map((path) =>
    existsSync(path) ? statSync(path).mtimeMs : undefined,
  );
}

describe.concurrent("the scenario", () => {
  for (const [name, { expected, hurry, prepare }] of SCENARIOS) {
    it(
      `${name} ends ${expected.status}, and the site is ${expected.site}`,
      async ({ expect }) => {
        const machine = machineState();
        const sandbox = await Sandbox.start({ ...BOOT, ...(hurry === undefined ? {} : { hurry }) });
        let ups = 0;
        try {
          expect((await sandbox.visit()).outcome).toBe("200");
          const { inputs, end } = await prepare(sandbox);
          expect((await sandbox.visit()).outcome).toBe(expected.before);
          const database = sandbox.engine.of("db")?.id;
          sandbox.engine.on("up", () => {
            ups += 1;
          });

          const { verdict, outputs, evidence, kinds, remedies } = await runOn(sandbox, inputs);
          await end?.();

          const page = await sandbox.visit();
          expect(page.outcome === "200", JSON.stringify(verdict)).toBe(expected.site === "up");
          if (expected.site === "up") expect(page.body).toContain("oe_login_form");
          if (database !== undefined) expect(sandbox.engine.of("db")?.id).toBe(database);
          expect(ups).toBe(expected.ups);
          expect(sandbox.docker.notKnown).toEqual([]);
          const theirs = name === "second-recovery-at-work" ? [/\/lease$/, /\/runs$/] : [];
          expect(sandbox.leftBehind).toEqual(theirs.map((path) => expect.stringMatching(path)));

          expect(verdict.status, JSON.stringify(verdict)).toBe(expected.status);
          if (expected.cause !== undefined) expect(outputs.cause).toBe(expected.cause);
          expect(remedies).toEqual(expected.remedies);
          if (expected.remedies.length > 0)
            expect(kinds.indexOf("evidence")).toBeLessThan(kinds.indexOf("remedy-started"));
          // Whoever must mend it needs the logs, all the more where we may not.
          const saved = [...evidence.keys()].some((file) => file.startsWith("before/"));
          expect(saved).toBe(["recovered", "unhealthy"].includes(expected.status));
          for (const text of evidence.values()) expect(text).not.toContain(sandbox.databasePassword);
        } finally {
          await sandbox.close();
        }
        expect(existsSync(sandbox.folder)).toBe(false);
        expect(processesWith(sandbox.folder)).toEqual([]);
        expect(machineState()).toEqual(machine);
      },
      PATIENCE,
    );
  }
});

/** Runs a program on it as the product would. */
async function onTheHost(sandbox: Sandbox, text: string): Promise<string> {
  const host = await sandbox.openHost();
  const result = await host.run(program(text, { seconds: 10 }));
  await host.close();
  return result.output.toString();
}

async function surveyOf(sandbox: Sandbox): Promise<Survey> {
  const inputs = parseInputs(sandbox.inputs(), () => "");
  const host = await sandbox.openHost();
  const survey = await takeSurvey(
    { host, clock: realClock, learn: () => {}, askPublic: (url) => askPublic(url, realClock) },
    inputs,
    { logLines: 100 },
  );
  await host.close();
  return survey;
}

describe("the sandbox", () => {
  it("knows no command that it was not taught, says so and remembers it", async () => {
    await using sandbox = await Sandbox.start(BOOT);
    expect(await onTheHost(sandbox, "docker volume ls 2>&1 || echo $?")).toMatch(
      /is not a docker command[\s\S]*\n125\n/,
    );
    expect(sandbox.docker.notKnown).toEqual(["docker volume ls"]);
  });

  it("lets every part of a survey be observed when it is healthy", async () => {
    await using sandbox = await Sandbox.start(BOOT);
    const survey = await surveyOf(sandbox);
    const { clockSkew: _, ...parts } = survey;
    expect(Object.entries(parts).filter(([, part]) => part?.observed !== true)).toEqual([]);
    expect([...(ifSeen(survey.databases)?.values() ?? [])]).toMatchObject([{ observed: true }]);
    expect(ifSeen(survey.accessLogs)).toMatchObject([{ badSince: undefined }]);
    expect(sandbox.docker.notKnown).toEqual([]);
  });

  it("shows nothing of the machine it runs on: no process, no port, no disk, no name", async () => {
    await using sandbox = await Sandbox.start(BOOT);
    // What a developer may do meanwhile.
    const pull = spawn("bash", ["-c", 'exec -a "docker" sleep 20']);
    const server = net.createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    try {
      const survey = await surveyOf(sandbox);
      const processes = ifSeen(survey.processes) ?? [];
      expect(processes.map(({ pid }) => pid).filter((pid) => pid !== 1 && pid < 5_000_000)).toEqual([]);
      expect(ifSeen(survey.listeners)?.map(({ port }) => port)).toEqual([22, 80, 8069, 8072]);
      expect(ifSeen(survey.disks)?.map(({ mount }) => mount)).toEqual(["/"]);
      expect(ifSeen(survey.host)).toMatchObject({ name: "droplet", system: "Linux", processors: 2 });
      expect(ifSeen(survey.history)).toMatchObject({ git: [], packages: [], kills: [] });
      const { port } = server.address() as net.AddressInfo;
      const answer = await onTheHost(sandbox, `curl --silent http://127.0.0.1:${port}/ || echo "closed $?"`);
      expect(answer).toBe("closed 7\n");
    } finally {
      pull.kill();
      server.close();
    }
  });

  it("sends no signal to a process of the machine", async () => {
    await using sandbox = await Sandbox.start(BOOT);
    const sleeper = spawn("sleep", ["20"]);
    try {
      const said = await onTheHost(
        sandbox,
        `pid=${sleeper.pid}; kill -QUIT "$pid" 2>&1 || true; sudo -n kill -KILL "$pid" 2>&1 || true; pgrep -f '^sleep ' || echo none`,
      );
      expect(said.match(/No such process/g)).toHaveLength(2);
      expect(said).toContain("none");
      expect(sleeper.exitCode ?? sleeper.signalCode).toBe(null);
    } finally {
      sleeper.kill();
    }
  });

  it("does not begin a fault whose program asks for more than it has", async () => {
    await using sandbox = await Sandbox.start(BOOT);
    const others = allFaults()
      .map(({ name }) => name)
      .filter((name) => !FAULTS.includes(name));
    expect(others).toContain("disk-full");
    for (const name of others) await expect(sandbox.break(name)).rejects.toThrow(/cannot produce/);
  });

  // Those of the scenarios are found in them; the others, less what says the same.
  it.concurrent.each([
    "crash-loop-conf",
    "docker-left-out",
    "dockerd-killed",
    "nginx-invalid-unapplied",
    "odoo-not-listening",
    "port-mapping-missing",
    "port-proxy-lost",
  ])(
    "produces %s so that its own cause is found",
    async (name) => {
      await using sandbox = await Sandbox.start(BOOT);
      const { expectedCause } = await sandbox.break(name);
      const inputs = parseInputs(sandbox.inputs(), () => "");
      // A crash loop, and a daemon that comes back, take a moment.
      const found = async (): Promise<boolean> =>
        diagnose(await surveyOf(sandbox), inputs).cause === expectedCause;
      await until(`${expectedCause} is found`, found, 60_000);
      expect(sandbox.docker.notKnown).toEqual([]);
    },
    PATIENCE,
  );
});
