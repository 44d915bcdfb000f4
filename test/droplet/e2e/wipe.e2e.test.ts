/**
 * The wipe (runbook 2.3) on the test droplet, by the bundled action: approved, it brings back what nothing less could, and
 * touches nothing of the users', and one command puts everything back. Judged by the tests' own curl, psql and sha256sum.
 */

import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { undoOf } from "./files.ts";
import { Bench } from "./run.ts";
import { Treasures } from "./treasures.ts";
import { approval, breakLoginAssets, expectAsBefore, rowsAndFiles, WIPE } from "./wipe.ts";

let bench: Bench;

beforeAll(async () => {
  bench = await Bench.up();
});

afterEach(async () => {
  await bench.tidy();
});

describe("where `odoo shell` does not start, and the compiled files are gone", () => {
  it("the wipe brings the site back, users' rows and files stay, and one command puts all of it back", async () => {
    const treasures = await Treasures.putInto(bench.droplet);
    await breakLoginAssets(bench);
    const before = await rowsAndFiles(bench);
    const odoo = await bench.droplet.inspect("odoo");
    const token = await approval(bench);
    expect(await rowsAndFiles(bench)).toEqual(before);

    const { end } = await bench.run({ ...WIPE, approve: token });
    expect(end.outputs.get("status"), end.log).toBe("recovered");
    expect(end.outputs.get("remedies")).toMatch(/(?:^|,)wipe-assets$/);
    await bench.droplet.assertHealthy();
    await bench.nothingLeftBehind();
    await treasures.assertUntouched();
    expect((await bench.droplet.inspect("odoo"))?.State.StartedAt).toBe(odoo?.State.StartedAt);
    expect(end.summary).toMatch(/deleted the rows of 10 compiled stylesheets and scripts/);

    const undo = undoOf(end.summary, "wipe-assets");
    expect(await bench.droplet.script(undo)).toMatch(/^put 10 rows and \d+ files back$/m);
    await expectAsBefore(bench, before);
    await treasures.assertUntouched();
    await bench.droplet.assertHealthy();
    expect(await bench.droplet.script(undo)).toMatch(/^put 0 rows and 0 files back$/m);
    await expectAsBefore(bench, before);

    // An id that is another row's by now: nothing is overwritten.
    await bench.droplet.psql("update ir_attachment set name = 'mine.css', url = '/mine.css' where id = 35");
    expect(await bench.droplet.script(`${undo} || true`)).toMatch(
      /^not put back, and nothing was changed: these ids belong to something else by now: 35 \(mine\.css\)$/m,
    );
  });
});
