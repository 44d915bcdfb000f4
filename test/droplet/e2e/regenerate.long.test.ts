/**
 * Runbook 2.1, the whole matrix: every way in which compiled bundles go bad that compiling anew mends, or must leave alone,
 * with Odoo's threaded server and with two workers; and what may go wrong while it runs. By the bundle, judged from outside.
 */

import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import {
  bringsBack,
  bundles,
  corruptFiles,
  DELETING,
  REPAIR,
  rowsOfBundles,
  unchangedUntilMended,
} from "./bundles.ts";
import { Bench } from "./run.ts";
import { Treasures } from "./treasures.ts";

/** On the droplet, in the background: does this as soon as the second Odoo has deleted the rows, and compiles. */
async function whileItRuns(bench: Bench, what: string): Promise<void> {
  await bench.droplet.script(`
    (until [ "$(sql "$DATABASE" <<<"${DELETING}")" != 0 ]; do sleep 0.1; done; ${what}) >/dev/null 2>&1 </dev/null &`);
}

describe.each([0, 2] as const)("with workers = %i", (workers) => {
  let bench: Bench;

  beforeAll(async () => {
    bench = await Bench.up({ name: `regenerate-${workers}`, workers });
  });

  afterEach(async () => {
    await bench.tidy();
  });

  afterAll(async () => {
    await bench.droplet.down({ purge: true });
  });

  // A worker that starts anew while the other remembers what is gone mends it, or answers well beside it: whether pages
  // are stale is then a matter of chance.
  it.each(
    workers === 0 ? ["assets-deleted", "assets-rows-deleted", "assets-sources-changed"] : ["assets-deleted"],
  )("%s is brought back without a restart", async (fault) => {
    await bringsBack(bench, fault);
  });

  it("scss-error: nothing is changed until a person mended it", async () => {
    await unchangedUntilMended(
      bench,
      "scss-error",
      'Undefined variable: "$shop-brand-colour" in /shop_notes/static/src/scss/shop.scss, of the module shop_notes; nothing was changed',
      `sed -i 's/\\$shop-brand-colour/#123456/' "$DIRECTORY/addons/shop_notes/static/src/scss/shop.scss"`,
    );
  });

  it("js-source-missing: nothing is changed until a person mended it", async () => {
    await unchangedUntilMended(
      bench,
      "js-source-missing",
      "Could not get content for /shop_notes/static/src/js/checkout.js, of the module shop_notes; nothing was changed",
      `mkdir -p "$DIRECTORY/addons/shop_notes/static/src/js"; echo 'window.checkout = 1;' >"$DIRECTORY/addons/shop_notes/static/src/js/checkout.js"`,
    );
  });

  it("permissions that are taken away while it runs: every row is as before, and later it is made anew", async () => {
    const { droplet } = bench;
    const treasures = await Treasures.putInto(droplet);
    await bench.break("assets-deleted");
    // One of the treasures is damaged on purpose.
    const [before, damaged] = [await rowsOfBundles(droplet), await corruptFiles(droplet)];
    await whileItRuns(bench, 'chown -R root:root "$(filestore)"; chmod 700 "$(filestore)"');
    const { end } = await bench.run(REPAIR);
    expect(end.log).toMatch(/not done: .*Permission denied.*nothing was changed/);
    expect(await rowsOfBundles(droplet)).toBe(before);
    expect(await corruptFiles(droplet)).toBe(damaged);
    // The permissions were the next thing to be mended; what was compiled is whole.
    const { end: second } = await bench.run(REPAIR);
    await droplet.assertHealthy();
    await treasures.assertUntouched();
    expect(second.outputs.get("status"), second.log).toBe("recovered");
  });

  it("a disk that fills up while it runs: every row is as before, and no half of a file is left in the way", async () => {
    const { droplet } = bench;
    await droplet.script(`
      dc stop "$ODOO_SERVICE"
      put_on_loop_device "$(filestore)" "$(($(du -sm "$(filestore)" | cut -f1) + 16))"
      dc start "$ODOO_SERVICE"
      wait_for 60 login_answers`);
    await bench.break("assets-deleted");
    const before = await bundles(droplet);
    await whileItRuns(bench, 'cat /dev/zero >"$(filestore)/a.dump"');
    const { end } = await bench.run(REPAIR);
    expect(end.log).toMatch(/not done: .*No space left on device.*nothing was changed/);
    const rows = (lines: readonly string[]): string[] => lines.map((line) => line.split(" ")[0] ?? "");
    expect(rows(await bundles(droplet))).toEqual(rows(before));
    expect(await corruptFiles(droplet)).toBe("");
    await droplet.script('rm "$(filestore)/a.dump"');
    const { end: second } = await bench.run(REPAIR);
    await droplet.assertHealthy();
    expect(second.outputs.get("status"), second.log).toBe("recovered");
    await droplet.script('dc stop "$ODOO_SERVICE"; remove_small_file_systems; dc start "$ODOO_SERVICE"');
  });
});
