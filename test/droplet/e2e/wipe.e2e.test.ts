/**
 * The wipe (runbook 2.3) on the test droplet, by the bundled action: approved, it brings back what nothing less could, and
 * touches nothing of the users'; one command puts everything back; and whatever is killed in its middle, each row is in
 * the database or in what was saved. Judged by the tests' own curl, psql and sha256sum.
 */

import { afterEach, beforeAll, describe, expect, it } from "vitest";
import type { ActionInputs } from "./action.ts";
import { undoOf } from "./files.ts";
import { Bench } from "./run.ts";
import { Treasures } from "./treasures.ts";

let bench: Bench;

beforeAll(async () => {
  bench = await Bench.up();
});

afterEach(async () => {
  await bench.droplet.script("rm -f /usr/local/sbin/docker /root/calls");
  await bench.tidy();
});

const WIPE = { ceiling: "wipe" } as const satisfies ActionInputs;

/** Bundles' files are gone that the login page needs; those of the backend are there, and can be moved. */
async function breakLoginAssets(): Promise<void> {
  await bench.break("assets-deleted-half-deployed");
  await bench.droplet.script(`
    rsync --archive --exclude /checklist "$DATA_SNAPSHOT/web/filestore/odoo/" "$(filestore)/"
    sql "$DATABASE" <<<"SELECT store_fname FROM ir_attachment WHERE $BUNDLES AND name !~ 'backend|common.js'" |
      sed "s|^|$(filestore)/|" | xargs -d '\\n' rm -f`);
}

async function approval(): Promise<string> {
  const { end } = await bench.run({ ...WIPE, mode: "plan" });
  expect(end.outputs.get("status"), end.log).toBe("planned");
  return end.outputs.get("plan") ?? "";
}

/** Every row of ir_attachment, and every file in the filestore by its SHA-256. */
async function rowsAndFiles(): Promise<string[]> {
  const rows = await bench.droplet.psql("select id || ' ' || md5(a::text) from ir_attachment a order by id");
  const files = await bench.droplet.script(
    `cd "$(filestore)" && find . -type f ! -path './checklist/*' | sort | xargs -d '\\n' sha256sum`,
  );
  return [...rows.split("\n"), ...files.split("\n")];
}

/** Rows and files are what they were, to the byte; but that files which rows named and which were gone may be there again. */
async function expectAsBefore(before: readonly string[]): Promise<void> {
  const now = await rowsAndFiles();
  expect(now.filter((line) => !before.includes(line)).filter((line) => !line.includes(" ./"))).toEqual([]);
  expect(before.filter((line) => !now.includes(line))).toEqual([]);
  const again = now.filter((line) => !before.includes(line)).map((line) => line.split(" ./")[1] ?? "");
  const named = await bench.droplet.psql(
    "select store_fname from ir_attachment where store_fname is not null",
  );
  expect(again.filter((file) => !named.split("\n").includes(file))).toEqual([]);
}

describe("where `odoo shell` does not start, and the compiled files are gone", () => {
  it("the wipe brings the site back, users' rows and files stay, and one command puts all of it back", async () => {
    const treasures = await Treasures.putInto(bench.droplet);
    await breakLoginAssets();
    const before = await rowsAndFiles();
    const odoo = await bench.droplet.inspect("odoo");
    const token = await approval();
    expect(await rowsAndFiles()).toEqual(before);

    const { action, end } = await bench.run({ ...WIPE, approve: token });
    expect(end.outputs.get("status"), end.log).toBe("recovered");
    expect(end.outputs.get("remedies")).toMatch(/(?:^|,)wipe-assets$/);
    await bench.droplet.assertHealthy();
    await bench.nothingLeftBehind();
    await treasures.assertUntouched();
    expect((await bench.droplet.inspect("odoo"))?.State.StartedAt).toBe(odoo?.State.StartedAt);
    expect(end.summary).toMatch(/deleted the rows of 10 compiled stylesheets and scripts/);

    const undo = undoOf(action, "wipe-assets");
    expect(await bench.droplet.script(undo)).toMatch(/^put 10 rows and \d+ files back$/m);
    await expectAsBefore(before);
    await treasures.assertUntouched();
    await bench.droplet.assertHealthy();
    expect(await bench.droplet.script(undo)).toMatch(/^put 0 rows and 0 files back$/m);
    await expectAsBefore(before);

    // An id that is another row's by now: nothing is overwritten.
    await bench.droplet.psql("update ir_attachment set name = 'mine.css', url = '/mine.css' where id = 35");
    expect(await bench.droplet.script(`${undo} || true`)).toMatch(
      /^not put back, and nothing was changed: these ids belong to something else by now: 35 \(mine\.css\)$/m,
    );
  });
});

/**
 * A `docker` in front of the droplet's own, which kills the step with everything in its unit at a chosen moment: around
 * the `commit` that psql is told, or around a call for Odoo's files.
 */
async function killAt(moment: string): Promise<void> {
  await bench.droplet.script(`
    cat >/usr/local/sbin/docker <<'SH'
#!/bin/sh
die() { echo "$1" >>/root/killed; systemctl kill --signal=KILL 'odoo-recover-*-wipe-assets.service'; sleep 5; }
case "\${STEP_NAME:-} $*" in
  *-wipe-assets*" psql "*seconds=*)
    while IFS= read -r line; do
      if [ "$line" = 'commit;' ] && [ ${moment} = before-commit ]; then die before-commit; fi
      printf '%s\\n' "$line"
      if [ "$line" = 'commit;' ] && [ ${moment} = after-commit ]; then sleep 1; die after-commit; fi
    done | /usr/bin/docker "$@"
    exit
    ;;
  *-wipe-assets*" python3 "*)
    echo >>/root/calls
    # The first call looks, the second one moves.
    if [ "$(wc -l </root/calls)" = 2 ]; then
      if [ ${moment} = before-moving ]; then die before-moving; fi
      /usr/bin/docker "$@"
      if [ ${moment} = after-moving ]; then die after-moving; fi
      exit
    fi
    ;;
esac
exec /usr/bin/docker "$@"
SH
    chmod 755 /usr/local/sbin/docker
    rm -f /root/calls /root/killed`);
}

describe("killed with SIGKILL, each row is in the database or in what was saved, and all can be put back", () => {
  it.each(["before-commit", "after-commit", "before-moving", "after-moving"])("%s", async (moment) => {
    await breakLoginAssets();
    const before = await rowsAndFiles();
    const rows = before.filter((line) => /^\d+ /.test(line));
    const token = await approval();
    await killAt(moment);
    const { action, end } = await bench.run({ ...WIPE, approve: token, boot_wait: "30s" });
    await bench.droplet.script("rm -f /usr/local/sbin/docker");
    expect(await bench.droplet.script("cat /root/killed")).toBe(moment);
    await bench.nothingLeftBehind();
    expect(end.outputs.get("status"), end.log).toMatch(/^(?:recovered|unhealthy)$/);

    const undo = undoOf(action, "wipe-assets");
    const saved = await bench.droplet.script(
      `sed -E 's/^\\{"id":([0-9]+),.*/\\1/' "$(dirname '${undo.slice(3)}')/rows" | sort -n`,
    );
    const now = await rowsAndFiles();
    const gone = rows.filter((line) => !now.includes(line)).map((line) => line.split(" ")[0]);
    expect(saved.split("\n")).toHaveLength(10);
    expect(gone).toEqual(moment === "before-commit" ? [] : saved.split("\n"));

    await bench.droplet.script(undo);
    await expectAsBefore(before);
    await bench.nothingLeftBehind();
  });
});
