/**
 * What happens when the network or the runner goes away in the middle of a step, when two recover at once, and when a
 * person cancels. Judged from outside. At many more moments: sweep/sweep.ts.
 */

import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { TcpProxy } from "../../host/ssh/tcp-proxy.ts";
import { Droplet } from "../droplet.ts";
import { until } from "../process.ts";
import { Action, inputsFor } from "./action.ts";
import { inLongRun } from "./cases.ts";
import { putShim, takeShimAway, timesBroughtUp } from "./docker-shim.ts";
import { expectNothingLeftBehind } from "./outside.ts";

const FAULT = "odoo-stopped";
/** How long the step that starts Odoo is made to take. */
const SLOW_SECONDS = 8;

let droplet: Droplet;
const actions: Action[] = [];

beforeAll(async () => {
  droplet = await Droplet.up();
  await droplet.assertHealthy();
});

afterEach(async () => {
  for (const action of actions.splice(0)) {
    action.kill("SIGKILL");
    action.discard();
  }
  await droplet.reset();
});

function newAction(...args: Parameters<typeof inputsFor>): Action {
  const action = new Action(inputsFor(...args));
  actions.push(action);
  return action;
}

/** Breaks the site, and makes the step that mends it take some seconds. */
async function breakSlowly(): Promise<void> {
  await droplet.produce(FAULT);
  await putShim(droplet, { before: `sleep ${SLOW_SECONDS}` });
  await droplet.assertPersists(FAULT, 2);
}

async function stepRuns(): Promise<boolean> {
  return (
    (await droplet.script(
      "systemctl list-units --no-legend --state=active,activating 'odoo-recover*' | wc -l",
    )) !== "0"
  );
}

async function stepBegan(): Promise<void> {
  await until(
    60,
    async () => ((await stepRuns()) && (await timesBroughtUp(droplet)) === 1 ? true : undefined),
    () => "no step began",
  );
}

async function stepEnded(): Promise<void> {
  await until(
    60,
    async () => ((await stepRuns()) ? undefined : true),
    () => "the step did not end",
  );
}

describe("the connection, cut while a step runs", () => {
  inLongRun(
    "is made again, the step is attached to and was sent once, and the site is recovered",
    async () => {
      await breakSlowly();
      await using proxy = await TcpProxy.to(droplet.sshPort);
      const action = newAction(droplet, "deploy", { mode: "recover", port: String(proxy.port) });
      action.start();
      await stepBegan();
      proxy.cut();
      const end = await action.main();
      expect(await timesBroughtUp(droplet)).toBe(1);
      await takeShimAway(droplet);
      await droplet.assertHealthy();
      await expectNothingLeftBehind(droplet);
      expect(end.exitCode, end.log).toBe(0);
      expect(end.outputs.get("status")).toBe("recovered");
      expect(end.summary).toContain("connection lost");
      expect(end.summary).toContain("connection reconnected");
      expect(proxy.connections).toBeGreaterThan(1);
    },
  );

  it("and dead for a while (half-open, nobody is told) is noticed, made again, and the site is recovered", async () => {
    await breakSlowly();
    await using proxy = await TcpProxy.to(droplet.sshPort);
    const action = newAction(droplet, "root", { mode: "recover", port: String(proxy.port) });
    action.start();
    await stepBegan();
    proxy.stall();
    await stepEnded();
    proxy.flow();
    const end = await action.main();
    expect(await timesBroughtUp(droplet)).toBe(1);
    await takeShimAway(droplet);
    await droplet.assertHealthy();
    expect(end.exitCode, end.log).toBe(0);
    expect(end.outputs.get("status")).toBe("recovered");
  });
});

describe("the runner, gone (kill -9) while a step runs", () => {
  it("does not stop the step; its lease holds others off until it has run out; then the next run succeeds", async () => {
    await breakSlowly();
    const killed = newAction(droplet, "root", { mode: "recover" });
    killed.start();
    await stepBegan();
    killed.kill("SIGKILL");
    await killed.main();
    expect(await stepRuns()).toBe(true);

    // Somebody else comes while the step still runs.
    const second = newAction(droplet, "deploy", { mode: "recover" });
    const refused = await second.main();
    expect(refused.exitCode).toBe(1);
    expect(refused.outputs.get("status")).toBe("refused");
    expect(refused.outputs.get("headline")).toContain("Another recovery is at work");
    expect(refused.outputs.get("changed")).toBe("false");

    await stepEnded();
    expect(await timesBroughtUp(droplet)).toBe(1);
    await droplet.waitHealthy();

    // The site breaks again. The dead run's heartbeat is made as old as it would be after two minutes.
    await takeShimAway(droplet);
    await droplet.produce(FAULT);
    await droplet.script(`sed -i 's/^beat=.*/beat=0/; s/^lives=.*/lives=1/' /run/odoo-recover/*/lease`);
    const next = newAction(droplet, "deploy", { mode: "recover" });
    const end = await next.main();
    await droplet.assertHealthy();
    await expectNothingLeftBehind(droplet);
    expect(end.exitCode, end.log).toBe(0);
    expect(end.outputs.get("status")).toBe("recovered");
    expect(end.summary).toMatch(/took the lease over .*no heartbeat/);
  });

  inLongRun(
    "is tidied up after by the post step: the step's end is awaited, the lease given back, the site's state told",
    async () => {
      await breakSlowly();
      const killed = newAction(droplet, "deploy", { mode: "recover" });
      killed.start();
      await stepBegan();
      killed.kill("SIGKILL");
      await killed.main();
      const post = await killed.post();
      expect(await stepRuns()).toBe(false);
      expect(await timesBroughtUp(droplet)).toBe(1);
      await takeShimAway(droplet);
      await expectNothingLeftBehind(droplet);
      await droplet.waitHealthy();
      expect(post.exitCode, post.log).toBe(0);
      expect(post.summary.split("\n")[0]).toContain("cancelled");
      expect(post.summary).toContain("start-stack ran on and is done");
    },
  );
});

inLongRun(
  "a cancelled run ends in seconds, leaves no half step, and its post step puts the host right",
  async () => {
    await breakSlowly();
    const action = newAction(droplet, "deploy", { mode: "recover" });
    action.start();
    await stepBegan();
    const asked = performance.now();
    action.kill("SIGINT");
    const end = await action.main();
    expect((performance.now() - asked) / 1000).toBeLessThan(7.5);
    expect(end.exitCode).toBe(1);
    expect(end.outputs.get("status")).toBe("cancelled");
    expect(end.summary.split("\n")[0]).toContain("cancelled");
    const post = await action.post();
    expect(post.exitCode, post.log).toBe(0);
    expect(await stepRuns()).toBe(false);
    await takeShimAway(droplet);
    await expectNothingLeftBehind(droplet);
    await droplet.waitHealthy();
  },
);

describe("root and deploy at once", () => {
  it("meet in one lease: exactly one acts, the other is refused and names it", async () => {
    await breakSlowly();
    const ends = await Promise.all(
      (["root", "deploy"] as const).map((user) => newAction(droplet, user, { mode: "recover" }).main()),
    );
    expect(await timesBroughtUp(droplet)).toBe(1);
    await takeShimAway(droplet);
    await droplet.assertHealthy();
    await expectNothingLeftBehind(droplet);
    expect(ends.map((end) => end.outputs.get("status")).sort()).toEqual(["recovered", "refused"]);
    const refused = ends.find((end) => end.outputs.get("status") === "refused");
    expect(refused?.outputs.get("headline")).toContain("a run outside of a workflow");
  });
});
