/**
 * The dead-man of the steps that stop Odoo, on the test droplet: what interrupts such a step, Odoo runs again unless somebody
 * else decided otherwise, and nobody's work is overwritten. Judged from outside.
 */

import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { powerCut } from "../machine.ts";
import { until } from "../process.ts";
import type { Action } from "./action.ts";
import { inLongRun } from "./cases.ts";
import { Bench } from "./run.ts";

let bench: Bench;

beforeAll(async () => {
  bench = await Bench.up();
});

afterEach(async () => {
  await bench.tidy();
});

const odooState = async (): Promise<string> =>
  (await bench.droplet.inspect("odoo"))?.State.Status ?? "absent";

async function becomes(what: string, condition: () => Promise<boolean>, seconds = 90): Promise<void> {
  await until(
    seconds,
    async () => ((await condition()) ? true : undefined),
    () => `not within ${seconds} s: ${what}`,
  );
}

/** Nothing arms the droplet any more, and nothing of a step is left. */
async function disarmed(): Promise<void> {
  await becomes("the dead-man is gone", async () => {
    const found = await bench.droplet.script(
      "{ systemctl list-unit-files --no-legend 'odoo-recover*' || true; }; find /var/lib/odoo-recover -name put-back",
    );
    return found.trim() === "";
  });
}

/** A boot check on a site that crashes for good, until Docker has been asked to stop Odoo. */
async function bootCheckStops(): Promise<Action> {
  await bench.break("crash-loop-exit");
  const action = bench.action({ ceiling: "repair" });
  action.start();
  await action.seen(
    "the boot check",
    (entry) => entry.kind === "remedy-started" && entry.remedy === "boot-check",
    150,
  );
  return action;
}

describe("a power cut", () => {
  it("while `docker restart` waits for a hung Odoo: it runs after the boot", async () => {
    await bench.break("odoo-hangs");
    const action = bench.action({ scenario: "auto", ceiling: "restart" });
    action.start();
    await action.seen(
      "the restart",
      (entry) => entry.kind === "remedy-started" && entry.remedy === "restart-odoo",
      150,
    );
    await becomes(
      "Docker is asked",
      async () =>
        (await bench.droplet.script("ls /var/lib/odoo-recover/*/put-back/stop 2>/dev/null || true")) !== "",
    );
    await sleep(1_000);
    action.kill("SIGKILL");
    await powerCut(bench.droplet.parameters.name);
    await action.main();
    await becomes("Odoo runs", async () => (await odooState()) === "running");
    await bench.droplet.waitHealthy(120);
    await disarmed();
    const post = await action.post();
    expect(post.exitCode, post.log).toBe(0);
    await bench.nothingLeftBehind();
  });

  inLongRun(
    "in the boot check, with a database that needs minutes afterwards: the states of the modules are as before",
    async () => {
      const { droplet } = bench;
      await bench.break("crash-loop-exit");
      await droplet.psql("update ir_module_module set state = 'to upgrade' where name = 'web_tour'");
      const action = bench.action({ ceiling: "repair" });
      action.start();
      await becomes(
        "the boot runs",
        async () => (await droplet.script("docker ps -q --filter name=odoo-recover-boot | wc -l")) !== "0",
      );
      action.kill("SIGKILL");
      // What a registry that fails to load leaves of the mark.
      await droplet.psql("update ir_module_module set state = 'installed' where name = 'web_tour'");
      await droplet.script('docker update --restart no "$(container_of "$DB_SERVICE")" >/dev/null');
      await powerCut(droplet.parameters.name);
      await action.main();
      await sleep(150_000);
      await droplet.script(
        'id=$(container_of "$DB_SERVICE"); docker update --restart unless-stopped "$id" >/dev/null; docker start "$id"',
      );
      await becomes(
        "the mark is there again",
        async () =>
          (await droplet.psql("select state from ir_module_module where name = 'web_tour'")) === "to upgrade",
        900,
      );
      await disarmed();
    },
  );
});

describe("the step's unit killed while Docker still carries out the stop", () => {
  it("Odoo is started after the stop is over, and that is what is said", async () => {
    const action = await bootCheckStops();
    await becomes(
      "Docker is asked to stop it",
      async () =>
        (await bench.droplet.script("ls /var/lib/odoo-recover/*/put-back/stop 2>/dev/null || true")) !== "",
    );
    action.kill("SIGKILL");
    await action.main();
    await bench.droplet.script("systemctl kill --signal=KILL 'odoo-recover-*-boot-check.service' || true");
    const post = await action.post();
    expect(post.exitCode, post.log).toBe(0);
    await becomes("Odoo is up as its fault lets it", async () =>
      ["running", "restarting"].includes(await odooState()),
    );
    // For good: the daemon had nothing left to do.
    await sleep(12_000);
    expect(["running", "restarting"]).toContain(await odooState());
    expect(post.summary).toMatch(
      /boot-check was ended\. (?:Put back: Odoo's container runs|Whether Odoo was put back)/,
    );
    await disarmed();
    await bench.nothingLeftBehind();
  });
});

describe("a deploy while the boot check has Odoo stopped", () => {
  it("is left alone: its container stays, its module stays installed, and the dead-man ends", async () => {
    const { droplet } = bench;
    const action = await bootCheckStops();
    await becomes(
      "the boot runs",
      async () => (await droplet.script("docker ps -q --filter name=odoo-recover-boot | wc -l")) !== "0",
    );
    await droplet.script(
      'cd "$DIRECTORY" && docker compose --file "$COMPOSE_FILE" up --detach --force-recreate --no-deps --no-build --pull never "$ODOO_SERVICE" 2>&1',
    );
    // Somebody installs a module by hand.
    await droplet.psql("update ir_module_module set state = 'installed' where name = 'web_tour'");
    const theirs = (await droplet.inspect("odoo"))?.Id;
    const installed = await droplet.psql("select state from ir_module_module where name = 'web_tour'");
    await action.main();
    await disarmed();
    expect((await droplet.inspect("odoo"))?.Id).toBe(theirs);
    expect(await droplet.psql("select state from ir_module_module where name = 'web_tour'")).toBe(installed);
    expect(await droplet.script("docker ps -aq --filter name=odoo-recover | wc -l")).toBe("0");
    await bench.nothingLeftBehind();
  });
});
