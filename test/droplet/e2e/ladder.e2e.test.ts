/** What happens when the first remedy is not enough, or does not last. Judged from outside. */

import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { Droplet } from "../droplet.ts";
import { Action, inputsFor } from "./action.ts";
import { inLongRun } from "./cases.ts";
import { putShim, takeShimAway, timesBroughtUp } from "./docker-shim.ts";
import { expectNothingLeftBehind } from "./outside.ts";

let droplet: Droplet;
let action: Action | undefined;

beforeAll(async () => {
  droplet = await Droplet.up();
  await droplet.assertHealthy();
});

afterEach(async () => {
  action?.discard();
  await droplet.reset();
});

describe("the ladder", () => {
  it("goes on when Odoo was started and then does not answer; the database is left alone", async () => {
    await droplet.produce("odoo-stopped");
    // Odoo is halted as soon as it is started: it runs, holds its port, and answers nothing.
    await putShim(droplet, {
      after: `/usr/bin/docker kill --signal STOP ${droplet.parameters.project}-${droplet.parameters.odooService}-1 >/dev/null`,
    });
    const database = await droplet.inspect("db");
    const odoo = await droplet.inspect("odoo");
    action = new Action(inputsFor(droplet, "deploy", { mode: "recover", boot_wait: "15s" }));
    const end = await action.main();
    expect(await timesBroughtUp(droplet)).toBe(1);
    await takeShimAway(droplet);
    await droplet.assertHealthy();
    await expectNothingLeftBehind(droplet);
    expect((await droplet.inspect("db"))?.State.StartedAt).toBe(database?.State.StartedAt);
    expect((await droplet.inspect("odoo"))?.Id).toBe(odoo?.Id);
    expect(end.exitCode, end.log).toBe(0);
    expect(end.outputs.get("status")).toBe("recovered");
    expect(end.outputs.get("remedies")).toBe("start-stack,resume-odoo");
  });

  inLongRun("calls it not recovered when the site falls again within the soak", async () => {
    await droplet.produce("odoo-stopped");
    await putShim(droplet, {
      after: `systemd-run --quiet --collect --on-active=25 /usr/bin/docker stop --time 1 ${droplet.parameters.project}-${droplet.parameters.odooService}-1`,
    });
    action = new Action(inputsFor(droplet, "root", { mode: "recover", soak: "60s" }));
    const end = await action.main();
    await takeShimAway(droplet);
    expect((await droplet.inspect("odoo"))?.State.Status).toBe("exited");
    await expectNothingLeftBehind(droplet);
    expect(end.exitCode, end.log).toBe(1);
    expect(end.outputs.get("status")).toBe("unhealthy");
    expect(end.summary.split("\n")[0]).toContain("fell again");
  });

  it("says so when nothing allowed helps, and leaves a broken nginx as it is", async () => {
    await droplet.produce("nginx-invalid");
    action = new Action(inputsFor(droplet, "deploy", { mode: "recover" }));
    const end = await action.main();
    await droplet.assertSymptom("nginx-invalid");
    await expectNothingLeftBehind(droplet);
    expect(end.exitCode, end.log).toBe(1);
    expect(end.outputs.get("status")).toBe("unhealthy");
    expect(end.outputs.get("cause")).toBe("nginx-config-invalid");
    expect(end.outputs.get("changed")).toBe("false");
  });
});
