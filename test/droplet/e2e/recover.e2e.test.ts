/**
 * The walking path on the test droplet: a real 502, brought back by the bundled action. Outcomes are judged by the
 * tests' own curl, docker inspect and psql.
 */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { Droplet, type User } from "../droplet.ts";
import { faultNamed } from "../faults.ts";
import { Action, inputsFor } from "./action.ts";
import { cases } from "./cases.ts";
import { expectNothingLeftBehind, lookFromOutside } from "./outside.ts";

/** Long enough to see that a fault does not go away by itself. */
const CONTROL_SECONDS = 2;
const CANARY = "A partner that must survive";

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

afterAll(async () => {
  await droplet.assertHealthy();
});

async function breakFor(fault: string): Promise<void> {
  await droplet.psql(
    `insert into res_partner (name, display_name, active, lang) values ('${CANARY}', '${CANARY}', true, 'en_US')`,
  );
  await droplet.produce(fault);
  await droplet.assertPersists(fault, CONTROL_SECONDS);
}

async function expectCanary(): Promise<void> {
  expect(await droplet.psql(`select count(*) from res_partner where name = '${CANARY}'`)).toBe("1");
}

describe.each<[User, readonly string[]]>([
  ["root", cases(["stack-down"], ["odoo-stopped", "odoo-removed", "stack-stopped"])],
  ["deploy", cases(["odoo-removed"], ["odoo-stopped", "stack-stopped", "stack-down"])],
])("as %s", (user, faults) => {
  it.each(faults)("brings back: %s", async (fault) => {
    await breakFor(fault);
    const database = (await droplet.inspect("db"))?.Id;
    action = new Action(inputsFor(droplet, user, { mode: "recover" }));
    const end = await action.main();

    await droplet.assertHealthy();
    expect((await droplet.inspect("odoo"))?.State.Status).toBe("running");
    expect((await droplet.inspect("db"))?.State.Status).toBe("running");
    if (database !== undefined) expect((await droplet.inspect("db"))?.Id).toBe(database);
    await expectCanary();
    await expectNothingLeftBehind(droplet);

    expect(end.exitCode, end.log).toBe(0);
    expect(end.outputs.get("status")).toBe("recovered");
    expect(end.outputs.get("cause")).toBe(faultNamed(fault).expectedCause);
    expect(end.outputs.get("changed")).toBe("true");
    expect(end.summary.split("\n")[0]).toContain("recovered: The site is back.");
  });
});

describe("containers that are there", () => {
  /** Of every container of Odoo's service: name, id and how much it logged. */
  const ofOdoo = async (): Promise<string[]> =>
    (
      await droplet.script(`
        for id in $(container_of "$ODOO_SERVICE" | sort); do
          echo "$(docker inspect --format '{{.Name}} {{.Id}} {{.Created}}' "$id") $(docker diff "$id" | grep -c kept-in-the-layer || true)"
        done`)
    ).split("\n");

  it.each<[string, string]>([
    ["interrupted-recreate", ":"],
    // Scaled up, where the second one would find its port taken.
    [
      "odoo-stopped",
      `dc create --no-recreate --no-build --pull never --scale "$ODOO_SERVICE=2" >/dev/null 2>&1`,
    ],
  ])("are all there afterwards, and the one that served does again: %s", async (fault, andThen) => {
    const served = (await droplet.inspect("odoo"))?.Id ?? "";
    await droplet.script(`docker exec ${served} touch /tmp/kept-in-the-layer`);
    await breakFor(fault);
    await droplet.script(andThen);
    const containers = await ofOdoo();
    const log = await droplet.script(`docker logs ${served} 2>&1 | sed -n 1,5p`);
    expect(containers).toHaveLength(2);
    action = new Action(inputsFor(droplet, "deploy", { mode: "recover" }));
    const end = await action.main();

    expect(await ofOdoo()).toEqual(containers);
    expect(await droplet.script("docker ps --quiet --no-trunc")).toContain(served);
    expect(await droplet.script(`docker logs ${served} 2>&1 | sed -n 1,5p`)).toBe(log);
    expect(await droplet.script(`docker exec ${served} ls /tmp/kept-in-the-layer`)).toContain("kept");
    expect((await droplet.http("/web/login")).code).toBe(200);
    await expectCanary();
    await expectNothingLeftBehind(droplet);
    expect(end.exitCode, end.log).toBe(0);
    expect(end.outputs.get("status")).toBe("recovered");
    expect(end.outputs.get("cause")).toBe(faultNamed(fault).expectedCause);
    expect(end.summary).toContain(
      `started ${droplet.parameters.project}-${droplet.parameters.odooService}-1`,
    );
  });
});

describe("an Odoo whose database's password was changed while it runs", () => {
  it("is not restarted, for it would not come up again", async () => {
    await droplet.script(`
      sql postgres <<<"alter role \\"$DATABASE_USER\\" password 'another one'"
      sql postgres <<<"select count(pg_terminate_backend(pid)) from pg_stat_activity where usename = '$DATABASE_USER' and pid <> pg_backend_pid()"`);
    const before = await droplet.inspect("odoo");
    action = new Action(inputsFor(droplet, "deploy", { mode: "recover", boot_wait: "20s" }));
    const end = await action.main();
    const after = await droplet.inspect("odoo");
    expect(after?.Id).toBe(before?.Id);
    expect(after?.State).toMatchObject({ Status: "running", StartedAt: before?.State.StartedAt });
    await expectNothingLeftBehind(droplet);
    expect(end.exitCode, end.log).toBe(1);
    // Either the log says it at once, or the step finds it out before it acts.
    expect(end.summary).toContain("password authentication failed");
  });
});

describe("evidence", () => {
  it("is on the runner before the first change, and holds no password", async () => {
    await breakFor("odoo-stopped");
    action = new Action(inputsFor(droplet, "deploy", { mode: "recover" }));
    const end = await action.main();
    expect(end.exitCode, end.log).toBe(0);
    const kinds = action.journal().map((entry) => entry.kind);
    expect(kinds.indexOf("evidence")).toBeGreaterThan(0);
    expect(kinds.indexOf("evidence")).toBeLessThan(kinds.indexOf("remedy-started"));
    const before = join(action.evidenceDirectory, "before");
    const files = readdirSync(before);
    expect(files.filter((name) => name.endsWith(".log"))).toHaveLength(2);
    expect(files.filter((name) => name.endsWith(".inspect.json"))).toHaveLength(2);
    for (const name of files)
      expect(readFileSync(join(before, name), "utf8")).not.toContain(droplet.databasePassword);
    const odooLog = files.find((name) => name.endsWith(`-${droplet.parameters.odooService}-1.log`));
    expect(readFileSync(join(before, odooLog ?? ""), "utf8")).toContain("HTTP service (werkzeug) running on");
    expect(end.summary + end.log.replaceAll(/^::add-mask::.*$/gm, "")).not.toContain(
      droplet.databasePassword,
    );
  });
});

describe("drift", () => {
  it.each(
    cases<[string, RegExp]>(
      [["compose-file-edited", /definition .* changed/]],
      [
        ["db-image-retagged", /now names another image/],
        ["env-changed", /definition .* changed/],
      ],
    ),
  )("%s: Odoo is back, the database's container is the same, the drift is told", async (fault, words) => {
    await breakFor(fault);
    const database = await droplet.inspect("db");
    const odoo = await droplet.inspect("odoo");
    action = new Action(inputsFor(droplet, "deploy", { mode: "recover" }));
    const end = await action.main();

    await droplet.assertHealthy();
    const after = await droplet.inspect("db");
    expect(after?.Id).toBe(database?.Id);
    expect(after?.State.StartedAt).toBe(database?.State.StartedAt);
    expect((await droplet.inspect("odoo"))?.Id).toBe(odoo?.Id);
    await expectCanary();

    expect(end.exitCode, end.log).toBe(0);
    expect(end.outputs.get("status")).toBe("recovered");
    expect(end.outputs.get("cause")).toBe(faultNamed(fault).expectedCause);
    expect(end.summary).toMatch(/### Drift/);
    expect(end.summary).toMatch(words);
  });
});

describe("a healthy droplet", () => {
  it.each(cases(["check", "recover"], ["plan"]))("is left exactly as it was by mode %s", async (mode) => {
    const before = await lookFromOutside(droplet);
    for (const user of ["root", "deploy"] as const) {
      action = new Action(inputsFor(droplet, user, { mode }));
      const end = await action.main();
      expect(end.exitCode, end.log).toBe(0);
      expect(end.outputs.get("status")).toBe("healthy");
      expect(end.outputs.get("changed")).toBe("false");
      expect(end.summary.split("\n")[0]).toContain("healthy: Every layer is good");
      expect((await action.post()).exitCode).toBe(0);
      action.discard();
    }
    expect(await lookFromOutside(droplet)).toEqual(before);
    await expectNothingLeftBehind(droplet);
    expect(
      await droplet.script(
        "test ! -e /run/odoo-recover && test ! -e /var/lib/odoo-recover && echo untouched",
      ),
    ).toContain("untouched");
  });
});

describe("a broken droplet", () => {
  it.each(cases(["check"], ["plan"]))(
    "is only looked at by mode %s, which says what recover would do",
    async (mode) => {
      await breakFor("odoo-stopped");
      const before = await lookFromOutside(droplet);
      action = new Action(inputsFor(droplet, "deploy", { mode }));
      const end = await action.main();
      expect(await lookFromOutside(droplet)).toEqual(before);
      await expectNothingLeftBehind(droplet);
      expect(end.exitCode).toBe(mode === "check" ? 1 : 0);
      expect(end.outputs.get("status")).toBe(mode === "check" ? "unhealthy" : "planned");
      expect(end.outputs.get("next")).toContain("mode: recover");
      expect(end.outputs.get("next")).toContain("start-stack");
    },
  );
});
