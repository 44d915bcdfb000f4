/** What tests of the remedies for compiled bundles have in common: their rows and files, and when people see them again. */

import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import type { Droplet } from "../droplet.ts";
import { faultNamed } from "../faults.ts";
import type { Bench } from "./run.ts";
import { Treasures } from "./treasures.ts";

export const REPAIR = { mode: "recover", ceiling: "repair" };

/** SQL: how many sessions are in a transaction that has deleted attachments, or made some. */
export const DELETING =
  "select count(*) from pg_locks where relation = 'ir_attachment'::regclass and mode = 'RowExclusiveLock' and granted";

/** A line for each row of a compiled bundle, with all of its columns and the content of its file. */
export async function bundles(droplet: Droplet): Promise<string[]> {
  const told = await droplet.script(`
    cd "$(filestore)"
    sql "$DATABASE" <<<"select store_fname, id, url, md5(a::text) from ir_attachment a where $BUNDLES order by id" |
      while IFS='|' read -r file rest; do echo "$rest $file $(sha256sum <"$file" 2>&1)"; done`);
  return told.split("\n").filter(Boolean);
}

/** The rows alone. */
export async function rowsOfBundles(droplet: Droplet): Promise<string> {
  return await droplet.script(
    `sql "$DATABASE" <<<"select id, url, md5(a::text) from ir_attachment a where $BUNDLES order by id"`,
  );
}

/** Files of the filestore whose content is not what their name says: they would be in the way of what is compiled. */
export async function corruptFiles(droplet: Droplet): Promise<string> {
  return await droplet.script(`
    cd "$(filestore)"
    find . -type f -regextype posix-extended -regex '.*/[0-9a-f]{40}' ! -path './checklist/*' -print0 |
      xargs -0 sha1sum | awk '{ n = split($2, part, "/"); if (part[n] != $1) print $2 }'`);
}

/** Seconds until a visitor has the login page with all of its assets; undefined when that is not before `end`. */
async function firstGoodAnswer(droplet: Droplet, end: Promise<unknown>): Promise<number | undefined> {
  const began = Date.now();
  let over = false;
  void end.finally(() => {
    over = true;
  });
  while (!over) {
    if (await droplet.isHealthy()) return (Date.now() - began) / 1000;
    await sleep(500);
  }
  return undefined;
}

/** The bundle recovers from this fault by compiling anew alone: nothing restarted, users' things as they were. */
export async function bringsBack(bench: Bench, fault: string): Promise<void> {
  const { droplet } = bench;
  const treasures = await Treasures.putInto(droplet);
  await bench.break(fault);
  const before = await bench.look();
  const run = bench.action(REPAIR).main();
  const seconds = await firstGoodAnswer(droplet, run);
  const end = await run;
  await droplet.assertHealthy();
  const after = await bench.look();
  expect(after.containers).toBe(before.containers);
  expect(after.files).toBe(before.files);
  await treasures.assertUntouched();
  await bench.nothingLeftBehind();
  expect(end.outputs.get("status"), end.log).toBe("recovered");
  expect(end.outputs.get("cause")).toBe(faultNamed(fault).expectedCause);
  expect(end.outputs.get("remedies")).toBe("regenerate-assets");
  expect(end.summary).toMatch(/made \d+ bundles anew: /);
  expect(seconds, "people had to wait until the run was over").toBeDefined();
  console.log(`${fault}: first good answer after ${seconds?.toFixed(1)} s`);
}

/**
 * A fault in a module's source: the bundle changes nothing and says these words, and recovers by compiling anew when a
 * person has mended the source.
 */
export async function unchangedUntilMended(
  bench: Bench,
  fault: string,
  words: string,
  mend: string,
): Promise<void> {
  const { droplet } = bench;
  const treasures = await Treasures.putInto(droplet);
  await bench.break(fault);
  const [view, before] = [await bench.look(), await bundles(droplet)];
  const { end } = await bench.run(REPAIR);
  await droplet.assertSymptom(fault);
  expect(await bundles(droplet)).toEqual(before);
  expect(await bench.look()).toEqual(view);
  await treasures.assertUntouched();
  await bench.nothingLeftBehind();
  expect(end.outputs.get("status"), end.log).toBe("unhealthy");
  expect(end.outputs.get("changed")).toBe("false");
  expect(end.log).toContain(words);

  await droplet.script(mend);
  await droplet.assertSymptom(fault);
  const second = await bench.run(REPAIR);
  await droplet.assertHealthy();
  expect((await droplet.observe()).get("page")).toBe("login");
  expect((await bench.look()).containers).toBe(view.containers);
  await treasures.assertUntouched();
  expect(second.end.outputs.get("status"), second.end.log).toBe("recovered");
  expect(second.end.outputs.get("remedies")).toBe("regenerate-assets");
}
