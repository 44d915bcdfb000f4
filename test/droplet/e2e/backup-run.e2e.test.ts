/** Backups as the bundle takes them before a remedy: of 300 MB (5 GB in the long run), refused, and cut off. */

import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeAll, expect, it } from "vitest";
import { grow, pgDumpIs } from "./backups.ts";
import { cases, inLongRun } from "./cases.ts";
import { measureBackup } from "./large-backup.ts";
import { Bench } from "./run.ts";

const FAULT = "assets-deleted";
const WITH_BACKUP = { ceiling: "repair", backup: "always" };

let bench: Bench;

beforeAll(async () => {
  bench = await Bench.up();
});

afterEach(async () => {
  await bench.droplet.script(
    'docker exec --user 0 "$(container_of "$DB_SERVICE")" rm -f /usr/local/sbin/pg_dump',
  );
  await bench.tidy();
});

inLongRun("300 MB pass through the runner's process, and it does not grow by them", async () => {
  await measureBackup(bench, 300);
});

it("without a good backup the remedy does not run: refused, with why and what to do, and nothing is touched", async () => {
  await bench.break(FAULT);
  await pgDumpIs(bench.droplet, 'echo "pg_dump: error: out of luck" >&2; exit 1');
  const before = await bench.look();
  const { end } = await bench.run(WITH_BACKUP);
  expect(end.outputs.get("status"), end.log).toBe("refused");
  expect(end.exitCode).toBe(1);
  expect(end.outputs.get("headline")).toContain(
    "There is no good backup, so nothing more was done: pg_dump failed with status 1",
  );
  expect(end.summary).toContain("out of luck");
  expect(end.outputs.get("next")).toContain("a database that cannot be dumped cannot be saved");
  await bench.droplet.assertSymptom(FAULT);
  expect(await bench.look()).toEqual(before);
  await bench.nothingLeftBehind();
});

it.each(cases(["runner"], ["droplet"]))(
  "a runner that is killed while it backs up to the %s leaves nothing half: the post step sees to it",
  async (to) => {
    await grow(bench.droplet, 150);
    await bench.break(FAULT);
    const before = await bench.look();
    const action = bench.action({ ...WITH_BACKUP, backup_to: to });
    action.start();
    const began = await action.seen(
      "the dump",
      ({ kind }) => kind === "backup-output" || kind === "backup-started",
    );
    expect(began.kind).toBe("backup-started");
    const halves = join(action.evidenceDirectory, "..", "backups");
    await bench.droplet.script("wait_for 30 pgrep -x pg_dump");
    action.kill("SIGKILL");
    await action.main();
    const post = await action.post();
    expect(post.exitCode, post.log).toBe(0);
    expect(post.summary).toContain("The backup was ended half-way.");
    expect(existsSync(halves) ? readdirSync(halves) : []).toEqual([]);
    expect(
      await bench.droplet.script(
        "{ pgrep -x -a pg_dump || true; }; find /var/lib/odoo-recover -name '*.partial' -o -name '*.dump'",
      ),
    ).toBe("");
    expect(await bench.look()).toEqual(before);
    await bench.nothingLeftBehind();
  },
);
