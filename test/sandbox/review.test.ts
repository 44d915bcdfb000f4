// The action as GitHub's runner starts it, with `reviewed: true`, on the sandbox and against a GitHub API of the tests' own:
// what it asks, what it does with the answer, and that the token is nowhere to be read.

import { globSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Action, type ActionInputs, type StepEnd } from "../support/action.ts";
import { GitHubServer } from "../support/github-api.ts";
import { runOn } from "./run.ts";
import { Sandbox } from "./sandbox.ts";

const BOOT = { database: 100, odoo: 300 };
const PATIENCE = 180_000;

const environmentOf = (server: GitHubServer, event: string): Record<string, string> => ({
  GITHUB_ACTIONS: "true",
  GITHUB_EVENT_NAME: event,
  GITHUB_ACTOR: "alice",
  GITHUB_TRIGGERING_ACTOR: "alice",
  GITHUB_REPOSITORY: "acme/shop",
  GITHUB_RUN_ID: "4711",
  GITHUB_SERVER_URL: "https://github.com",
  GITHUB_API_URL: server.url,
});

interface Judged {
  readonly main: StepEnd;
  readonly journal: string;
}

/** Plans, then runs the action with that plan; main and post step, and whatever they wrote is read for the token. */
async function review(
  sandbox: Sandbox,
  server: GitHubServer,
  more: ActionInputs = {},
  event = "workflow_dispatch",
): Promise<Judged> {
  const { outputs } = await runOn(sandbox, { mode: "plan" });
  // Only in a private repository does the next step say what was found.
  const eventFile = join(sandbox.folder, "event.json");
  writeFileSync(eventFile, JSON.stringify({ repository: { full_name: "acme/shop", private: true } }));
  const action = new Action(
    sandbox.inputs({
      approve: outputs.plan ?? "",
      reviewed: "true",
      environment: "production",
      github_token: server.token,
      ...more,
    }),
    { ...environmentOf(server, event), GITHUB_EVENT_PATH: eventFile },
  );
  try {
    const main = await action.main();
    const post = await action.post();
    const journal = readFileSync(join(action.reportDirectory, "journal.jsonl"), "utf8");
    const files = globSync("**/*", { cwd: action.reportDirectory })
      .map((path) => join(action.reportDirectory, path))
      .filter((path) => statSync(path).isFile());
    const written = files.map((path) => readFileSync(path, "utf8"));
    // The runner takes this line for itself, and shows three stars.
    const log = main.log.replaceAll(/^::add-mask::.*$/gm, "");
    const postLog = post.log.replaceAll(/^::add-mask::.*$/gm, "");
    for (const text of [log, postLog, main.summary, ...main.outputs.values(), ...written])
      expect(text).not.toContain(server.token);
    expect(post.exitCode, post.log).toBe(0);
    return { main, journal };
  } finally {
    action.discard();
  }
}

describe.concurrent("the action with `reviewed: true`", () => {
  it(
    "recovers the site when GitHub confirms the review, and asks only about this run and this environment",
    async () => {
      await using sandbox = await Sandbox.start(BOOT);
      await sandbox.break("odoo-stopped");
      await using server = await GitHubServer.start();
      const { main, journal } = await review(sandbox, server);
      expect(main.exitCode, main.log).toBe(0);
      expect(main.outputs.get("status")).toBe("recovered");
      expect((await sandbox.visit()).outcome).toBe("200");
      expect(server.asked).toEqual([
        "GET /repos/acme/shop/environments/production",
        "GET /repos/acme/shop/actions/runs/4711/approvals",
      ]);
      expect(journal).toMatch(/run by alice, reviewed by carol, in the environment production/);
      expect(sandbox.auditLog.join("\n")).toMatch(
        /start-stack started under the approval .*reviewed by carol/,
      );
    },
    PATIENCE,
  );

  it(
    "changes nothing where the environment has no reviewers, and says which line to change",
    async () => {
      await using sandbox = await Sandbox.start(BOOT);
      await sandbox.break("odoo-stopped");
      await using server = await GitHubServer.start();
      server.protection = "none";
      const { main } = await review(sandbox, server);
      expect(main.exitCode).toBe(1);
      expect(main.outputs.get("status")).toBe("refused");
      expect(main.outputs.get("changed")).toBe("false");
      expect(main.outputs.get("next")).toContain("`reviewed: false`");
      expect((await sandbox.visit()).outcome).toBe("502");
      expect(sandbox.auditLog).toEqual([]);
      expect(sandbox.leftBehind).toEqual([]);
    },
    PATIENCE,
  );

  it(
    "connects to nothing without the inputs that it needs",
    async () => {
      await using sandbox = await Sandbox.start(BOOT);
      await sandbox.break("odoo-stopped");
      await using server = await GitHubServer.start();
      const { main, journal } = await review(sandbox, server, { environment: "" });
      expect(main.outputs.get("status")).toBe("refused");
      expect(main.outputs.get("headline")).toContain("`environment`: is missing beside `reviewed: true`");
      expect(journal).not.toContain('"connected"');
      expect(server.asked).toEqual([]);
    },
    PATIENCE,
  );
});
