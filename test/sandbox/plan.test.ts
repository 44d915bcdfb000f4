// Plans and their approval, scenarios, and what check foretells: the product's main path over a real SSH connection, judged
// by the sandbox's own front and containers.

import { describe, expect, it } from "vitest";
import { GitHubApi } from "../../src/github/api.ts";
import { confirmReview } from "../../src/github/review.ts";
import type { Mode } from "../../src/inputs/inputs.ts";
import { summaryOf } from "../../src/report/summary.ts";
import { realClock } from "../support/clocks.ts";
import { GitHubServer } from "../support/github-api.ts";
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
const programsOf = ({ entries }: Ran): unknown =>
  entries.flatMap((entry) => (entry.kind === "planned" ? [entry.programs] : []));
/** The plan's token with the minute of another one. */
const withMinuteOf = (other: Ran, { outputs }: Ran): string =>
  `${outputs.plan?.slice(0, 16)}${other.outputs.plan?.slice(16)}`;

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
    "made twice of the same situation has the same steps, and nothing is changed",
    async () => {
      await using sandbox = await broken("odoo-stopped");
      const first = await plan(sandbox);
      const second = await plan(sandbox, 3);
      await expectUntouched(sandbox, second, "502");
      expect(first.verdict.status).toBe("planned");
      expect(first.outputs.plan).toMatch(/^[0-9a-f]{16}-\d{8}T\d{4}Z$/);
      expect(programsOf(second)).toEqual(programsOf(first));
      // Another minute is another approval.
      expect(second.outputs.plan?.slice(0, 16)).not.toBe(first.outputs.plan?.slice(0, 16));
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
        headline: expect.stringContaining("state has changed since the plan was approved"),
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
    "that has expired is not made fresh by editing its minute, nor is another one made of two",
    async () => {
      await using sandbox = await broken("odoo-stopped");
      const old = await plan(sandbox);
      const later = await plan(sandbox, 40);
      for (const approve of [withMinuteOf(later, old), withMinuteOf(old, later)]) {
        const minutesLater = approve === withMinuteOf(later, old) ? 40 : 0;
        const ran = await runOn(sandbox, { approve }, { minutesLater });
        await expectUntouched(sandbox, ran, "502");
        expect(ran.verdict).toMatchObject({
          status: "refused",
          headline: expect.stringContaining("the minute in `approve` was edited"),
        });
      }
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
      expect(programsOf(second)).not.toEqual(programsOf(first));
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

/** The variables of a run that a person started on GitHub. */
const DISPATCHED = { GITHUB_ACTIONS: "true", GITHUB_ACTOR: "alice", GITHUB_TRIGGERING_ACTOR: "alice" };

describe.concurrent("a plan that reviewers approve", () => {
  const reviewedRun = async (
    sandbox: Sandbox,
    server: GitHubServer,
    event = "workflow_dispatch",
  ): Promise<{ ran: Ran; approve: string }> => {
    const approve = (await plan(sandbox)).outputs.plan ?? "";
    const ran = await runOn(
      sandbox,
      { approve, reviewed: "true", environment: "production", github_token: server.token },
      {
        event,
        environment: DISPATCHED,
        confirmReview: async ({ environment, token }, signal) => {
          const api = new GitHubApi({ url: server.url, token, clock: realClock, callTakes: 500 });
          return await confirmReview(api, { repository: "acme/shop", run: "4711", environment }, signal);
        },
      },
    );
    return { ran, approve };
  };

  it(
    "is run when GitHub confirms it, and the audit log on the host says whose approval it is",
    async () => {
      await using sandbox = await broken("odoo-stopped");
      await using server = await GitHubServer.start();
      server.reviews = ["carol", "dave"].map((login) => ({
        state: "approved",
        login,
        environments: ["production"],
      }));
      const { ran, approve } = await reviewedRun(sandbox, server);
      expect(ran.verdict, JSON.stringify(ran.verdict)).toMatchObject({ status: "recovered" });
      expect((await sandbox.visit()).outcome).toBe("200");
      const started = sandbox.auditLog.filter((line) => line.includes(" step "));
      expect(started).toEqual([
        expect.stringMatching(/^\S+Z step [0-9a-f]{8}-1-start-stack started under the approval /),
      ]);
      expect(started[0]).toContain(
        `approval ${approve}, run by alice, reviewed by carol and dave, in the environment production`,
      );
      expect(JSON.stringify(ran.entries)).not.toContain(server.token);
    },
    PATIENCE,
  );

  it.each<[string, Partial<GitHubServer>]>([
    ["no reviewers", { protection: "none" }],
    ["only a wait timer", { protection: "waits" }],
    ["no review of this run", { reviews: [] }],
    ["a token without the permission", { trouble: 403 }],
    ["no such environment", { trouble: 404 }],
    ["a server that fails", { trouble: 503 }],
    ["a server that does not answer", { trouble: "stalls" }],
    ["nonsense", { trouble: "garbles" }],
  ])(
    "is refused before anything is changed, with the line to change: %s",
    async (_, answers) => {
      await using sandbox = await broken("odoo-stopped");
      await using server = await GitHubServer.start();
      Object.assign(server, answers);
      const { ran } = await reviewedRun(sandbox, server);
      await expectUntouched(sandbox, ran, "502");
      expect(ran.verdict).toMatchObject({
        status: "refused",
        next: expect.stringMatching(/`(?:reviewed: false|actions: read|environment: production)`/),
      });
      // What a person may approve instead.
      expect(ran.outputs.plan).toMatch(/^[0-9a-f]{16}-/);
      expect(JSON.stringify(ran.entries)).not.toContain(server.token);
    },
    PATIENCE,
  );

  it(
    "is refused in a run that no person started, and GitHub is not asked",
    async () => {
      await using sandbox = await broken("odoo-stopped");
      await using server = await GitHubServer.start();
      const { ran } = await reviewedRun(sandbox, server, "schedule");
      await expectUntouched(sandbox, ran, "502");
      expect(ran.verdict).toMatchObject({
        status: "refused",
        headline: expect.stringContaining("`schedule`"),
      });
      expect(server.asked).toEqual([]);
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
        /### What `recover` would do\n\n.*\n\n1\. <code>start-stack<\/code> .*\(class restart\)\. By hand, as root on the droplet:\n\n {3}```sh\n {3}docker start odoo-ce-odoo-1\n/,
      );
      expect(summary).toContain("### Ruled out");
      expect(summary).not.toContain("### Plan");
    },
    PATIENCE,
  );
});
