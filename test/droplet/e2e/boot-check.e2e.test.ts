/**
 * The boot check (runbook 1.5) on the test droplet: it names why Odoo falls, and Odoo is put back as it was, whatever
 * happens in the middle. Judged from outside.
 */

import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { faultNamed } from "../faults.ts";
import { until } from "../process.ts";
import type { Action } from "./action.ts";
import { cases, inLongRun } from "./cases.ts";
import { Bench } from "./run.ts";

let bench: Bench;

beforeAll(async () => {
  bench = await Bench.up();
});

afterEach(async () => {
  await bench.tidy();
});

/** What a boot check must leave as it was: the containers, and the states of all modules. */
async function lasting(): Promise<Record<string, unknown>> {
  const odoo = await bench.droplet.inspect("odoo");
  const db = await bench.droplet.inspect("db");
  return {
    odoo: odoo?.Id,
    odooPolicy: await bench.droplet.script(
      `docker inspect -f '{{.HostConfig.RestartPolicy.Name}}' "$(container_of "$ODOO_SERVICE")"`,
    ),
    db: db?.Id,
    modules: await bench.droplet.psql(
      "select count(*), md5(string_agg(name || state, ',' order by name)) from ir_module_module",
    ),
    databases: await bench.droplet.psql("select string_agg(datname, ',' order by datname) from pg_database", {
      database: "postgres",
    }),
  };
}

async function bootRuns(): Promise<boolean> {
  return (await bench.droplet.script("docker ps -q --filter name=odoo-recover-boot | wc -l")) !== "0";
}

async function bootBegan(): Promise<void> {
  await until(
    90,
    async () => ((await bootRuns()) ? true : undefined),
    () => "the boot check did not begin",
  );
}

/** Odoo runs as its fault lets it: it was started again. */
async function odooIsBack(): Promise<void> {
  await until(
    60,
    async () => {
      const odoo = await bench.droplet.inspect("odoo");
      return odoo?.State.Status === "running" || odoo?.State.Status === "restarting" ? true : undefined;
    },
    () => "Odoo was not put back",
  );
}

/** Makes a boot take long before it falls, so that something can happen in its middle. */
async function slowBoot(seconds: number): Promise<void> {
  await bench.droplet.script(
    `echo 'import sys, time; time.sleep(${seconds}); sys.exit("licence check failed")' >"$DIRECTORY/addons/licence_check/__init__.py"`,
  );
}

async function begun(fault: string): Promise<{ action: Action; before: Record<string, unknown> }> {
  await bench.break(fault);
  const before = await lasting();
  await slowBoot(60);
  const action = bench.action();
  action.start();
  await bootBegan();
  // What boots has read it by now; Odoo itself falls quickly again once it is back.
  await sleep(3_000);
  await slowBoot(0);
  return { action, before };
}

describe("the boot check", () => {
  it.each(
    cases<[string, RegExp]>(
      [["crash-loop-exit", /licence check failed/]],
      [
        [
          "addon-import-error-installed",
          /ModuleNotFoundError: No module named 'no_such_python_module' \(module shop_notes, \S*__init__\.py line \d+\)/,
        ],
        ["crash-loop-conf", /option workers: invalid integer value: 'two'/],
        ["addon-syntax-error", /SyntaxError: .*\(module shop_notes, \S*shop_notes\S*\.py line \d+\)/],
        ["addon-bad-manifest", /bad manifest: .*\(module shop_notes, \S*__manifest__\.py line \d+\)/],
        ["addon-broken-view", /ParseError: .*shop_note\.xml|ParseError: .*\(module shop_notes/],
      ],
    ),
  )("names the reason: %s", async (fault, words) => {
    await bench.break(fault);
    const before = await lasting();
    const { end } = await bench.run();
    await odooIsBack();
    await bench.droplet.assertSymptom(fault);
    expect(await lasting()).toEqual(before);
    await bench.nothingLeftBehind();
    expect(end.outputs.get("status"), end.log).toBe("unhealthy");
    expect(end.outputs.get("cause")).toBe(faultNamed(fault).expectedCause);
    expect(end.outputs.get("remedies")).toMatch(/boot-check$/);
    expect(end.outputs.get("headline")).toMatch(words);
  });

  it("boots no database that is not there, and creates none", async () => {
    await bench.break("crash-loop-exit");
    const before = await lasting();
    const { end } = await bench.run({ database: "odoo_core" });
    await odooIsBack();
    expect(await lasting()).toEqual(before);
    await bench.nothingLeftBehind();
    expect(end.outputs.get("status"), end.log).toBe("unhealthy");
    expect(end.outputs.get("changed")).toBe("false");
    expect(end.summary).toContain("PostgreSQL has no Odoo under that name");
    expect(await bench.droplet.script("docker ps -aq --filter name=odoo-recover | wc -l")).toBe("0");
  });

  it("does not run while the database is down: that is the cause", async () => {
    await bench.break("db-stopped-odoo-restarted");
    const { end } = await bench.run({ mode: "plan" });
    expect(end.outputs.get("cause"), end.log).toBe("database-down");
    expect(end.summary).not.toMatch(/\d\. <code>boot-check/);
  });
});

describe("Odoo is put back, and the states of the modules are as before, when the boot check is", () => {
  it("killed in the middle, the runner as well as the step on the droplet", async () => {
    const { action, before } = await begun("crash-loop-exit");
    action.kill("SIGKILL");
    await action.main();
    await bench.droplet.script("systemctl kill --signal=KILL 'odoo-recover-*-boot-check.service'");
    await odooIsBack();
    await until(
      60,
      async () => ((await bootRuns()) ? undefined : true),
      () => "the container that booted is still there",
    );
    await bench.droplet.assertSymptom("crash-loop-exit");
    const post = await action.post();
    expect(post.exitCode, post.log).toBe(0);
    expect(await lasting()).toEqual(before);
    await bench.nothingLeftBehind();
  });

  inLongRun("cut off by a reboot of the droplet", async () => {
    const { action, before } = await begun("crash-loop-exit");
    action.kill("SIGKILL");
    await action.main();
    // A registry that failed to load may have reset what was marked: as if it had.
    await bench.droplet.psql("update ir_module_module set state = 'uninstallable' where name = 'web_tour'");
    await bench.droplet.reboot();
    await odooIsBack();
    await until(
      90,
      async () =>
        (await bench.droplet.script(
          "{ systemctl list-unit-files --no-legend 'odoo-recover*' || true; } | wc -l",
        )) === "0"
          ? true
          : undefined,
      () => "what puts Odoo back after a reboot is still there",
    );
    await bench.droplet.assertSymptom("crash-loop-exit");
    expect(await lasting()).toEqual(before);
    await bench.nothingLeftBehind();
  });

  it("cancelled by a person: the post step ends it at once", async () => {
    const { action, before } = await begun("crash-loop-exit");
    const asked = performance.now();
    action.kill("SIGINT");
    const end = await action.main();
    expect(end.outputs.get("status"), end.log).toBe("cancelled");
    const post = await action.post();
    expect((performance.now() - asked) / 1000).toBeLessThan(50);
    expect(post.exitCode, post.log).toBe(0);
    expect(post.summary).toContain("boot-check was ended. Put back: Odoo's container runs");
    await odooIsBack();
    await bench.droplet.assertSymptom("crash-loop-exit");
    expect(await lasting()).toEqual(before);
    await bench.nothingLeftBehind();
  });
});
