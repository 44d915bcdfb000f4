/**
 * Runbook 2.1: compiled bundles made anew by Odoo itself, on the test droplet, by the bundle; judged from outside. Nothing
 * is restarted, users' files are as they were, and where compiling would not help nothing has changed. The whole matrix is
 * in regenerate.long.test.ts, two workers in workers.long.test.ts.
 */

import { afterEach, beforeAll, expect, it } from "vitest";
import { until } from "../process.ts";
import {
  bringsBack,
  corruptFiles,
  DELETING,
  REPAIR,
  rowsOfBundles,
  unchangedUntilMended,
} from "./bundles.ts";
import { inLongRun } from "./cases.ts";
import { Bench } from "./run.ts";

let bench: Bench;

beforeAll(async () => {
  bench = await Bench.up();
});

afterEach(async () => {
  await bench.tidy();
});

it("assets-deleted is brought back without a restart", async () => {
  await bringsBack(bench, "assets-deleted");
});

it("scss-error: nothing is changed and the module is named; once a person mended it, it is made anew", async () => {
  await unchangedUntilMended(
    bench,
    "scss-error",
    'web.assets_frontend.css does not compile: Error: Undefined variable: "$shop-brand-colour" in /shop_notes/static/src/scss/shop.scss, of the module shop_notes; nothing was changed',
    `sed -i 's/\\$shop-brand-colour/#123456/' "$DIRECTORY/addons/shop_notes/static/src/scss/shop.scss"`,
  );
});

inLongRun(
  "assets-backend-deleted, which only who has logged in meets: degraded below the ceiling, mended under it",
  async () => {
    const { droplet } = bench;
    await bench.break("assets-backend-deleted");
    const low = await bench.run({ mode: "recover" });
    await droplet.assertSymptom("assets-backend-deleted");
    expect(low.end.outputs.get("status"), low.end.log).toBe("degraded");
    expect(low.end.outputs.get("changed")).toBe("false");
    expect(low.end.outputs.get("next")).toContain("With `ceiling: repair`");
    const { end } = await bench.run(REPAIR);
    expect((await droplet.observe()).get("bundle-files")).toBe("there");
    await droplet.assertHealthy();
    await bench.nothingLeftBehind();
    expect(end.outputs.get("status"), end.log).toBe("recovered");
    expect(end.outputs.get("remedies")).toBe("regenerate-assets");
  },
);

it("killed in its middle, on the droplet: every row is as before, no Odoo goes on, and the next run recovers", async () => {
  const { droplet } = bench;
  await bench.break("assets-deleted");
  const before = await rowsOfBundles(droplet);
  const action = bench.action(REPAIR);
  action.start();
  const shells = async (): Promise<string> =>
    await droplet.script("pgrep -fc 'odoo shell --database' || true");
  // Rows are deleted by then, and bundles are compiled; nothing is committed yet.
  await until(
    90,
    async () => ((await droplet.psql(DELETING)) !== "0" ? true : undefined),
    () => "no second Odoo came to its transaction",
  );
  expect(await shells()).not.toBe("0");
  await droplet.script("systemctl kill --signal=KILL 'odoo-recover-*-regenerate-assets.service'");
  await until(
    10,
    async () => ((await shells()) === "0" ? true : undefined),
    () => "the second Odoo went on without the step that started it",
  );
  const end = await action.main();
  expect(await rowsOfBundles(droplet)).toBe(before);
  // What was written until then is there, under the name that the rows still have.
  expect(await corruptFiles(droplet)).toBe("");
  await bench.nothingLeftBehind();
  expect(end.outputs.get("status"), end.log).toBe("unhealthy");
  const second = await bench.run(REPAIR);
  await droplet.assertHealthy();
  expect(second.end.outputs.get("status"), second.end.log).toBe("recovered");
});
