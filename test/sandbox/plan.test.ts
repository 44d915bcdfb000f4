// Plans and their approval, scenarios, and what check foretells: the product's main path over a real SSH connection, judged
// by the sandbox's own front and containers.

import { describe, expect, it } from "vitest";
import type { Mode } from "../../src/inputs/inputs.ts";
import { summaryOf } from "../../src/report/summary.ts";
import { type Ran, runOn } from "./run.ts";
import { Sandbox } from "./sandbox.ts";

const BOOT = { database: 100, odoo: 300 };
const PATIENCE = 180_000;
const MODES: readonly Mode[] = ["check", "plan", "recover"];

async function broken(...faults: readonly string[]): Promise<Sandbox> {
  const sandbox = await Sandbox.start(BOOT);
  for (const fault of faults) await sandbox.break(fault);
  return sandbox;
}

const plan = (sandbox: Sandbox, minutesLater = 0): Promise<Ran> =>
  runOn(sandbox, { mode: "plan" }, { minutesLater });
const hashOf = ({ outputs }: Ran): string | undefined => /^([0-9a-f]{16})-/.exec(outputs.plan ?? "")?.[1];

/** Nothing was changed: no remedy ran, the site is as it was, and nothing of ours is there. */
async function expectUntouched(sandbox: Sandbox, ran: Ran, outcome: string): Promise<void> {
  expect(ran.remedies).toEqual([]);
  expect(ran.outputs.changed).toBe("false");
  expect(ran.kinds).not.toContain("lease-taken");
  expect((await sandbox.visit()).outcome).toBe(outcome);
  expect(sandbox.leftBehind).toEqual([]);
}

describe.concurrent("a plan", () => {
  it(
    "made twice of the same situation has the same hash, and nothing is changed",
    async () => {
      await using sandbox = await broken("odoo-stopped");
      const first = await plan(sandbox);
      const second = await plan(sandbox, 3);
      await expectUntouched(sandbox, second, "502");
      expect(first.verdict.status).toBe("planned");
      expect(hashOf(first)).toMatch(/^[0-9a-f]{16}$/);
      expect(hashOf(second)).toBe(hashOf(first));
      expect(second.outputs.plan).not.toBe(first.outputs.plan);
      expect(first.verdict.next).toContain(`\`approve: ${first.outputs.plan}\`, good until `);
      expect(first.evidence.get("plan/1-start-stack.sh")).toMatch(
        /^STEPS='await db service_healthy\nstart odoo [0-9a-f]{64} odoo-ce-odoo-1'$/m,
      );
      const summary = summaryOf(first.entries, "");
      expect(summary).toContain("1. <code>start-stack</code> starts the stopped containers");
      expect(summary).toContain("up --detach --no-recreate --no-build --pull never --no-color --no-deps --");
    },
    PATIENCE,
  );

  it(
    "that is approved is run, and its steps are what is run",
    async () => {
      await using sandbox = await broken("odoo-stopped");
      const { outputs } = await plan(sandbox);
      const ran = await runOn(sandbox, { approve: outputs.plan ?? "" }, { minutesLater: 25 });
      expect(ran.verdict, JSON.stringify(ran.verdict)).toMatchObject({ status: "recovered" });
      expect(ran.remedies).toEqual(["start-stack"]);
      expect(ran.outputs.plan).toBe("");
      expect((await sandbox.visit()).outcome).toBe("200");
      expect(sandbox.leftBehind).toEqual([]);
    },
    PATIENCE,
  );

  it(
    "that is approved is refused in another situation, and nothing is changed",
    async () => {
      await using sandbox = await broken("odoo-stopped");
      const { outputs } = await plan(sandbox);
      await sandbox.break("db-stopped");
      const ran = await runOn(sandbox, { approve: outputs.plan ?? "" });
      await expectUntouched(sandbox, ran, "502");
      expect(ran.verdict).toMatchObject({
        status: "refused",
        headline: expect.stringContaining("another than the one that was approved"),
        next: expect.stringContaining("`mode: plan` again"),
      });
      expect(ran.verdict.detail).toContain("cause: stack-down");
    },
    PATIENCE,
  );

  it(
    "that has expired is refused, and the plan of now is shown",
    async () => {
      await using sandbox = await broken("odoo-stopped");
      const { outputs } = await plan(sandbox);
      const ran = await runOn(sandbox, { approve: outputs.plan ?? "" }, { minutesLater: 32 });
      await expectUntouched(sandbox, ran, "502");
      expect(ran.kinds.slice(-3)).toEqual(["planned", "evidence", "concluded"]);
      expect(ran.verdict).toMatchObject({
        status: "refused",
        headline: expect.stringMatching(/^The approval has expired/),
      });
      expect(ran.outputs.plan).toMatch(/^[0-9a-f]{16}-/);
      expect(ran.verdict.next).toContain(`\`approve: ${ran.outputs.plan}\``);
    },
    PATIENCE,
  );

  it(
    "that is approved changes nothing on a site that is good by then",
    async () => {
      await using sandbox = await broken("odoo-stopped");
      const { outputs } = await plan(sandbox);
      expect((await runOn(sandbox)).verdict.status).toBe("recovered");
      const ran = await runOn(sandbox, { approve: outputs.plan ?? "" });
      await expectUntouched(sandbox, ran, "200");
      expect(ran.verdict.status).toBe("healthy");
    },
    PATIENCE,
  );

  it(
    "that is not enough ends where its steps end, and the next plan brings the site back",
    async () => {
      // What could be seen without Docker was only that Docker was down; its containers do not come back with it.
      await using sandbox = await broken("docker-left-out");
      const first = await plan(sandbox);
      const ran = await runOn(sandbox, { approve: first.outputs.plan ?? "" });
      expect(ran.remedies).toEqual(["start-docker"]);
      expect(ran.verdict).toMatchObject({
        status: "unhealthy",
        headline: expect.stringContaining("start-docker did not mend it"),
        next: expect.stringMatching(/start-stack, and that is not in the approved plan.*`mode: plan` again/),
      });
      expect((await sandbox.visit()).outcome).toBe("502");
      expect(sandbox.leftBehind).toEqual([]);

      const second = await plan(sandbox);
      expect(hashOf(second)).not.toBe(hashOf(first));
      const again = await runOn(sandbox, { approve: second.outputs.plan ?? "" });
      expect(again.verdict.status).toBe("recovered");
      expect(again.remedies).toEqual(["start-stack"]);
      expect((await sandbox.visit()).outcome).toBe("200");
    },
    PATIENCE,
  );

  it(
    "of a situation in which nothing can be done gives nothing to approve, and says what a person must do",
    async () => {
      await using sandbox = await broken("nginx-wrong-port");
      const ran = await plan(sandbox);
      await expectUntouched(sandbox, ran, "502");
      expect(ran.outputs.plan).toBe("");
      expect([...ran.evidence.keys()].filter((file) => !file.startsWith("before/"))).toEqual([]);
      expect(ran.evidence.get("before/odoo-ce-odoo-1.log")).toContain("odoo werkzeug: 127.0.0.1");
      expect(ran.verdict).toMatchObject({ status: "unhealthy", next: expect.stringContaining("nginx -t") });
    },
    PATIENCE,
  );
});

describe.concurrent("a scenario that was asked for", () => {
  it(
    "and does not fit is refused in every mode, and nothing is changed",
    async () => {
      await using sandbox = await broken("odoo-stopped");
      for (const mode of MODES) {
        const ran = await runOn(sandbox, { mode, scenario: "500" });
        await expectUntouched(sandbox, ran, "502");
        expect(ran.outputs).toMatchObject({ status: "refused", cause: "odoo-stopped", plan: "" });
        expect(ran.verdict.headline).toContain(
          "odoo-stopped, of scenario 502, and `scenario: 500` was asked for",
        );
        expect(ran.verdict.next).toContain("`scenario: auto`");
      }
      const summary = summaryOf((await runOn(sandbox, { mode: "check", scenario: "500" })).entries, "");
      expect(summary).toContain("Nothing: no remedy is allowed as things are.");
      expect(summary).toContain("<code>start-stack</code>: odoo-stopped belongs to scenario 502");
    },
    PATIENCE,
  );

  it(
    "and fits is recovered",
    async () => {
      await using sandbox = await broken("odoo-stopped");
      const ran = await runOn(sandbox, { scenario: "502" });
      expect(ran.verdict.status).toBe("recovered");
      expect((await sandbox.visit()).outcome).toBe("200");
    },
    PATIENCE,
  );

  it(
    "leaves a good site healthy, and ends where what is left belongs to the other one",
    async () => {
      await using sandbox = await broken();
      expect((await runOn(sandbox, { scenario: "500" })).verdict.status).toBe("healthy");
      // With the database down Odoo answers 500; nginx is down besides, which is the other scenario's.
      await sandbox.break("db-stopped");
      await sandbox.break("nginx-stopped");
      const ran = await runOn(sandbox, { scenario: "500" });
      expect(ran.remedies).toEqual(["start-db"]);
      expect(ran.verdict).toMatchObject({ status: "refused" });
      expect(ran.verdict.headline).toContain("That is nginx-down, of scenario 502");
      expect(ran.verdict.headline).not.toContain("nothing was changed");
      expect(sandbox.leftBehind).toEqual([]);
    },
    PATIENCE,
  );
});

describe.concurrent("a check", () => {
  it(
    "says what recover would do, with class, commands and what is ruled out, and changes nothing",
    async () => {
      await using sandbox = await broken("odoo-stopped");
      const ran = await runOn(sandbox, { mode: "check" });
      await expectUntouched(sandbox, ran, "502");
      expect(ran.evidence.get("before/odoo-ce-odoo-1.log")).toContain("odoo werkzeug: 127.0.0.1");
      expect(ran.verdict.next).toMatch(/^Run again with `mode: recover`: it would begin with start-stack/);
      const summary = summaryOf(ran.entries, "");
      expect(summary).toMatch(
        /### What `recover` would do\n\n.*\n\n1\. <code>start-stack<\/code> .*\(class restart\): <code>docker start odoo-ce-odoo-1<\/code>/,
      );
      expect(summary).toContain("### Ruled out");
      expect(summary).not.toContain("### Plan");
    },
    PATIENCE,
  );
});
