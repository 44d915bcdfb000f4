// Every scenario, recovered by the product's main path over a real SSH connection. Judged by the sandbox's own HTTP front
// and containers, not by what the product says of itself.

import { existsSync, statSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { connect } from "../../src/host/connect.ts";
import { parseInputs } from "../../src/inputs/parse.ts";
import { Journal } from "../../src/journal.ts";
import { recover, type Verdict } from "../../src/recover.ts";
import { Redactor } from "../../src/redactor.ts";
import { outputsOf } from "../../src/report/outputs.ts";
import type { ActionInputs } from "../support/action.ts";
import { fasterClock } from "../support/clocks.ts";
import { nonce } from "../support/hosts.ts";
import { processesWith } from "../support/processes.ts";
import { Sandbox } from "./sandbox.ts";
import { SCENARIOS } from "./scenarios/index.ts";

/** The product's waits are constants (three passes over 10 s): its clock runs faster instead. */
const TIMES = 10;
/** Milliseconds; where the machine has no curl, each question to the sandbox takes a Node of its own. */
const PATIENCE = 180_000;
const BOOT = { database: 100, odoo: 300 };

interface Recovered {
  readonly verdict: Verdict;
  readonly outputs: Readonly<Record<string, string>>;
  readonly evidence: ReadonlyMap<string, string>;
  readonly kinds: readonly string[];
}

async function recoverIt(inputs: ActionInputs): Promise<Recovered> {
  const clock = fasterClock(TIMES);
  const redactor = new Redactor();
  const journal = new Journal(clock, redactor, []);
  const evidence = new Map<string, string>();
  const parsed = parseInputs(inputs, () => "");
  const verdict = await recover(parsed, {
    connect: () => connect(parsed.connection, { log: () => {} }),
    clock,
    journal,
    redactor,
    evidence: { write: (name, text) => evidence.set(name, text) },
    nonce,
    run: nonce(),
    who: "a test",
    mask: () => {},
    signal: new AbortController().signal,
  });
  const kinds = journal.entries.map((entry) => entry.kind);
  return { verdict, outputs: { ...outputsOf(journal.entries, "") }, evidence, kinds };
}

/** What the product would make on this machine if the sandbox let it through to it. */
function machineState(): (number | undefined)[] {
  return ["/run/odoo-recover", "/var/lib/odoo-recover", "/opt/odoo-ce"].map((path) =>
    existsSync(path) ? statSync(path).mtimeMs : undefined,
  );
}

describe.concurrent("the scenario", () => {
  for (const [name, { expected, prepare }] of SCENARIOS) {
    it(
      `${name} ends ${expected.status}, and the site is ${expected.site}`,
      async ({ expect }) => {
        const machine = machineState();
        const sandbox = await Sandbox.start(BOOT);
        let ups = 0;
        try {
          expect((await sandbox.visit()).outcome).toBe("200");
          const { inputs, end } = await prepare(sandbox);
          const broken = name !== "healthy";
          expect((await sandbox.visit()).outcome).toBe(broken ? "502" : "200");
          const database = sandbox.engine.of("db")?.id;
          sandbox.engine.on("up", () => {
            ups += 1;
          });

          const { verdict, outputs, evidence, kinds } = await recoverIt(sandbox.inputs(inputs));
          await end?.();

          const page = await sandbox.visit();
          expect(page.outcome, JSON.stringify(verdict)).toBe(expected.site === "up" ? "200" : "502");
          if (expected.site === "up") expect(page.body).toContain("oe_login_form");
          if (database !== undefined) expect(sandbox.engine.of("db")?.id).toBe(database);
          expect(ups).toBe(expected.ups);
          expect(sandbox.docker.notKnown).toEqual([]);
          const theirs = name === "second-recovery-at-work" ? [/\/lease$/, /\/runs$/] : [];
          expect(sandbox.leftBehind).toEqual(theirs.map((path) => expect.stringMatching(path)));

          expect(verdict.status, JSON.stringify(verdict)).toBe(expected.status);
          if (expected.cause !== undefined) expect(outputs.cause).toBe(expected.cause);
          if (expected.ups > 0) {
            expect(kinds.indexOf("evidence")).toBeLessThan(kinds.indexOf("remedy-started"));
            expect([...evidence.keys()].filter((file) => file.startsWith("before/"))).not.toEqual([]);
          } else {
            expect(evidence.size).toBe(0);
          }
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

describe("the sandbox", () => {
  it("knows no command that it was not taught, says so and remembers it", async () => {
    await using sandbox = await Sandbox.start(BOOT);
    const host = await sandbox.openHost();
    const result = await host.run({
      name: "test",
      text: "docker volume ls 2>&1 || echo $?",
      values: {},
      seconds: 10,
      repeatable: false,
      privileged: false,
      maxOutputBytes: 10_000,
    });
    await host.close();
    expect(result.output.toString()).toMatch(/is not a docker command[\s\S]*\n125\n/);
    expect(sandbox.docker.notKnown).toEqual(["docker volume ls"]);
  });
});
