/**
 * The named module (runbook 2.4) on the test droplet, by the bundled action, and who may run it and the wipe: only a person
 * who has read the plan for just this situation. Judged by the tests' own curl, docker inspect and psql.
 */

import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { readingOf } from "../../support/rendered.ts";
import type { ActionInputs } from "./action.ts";
import { cases, inLongRun } from "./cases.ts";
import { Bench, type Run } from "./run.ts";
import { Treasures } from "./treasures.ts";

let bench: Bench;

beforeAll(async () => {
  bench = await Bench.up();
});

afterEach(async () => {
  await bench.tidy();
});

const UNINSTALL = { module: "shop_notes", module_action: "uninstall" } as const satisfies ActionInputs;
const UPDATE = { module: "shop_notes", module_action: "update" } as const satisfies ActionInputs;

async function plan(inputs: ActionInputs): Promise<Run & { token: string }> {
  const run = await bench.run({ ...inputs, mode: "plan" });
  expect(run.end.outputs.get("status"), run.end.log).toBe("planned");
  return { ...run, token: run.end.outputs.get("plan") ?? "" };
}

/** Such a run ends refused, with the plan in its summary, and the droplet is as it was. */
async function expectRefused(
  inputs: ActionInputs,
  words: RegExp,
  event = "workflow_dispatch",
): Promise<void> {
  const before = await bench.look();
  const { end } = await bench.run(inputs, "deploy", event);
  expect(await bench.look()).toEqual(before);
  await bench.nothingLeftBehind();
  expect(end.outputs.get("status"), end.log).toBe("refused");
  expect(end.exitCode).toBe(1);
  expect(end.outputs.get("changed")).toBe("false");
  expect(`${end.outputs.get("headline")}\n${end.outputs.get("next")}`).toMatch(words);
}

/** Partners, and attachments but for what Odoo compiles. */
async function usersRows(): Promise<string> {
  return await bench.droplet.psql(
    "select id, md5(p::text) from res_partner p union all select id, md5(a::text) from ir_attachment a where coalesce(url, '') !~ '^/web/content/[0-9]+-[0-9a-f]{7}/web\\.assets_' order by 1, 2",
  );
}

describe("the module that was named", () => {
  it("is uninstalled, as approved: what depends on it and its tables are in the plan, and the site is back", async () => {
    await Treasures.putInto(bench.droplet);
    await bench.break("scss-error");
    const users = await usersRows();
    const before = await bench.droplet.psql(
      "select name, state from ir_module_module where name <> 'shop_notes' order by name",
    );
    const { end: planned, token } = await plan(UNINSTALL);
    expect(readingOf(planned.summary)).toContain(
      "no module that depends on it; drops 1 table (shop_note: 20 rows)",
    );
    const { end } = await bench.run({ ...UNINSTALL, approve: token });
    expect(end.outputs.get("status"), end.log).toBe("recovered");
    expect(end.outputs.get("remedies")).toBe("module");
    await bench.droplet.assertHealthy();
    expect((await bench.droplet.observe()).get("page")).toBe("login");
    await bench.nothingLeftBehind();
    expect(await bench.droplet.psql("select state from ir_module_module where name = 'shop_notes'")).toBe(
      "uninstalled",
    );
    expect(await bench.droplet.psql("select to_regclass('shop_note') is null")).toBe("t");
    expect(
      await bench.droplet.psql(
        "select name, state from ir_module_module where name <> 'shop_notes' order by name",
      ),
    ).toBe(before);
    expect(readingOf(end.summary)).toContain("uninstalled shop_notes");
    // But for its own rows, which went with its table, all that is the users' is there.
    expect(await usersRows()).toBe(users);
  });

  it("is updated when its source was mended: only that brings the new view into the database", async () => {
    const treasures = await Treasures.putInto(bench.droplet);
    await bench.break("js-source-missing");
    await bench.droplet.script(`
      sed -i 's|<xpath .*</xpath>|<xpath expr="." position="inside"><!-- mended --></xpath>|' "$DIRECTORY/addons/shop_notes/views/assets.xml"
      restart_odoo
      first_page`);
    await bench.droplet.assertSymptom("js-source-missing");
    const { token } = await plan(UPDATE);
    const { end } = await bench.run({ ...UPDATE, approve: token });
    expect(end.outputs.get("status"), end.log).toBe("recovered");
    expect(end.outputs.get("remedies")).toBe("module");
    expect((await bench.droplet.observe()).get("bundles")).toBe("same");
    expect(await bench.droplet.psql("select state from ir_module_module where name = 'shop_notes'")).toBe(
      "installed",
    );
    await treasures.assertUntouched();
    await bench.nothingLeftBehind();
  });

  inLongRun(
    "is left alone when what depends on it is not what was approved, when nobody knows it, or nothing works without it",
    async () => {
      await bench.break("scss-error");
      const { token } = await plan(UNINSTALL);
      await bench.droplet.psql(
        "insert into ir_module_module_dependency (name, module_id) select 'shop_notes', id from ir_module_module where name = 'web_tour'",
      );
      await expectRefused({ ...UNINSTALL, approve: token }, /state has changed since the plan was approved/);
      for (const [name, words] of [
        ["nosuch", "the database knows no module nosuch"],
        ["web", "web is one of those without which Odoo does not work"],
      ] as const) {
        const { end } = await bench.run({ mode: "check", module: name, module_action: "update" });
        expect(readingOf(end.summary)).toContain(words);
      }
      const { end } = await bench.run({ mode: "check" });
      expect(end.summary).toMatch(/### Suspects\n\n.*\n\n1\. <code>shop&#95;notes<\/code>/);
      expect(end.summary).not.toMatch(/\d\. <code>module<\/code>/);
    },
  );
});

describe("refused, and nothing changed, without the approval of just this plan:", () => {
  it.each(
    cases<[string, string, ActionInputs]>(
      [["the wipe", "assets-deleted-half-deployed", { ceiling: "wipe", scenario: "500" }]],
      [["the uninstallation of a module", "scss-error", UNINSTALL]],
    ),
  )("%s", async (_, fault, inputs) => {
    await bench.break(fault);
    const { token } = await plan(inputs);
    const old = new Date(Date.now() - 32 * 60_000).toISOString().slice(0, 16).replaceAll(/[-:]/g, "");
    const hash = token.split("-")[0] ?? "";
    await expectRefused({ ...inputs, approve: `${hash}-${old}Z` }, /expired/);
    await expectRefused(
      { ...inputs, approve: token.replace(hash, "0123456789abcdef") },
      /state has changed since the plan was approved/,
    );
    for (const event of ["schedule", "repository_dispatch", "push"])
      await expectRefused({ ...inputs, approve: token }, /The approval does not count/, event);
    await expectRefused(inputs, /was not approved/);
  });
});
