/**
 * The wipe (runbook 2.3), what is rare: its last resort; and killed at every moment that matters, when each row is in the
 * database or in what was saved.
 */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { undoOf } from "./files.ts";
import { Bench } from "./run.ts";
import { approval, breakLoginAssets, expectAsBefore, rowsAndFiles, WIPE } from "./wipe.ts";

let bench: Bench;

beforeAll(async () => {
  bench = await Bench.up();
});

afterEach(async () => {
  await bench.droplet.script("rm -f /usr/local/sbin/docker /root/calls /root/killed");
  await bench.tidy();
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

it("where all compiled anew is not enough, what was seen is said, and no module is updated: a template had been damaged", async () => {
  await bench.break("assets-deleted");
  const { action } = await bench.run({ ...WIPE, mode: "plan" });
  const program = readFileSync(join(action.evidenceDirectory, "plan/2-wipe-assets.sh"), "utf8");
  // Its page asks for no stylesheet any more, which is no matter of bundles: so no plan of ours would come to the wipe.
  await bench.droplet.psql(
    "update ir_ui_view set arch_db = regexp_replace(arch_db, '<t [^>]*t-call-assets=[^>]*/>', '', 'g') where key = 'web.frontend_layout'",
  );
  await bench.droplet.script("restart_odoo; wait_for 60 login_answers");
  const modules = () =>
    bench.droplet.psql(
      "select string_agg(name || state || coalesce(write_date::text, ''), ',' order by name) from ir_module_module",
    );
  const before = await modules();
  const printed = await bench.droplet.script(`
    mkdir -p /run/wipe-by-hand && cd /run/wipe-by-hand
    cat >program <<'PROGRAM'
${program.replace(/^SECONDS_TO_COMPILE=.*$/m, "SECONDS_TO_COMPILE=5")}
PROGRAM
    export STEP_NAME=by-hand-1-wipe-assets KEEP_DIR=/var/lib/odoo-recover/by-hand/kept/by-hand-1-wipe-assets
    LC_ALL=C sh program </dev/null 2>&1 || echo "status $?"
    rm -rf /run/wipe-by-hand`);
  expect(printed).toContain(
    "it did not work: compiled anew, the login page was not good within 5 s: /web/login asks for no stylesheet\nstatus 11",
  );
  expect(await modules()).toBe(before);
});

describe("killed with SIGKILL, each row is in the database or in what was saved, and all can be put back", () => {
  it.each(["before-commit", "after-commit", "before-moving", "after-moving"])("%s", async (moment) => {
    await breakLoginAssets(bench);
    const before = await rowsAndFiles(bench);
    const rows = before.filter((line) => /^\d+ /.test(line));
    const token = await approval(bench);
    await killAt(moment);
    const { end } = await bench.run({ ...WIPE, approve: token, boot_wait: "30s" });
    await bench.droplet.script("rm -f /usr/local/sbin/docker");
    expect(await bench.droplet.script("cat /root/killed")).toBe(moment);
    await bench.nothingLeftBehind();
    expect(end.outputs.get("status"), end.log).toMatch(/^(?:recovered|unhealthy)$/);

    const undo = undoOf(end.summary, "wipe-assets");
    const saved = await bench.droplet.script(
      `sed -E 's/^\\{"id":([0-9]+),.*/\\1/' "$(dirname '${undo.slice(3)}')/rows" | sort -n`,
    );
    const now = await rowsAndFiles(bench);
    const gone = rows.filter((line) => !now.includes(line)).map((line) => line.split(" ")[0]);
    expect(saved.split("\n")).toHaveLength(10);
    expect(gone).toEqual(moment === "before-commit" ? [] : saved.split("\n"));

    await bench.droplet.script(undo);
    await expectAsBefore(bench, before);
    await bench.nothingLeftBehind();
  });
});
