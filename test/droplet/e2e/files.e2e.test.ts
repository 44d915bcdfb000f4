/**
 * Files of Odoo's that it cannot use, or that are not what they were (runbook 2.2 and the first part of 2.1): mended on the
 * test droplet, with users' rows and files in it that look like what is mended.
 */

import { afterEach, beforeAll, expect, it } from "vitest";
import { Bench } from "./run.ts";
import { Treasures } from "./treasures.ts";

let bench: Bench;

beforeAll(async () => {
  bench = await Bench.up();
});

afterEach(async () => {
  await bench.tidy();
});

it("the treasures, by which all of this is judged, are seen to be touched, whatever is touched", async () => {
  const { droplet } = bench;
  await (await Treasures.putInto(droplet)).assertUntouched();
  await droplet.assertHealthy();
  const FILE_OF = `f=$(filestore)/$(sql "$DATABASE" <<<"select store_fname from ir_attachment where name = 'header.png'")`;
  for (const touch of [
    `sql "$DATABASE" <<<"update ir_attachment set description = 'x' where name = 'plain.css'"`,
    `sql "$DATABASE" <<<"delete from ir_attachment where name = 'linked.css'"`,
    `sql "$DATABASE" <<<"update res_partner set comment = 'x' where email like 'hello@treasure%'"`,
    `${FILE_OF}; printf x | dd of="$f" conv=notrunc status=none`,
    `${FILE_OF}; chmod 640 "$f"`,
    `${FILE_OF}; chown 0:0 "$f"`,
    `${FILE_OF}; rm "$f"`,
  ]) {
    const treasures = await Treasures.asTheyAre(droplet);
    await droplet.script(touch);
    await expect(treasures.assertUntouched(), touch).rejects.toThrow("was touched");
  }
});
