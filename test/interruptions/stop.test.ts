// A run that is stopped, or that the runner gives no room: by the bundle, started as the runner starts it, on the sandbox.

import { setTimeout as sleep } from "node:timers/promises";
import { describe, it } from "vitest";
import { TcpProxy } from "../host/ssh/tcp-proxy.ts";
import { Sandbox } from "../sandbox/sandbox.ts";
import { Action, type ActionInputs } from "../support/action.ts";

const BOOT = { database: 100, odoo: 300 };
const PATIENCE = 240_000;
/** The runner's own: after it, SIGTERM. */
const SECONDS_UNTIL_SIGTERM = 7.5;
/** Linux gives ENOSPC to whoever writes there. */
const FULL = "/dev/full";

describe.concurrent("a run that is stopped while the link is half-open", () => {
  it.for(["surveyed", "lease-taken", "remedy-started"] as const)(
    "after %s: it has its verdict, summary and outputs before the runner's SIGTERM, and the post step finishes the story",
    { timeout: PATIENCE },
    async (moment, { expect }) => {
      await using sandbox = await Sandbox.start(BOOT);
      await using proxy = await TcpProxy.to(sandbox.sshPort);
      await sandbox.break("odoo-stopped");
      expect((await sandbox.visit()).outcome).toBe("502");
      const action = new Action(sandbox.inputs({ port: String(proxy.port) }));
      action.start();
      await action.seen(moment, ({ kind }) => kind === moment);
      proxy.stall();
      await sleep(100);
      const asked = performance.now();
      action.kill("SIGINT");
      const end = await action.main();
      expect((performance.now() - asked) / 1000, end.log).toBeLessThan(SECONDS_UNTIL_SIGTERM);
      expect(end.exitCode, end.log).toBe(1);
      expect(end.outputs.get("status")).toBe("cancelled");
      expect(end.summary.split("\n")[0]).toContain("cancelled");

      proxy.flow();
      const post = await action.post();
      expect(post.exitCode, post.log).toBe(0);
      // Where no lease was taken, nothing is left to tell.
      if (moment !== "surveyed") expect(post.summary.split("\n")[0]).toContain("cancelled");
      expect(sandbox.leftBehind, post.log).toEqual([]);
      action.discard();
    },
  );
});

describe.concurrent("the post step", () => {
  it(
    "of a main step that was killed before it did anything does nothing, and is no second main step",
    async ({ expect }) => {
      await using sandbox = await Sandbox.start(BOOT);
      await using proxy = await TcpProxy.to(sandbox.sshPort);
      await sandbox.break("odoo-stopped");
      const action = new Action(sandbox.inputs({ port: String(proxy.port) }));
      const post = await action.post();
      expect(post.exitCode, post.log).toBe(0);
      expect(proxy.connections).toBe(0);
      expect([...post.outputs]).toEqual([]);
      expect((await sandbox.visit()).outcome).toBe("502");
      action.discard();
    },
    PATIENCE,
  );
});

describe.concurrent("a runner whose disk is full", () => {
  /** Which of the runner's places have no room left. */
  const full: readonly (readonly [string, ActionInputs])[] = [
    ["its state", { GITHUB_STATE: FULL }],
    ["its outputs and its summary", { GITHUB_OUTPUT: FULL, GITHUB_STEP_SUMMARY: FULL }],
    ["the report", { RUNNER_TEMP: `${FULL}/nowhere` }],
    [
      "all of them",
      {
        GITHUB_STATE: FULL,
        GITHUB_OUTPUT: FULL,
        GITHUB_STEP_SUMMARY: FULL,
        RUNNER_TEMP: `${FULL}/nowhere`,
      },
    ],
  ];
  it.for(full)(
    "(%s) changes no verdict of a check",
    { timeout: PATIENCE },
    async ([, environment], { expect }) => {
      await using sandbox = await Sandbox.start(BOOT);
      await sandbox.break("odoo-stopped");
      const action = new Action(sandbox.inputs({ mode: "check" }), environment);
      const end = await action.main();
      expect(end.exitCode, end.log).toBe(1);
      expect(end.log).toMatch(/^ *[\d.]+ s +unhealthy: .*Odoo/m);
      expect(end.log).toMatch(/^::error title=Odoo Recover%3A unhealthy::/m);
      expect(end.log).toMatch(/^::warning::.* could not be written: /m);
      expect(end.log).not.toMatch(/^ +at .*\.js:\d+/m);
      action.discard();
    },
  );

  it(
    "keeps a recover from changing anything: the evidence has no place",
    async ({ expect }) => {
      await using sandbox = await Sandbox.start(BOOT);
      await sandbox.break("odoo-stopped");
      const action = new Action(sandbox.inputs(), { RUNNER_TEMP: `${FULL}/nowhere` });
      const end = await action.main();
      expect(end.exitCode, end.log).toBe(1);
      expect(end.outputs.get("status"), end.log).toBe("refused");
      expect(end.outputs.get("changed")).toBe("false");
      expect((await sandbox.visit()).outcome).toBe("502");
      expect(sandbox.leftBehind).toEqual([]);
      action.discard();
    },
    PATIENCE,
  );
});
