/** What the tests of the wipe have in common: what it is to mend, and how rows and files stood before and after. */

import { expect } from "vitest";
import type { ActionInputs } from "./action.ts";
import type { Bench } from "./run.ts";

export const WIPE = { ceiling: "wipe" } as const satisfies ActionInputs;

/** Bundles' files are gone that the login page needs; those of the backend are there, and can be moved. */
export async function breakLoginAssets(bench: Bench): Promise<void> {
  await bench.break("assets-deleted-half-deployed");
  await bench.droplet.script(`
    rsync --archive --exclude /checklist "$DATA_SNAPSHOT/web/filestore/odoo/" "$(filestore)/"
    sql "$DATABASE" <<<"SELECT store_fname FROM ir_attachment WHERE $BUNDLES AND name !~ 'backend|common.js'" |
      sed "s|^|$(filestore)/|" | xargs -d '\\n' rm -f`);
}

export async function approval(bench: Bench): Promise<string> {
  const { end } = await bench.run({ ...WIPE, mode: "plan" });
  expect(end.outputs.get("status"), end.log).toBe("planned");
  return end.outputs.get("plan") ?? "";
}

/** Every row of ir_attachment, and every file in the filestore by its SHA-256. */
export async function rowsAndFiles(bench: Bench): Promise<string[]> {
  const rows = await bench.droplet.psql("select id || ' ' || md5(a::text) from ir_attachment a order by id");
  const files = await bench.droplet.script(
    `cd "$(filestore)" && find . -type f ! -path './checklist/*' | sort | xargs -d '\\n' sha256sum`,
  );
  return [...rows.split("\n"), ...files.split("\n")];
}

/** Rows and files are what they were, to the byte; but that files which rows named and which were gone may be there again. */
export async function expectAsBefore(bench: Bench, before: readonly string[]): Promise<void> {
  const now = await rowsAndFiles(bench);
  expect(now.filter((line) => !before.includes(line)).filter((line) => !line.includes(" ./"))).toEqual([]);
  expect(before.filter((line) => !now.includes(line))).toEqual([]);
  const again = now.filter((line) => !before.includes(line)).map((line) => line.split(" ./")[1] ?? "");
  const named = await bench.droplet.psql(
    "select store_fname from ir_attachment where store_fname is not null",
  );
  expect(again.filter((file) => !named.split("\n").includes(file))).toEqual([]);
}
