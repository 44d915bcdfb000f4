/**
 * The three reusable workflows and their callers in `examples/`, run by nektos/act from another repository against the test
 * droplet. What the workflows did is judged by the tests' own curl, docker inspect and psql. What act does not do as GitHub
 * does (reviewers, concurrency, where a called workflow is from) is not shown here: docs/workflows.md says so.
 */

import { readFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { Bench } from "../droplet/e2e/run.ts";
import { breakLoginAssets, rowsAndFiles } from "../droplet/e2e/wipe.ts";
import { GitHubServer } from "../support/github-api.ts";
import { Company, type Wish, type WorkflowRun } from "./company.ts";

let bench: Bench;
let company: Company;

beforeAll(async () => {
  bench = await Bench.up();
  company = await Company.found(bench.droplet);
});

afterEach(async () => {
  await bench.tidy();
});

afterAll(() => company?.dissolve());

/** Short, so that the tests are: what it does is proved elsewhere. */
const QUICK = { soak: "2s" };
const TOKEN = /\b[0-9a-f]{16}-\d{8}T\d{4}Z\b/;

/** What act printed of a job, by its name. */
const linesOf = (job: string, { log }: WorkflowRun): string =>
  log
    .split("\n")
    .filter((line) => new RegExp(`^\\[[^\\]]*/${job} *\\]`).test(line))
    .join("\n");

const ran = (job: string, run: WorkflowRun): boolean => linesOf(job, run).includes("Run Main");

/** The report of each artifact that the run uploaded, by its status. */
function reports({ artifacts, log }: WorkflowRun): Record<string, string>[] {
  return [...artifacts].map(([name, files]) => {
    expect(name, log).toMatch(/^odoo-recover-127\.0\.0\.1-/);
    expect([...files.keys()]).toEqual(expect.arrayContaining(["report.json", "journal.jsonl", "summary.md"]));
    const [, line = ""] = readFileSync(bench.droplet.privateKeyPath, "utf8").split("\n");
    expect(
      [log, ...files.values()].some((text) => text.includes(line)),
      "the key can be read",
    ).toBe(false);
    return JSON.parse(files.get("report.json") ?? "");
  });
}

const statusesOf = (run: WorkflowRun) =>
  reports(run)
    .map(({ status }) => status)
    .sort();

async function changesNothing(work: () => Promise<WorkflowRun>): Promise<WorkflowRun> {
  const before = await bench.look();
  const run = await work();
  expect(await bench.look(), run.log).toEqual(before);
  await bench.nothingLeftBehind();
  return run;
}

describe("the button", () => {
  const press = (
    inputs: Record<string, string>,
    { edits = {}, github }: Pick<Wish, "edits" | "github"> = {},
  ) =>
    company.run("recover-production", "workflow_dispatch", {
      inputs: {
        ceiling: "repair",
        scenario: "auto",
        approve: "",
        override_budget: "false",
        module: "",
        module_action: "update",
        ...inputs,
      },
      with: QUICK,
      edits,
      ...(github && { github }),
    });

  it("that asks for a recovery does nothing to a good site, and is green", async () => {
    const run = await changesNothing(() => press({ mode: "recover" }));
    expect(run.exitCode, run.log).toBe(0);
    expect(linesOf("Look", run)).toContain("set-output:: status=healthy");
    expect(ran("Recover", run)).toBe(false);
    expect(run.artifacts.size).toBe(0);
  });

  it("plans, and the site is back by one press, though a second fault stood behind the one of the plan", async () => {
    await bench.break("docker-left-out");
    const run = await press({ mode: "recover", ceiling: "wipe" });
    expect(run.exitCode, run.log).toBe(0);
    await bench.droplet.assertHealthy();
    await bench.nothingLeftBehind();
    expect(linesOf("Look", run)).toContain("set-output:: status=planned");
    expect(linesOf("Recover", run)).toMatch(/set-output:: remedies=start-docker,start-stack$/m);
    expect(statusesOf(run)).toEqual(["planned", "recovered"]);
  });

  const reviewed = { "reviewed: false": "reviewed: true" };

  it("runs just the plan that its reviewers let into the environment, when GitHub confirms that", async () => {
    await bench.break("odoo-stopped");
    await using github = await GitHubServer.start();
    github.protection = "none";
    const refused = await changesNothing(() =>
      press({ mode: "recover", ceiling: "wipe" }, { edits: reviewed, github }),
    );
    expect(refused.exitCode, refused.log).toBe(1);
    expect(linesOf("Recover", refused)).toMatch(
      /set-output:: headline=The environment production has no required reviewers/,
    );
    expect(statusesOf(refused)).toEqual(["planned", "refused"]);

    github.protection = "person";
    const run = await press({ mode: "recover", ceiling: "wipe" }, { edits: reviewed, github });
    expect(run.exitCode, run.log).toBe(0);
    expect(run.log).toContain("reviewed by carol, in the environment production");
    expect(run.log).not.toContain(github.token);
    await bench.droplet.assertHealthy();
    expect(linesOf("Recover", run)).toContain("The plan that was approved is the one for this situation");
    expect(statusesOf(run)).toEqual(["planned", "recovered"]);
  });

  it("wipes only what a person approved: a plan shows the approval, without it nothing is wiped, with it the site is back", async () => {
    await breakLoginAssets(bench);
    const before = await rowsAndFiles(bench);
    const plan = await changesNothing(() => press({ mode: "plan", ceiling: "wipe" }));
    expect(plan.exitCode, plan.log).toBe(0);
    const [token = ""] = TOKEN.exec(linesOf("Look", plan)) ?? [];
    expect(plan.log).toContain(`approve: ${token}`);
    expect(reports(plan)).toMatchObject([{ status: "planned" }]);

    const alone = await changesNothing(() => press({ mode: "recover", ceiling: "wipe" }));
    expect(alone.exitCode, alone.log).toBe(1);
    expect(statusesOf(alone)).toEqual(["planned", "refused"]);
    expect(linesOf("Recover", alone)).toMatch(TOKEN);
    expect(await rowsAndFiles(bench)).toEqual(before);

    const run = await press({ mode: "recover", ceiling: "wipe", approve: token });
    expect(run.exitCode, run.log).toBe(0);
    await bench.droplet.assertHealthy();
    await bench.nothingLeftBehind();
    expect(ran("Look", run)).toBe(false);
    expect(linesOf("Recover", run)).toMatch(/set-output:: remedies=(?:.*,)?wipe-assets$/m);
    expect(reports(run)).toMatchObject([{ status: "recovered" }]);
  });
});

describe("the last job of a deploy", () => {
  it("heals what the deploy left down, and tells the next job", async () => {
    await bench.break("odoo-stopped");
    const run = await company.run("deploy", "push", { with: QUICK });
    expect(run.exitCode, run.log).toBe(0);
    await bench.droplet.assertHealthy();
    await bench.nothingLeftBehind();
    expect(linesOf("Tell", run)).toMatch(/\| recovered \(odoo-stopped\): \S.*$/m);
    expect(reports(run)).toMatchObject([{ status: "recovered", cause: "odoo-stopped" }]);
  });

  it("fails the deploy where nothing of ours mends it, and says what a person must do", async () => {
    await bench.break("nginx-wrong-port");
    const run = await changesNothing(() => company.run("deploy", "push", { with: QUICK }));
    await bench.droplet.assertSymptom("nginx-wrong-port");
    expect(run.exitCode, run.log).toBe(1);
    // On GitHub the job `tell` runs after it; act ends a run with the workflow that failed.
    expect(linesOf("Smoke and heal", run)).toMatch(/set-output:: next=\S/);
    expect(reports(run)).toMatchObject([{ status: "unhealthy", cause: "nginx-elsewhere" }]);
  });

  it("fails at once, and connects to nothing, where the server does not tell whose workflow it is", async () => {
    const run = await changesNothing(() => company.run("deploy", "push", { tellsAction: false }));
    expect(run.exitCode, run.log).toBe(1);
    expect(run.log).toContain("Give action_repository and action_ref");
    expect(run.log).not.toContain("connected to");
  });
});

describe("the scheduled look", () => {
  it("changes nothing without `heal`; with it the site is back after three bad looks over a minute", async () => {
    await bench.break("odoo-stopped");
    const told = await changesNothing(() =>
      company.run("health-check", "schedule", { with: { confirm: "2s" } }),
    );
    await bench.droplet.assertSymptom("odoo-stopped");
    expect(told.exitCode, told.log).toBe(1);
    expect(ran("Heal", told)).toBe(false);
    expect(reports(told)).toMatchObject([{ status: "unhealthy", cause: "odoo-stopped" }]);

    const began = Date.now();
    const run = await company.run("health-check", "schedule", {
      with: QUICK,
      edits: { "heal: false": "heal: true" },
    });
    expect(run.exitCode, run.log).toBe(0);
    await bench.droplet.assertHealthy();
    await bench.nothingLeftBehind();
    expect(Date.now() - began).toBeGreaterThan(60_000);
    expect(statusesOf(run)).toEqual(["recovered", "unhealthy"]);
  });

  it("that a monitor asked for leaves a good site alone", async () => {
    const run = await changesNothing(() =>
      company.run("health-check", "repository_dispatch", { edits: { "heal: false": "heal: true" } }),
    );
    expect(run.exitCode, run.log).toBe(0);
    expect(ran("Heal", run)).toBe(false);
  });
});
