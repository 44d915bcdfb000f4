/**
 * docs/restore.md, run as it stands there: from the droplet's copy and from the runner's, on a shop whose attachments and
 * files are gone. What users had is byte for byte what it was.
 */

import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { Droplet } from "../droplet.ts";
import { must } from "../process.ts";
import { Backups } from "./backups.ts";
import { inLongRun } from "./cases.ts";
import { blocks, sshConfig } from "./restore-page.ts";
import { Treasures } from "./treasures.ts";

/** Comments of the blocks that bring the site back where the old one is. */
const IN_PLACE: ReadonlySet<string> = new Set(["", "a day later"]);

let droplet: Droplet;

beforeAll(async () => {
  droplet = await Droplet.up();
  await droplet.assertHealthy();
});

afterEach(async () => {
  await droplet.reset();
});

/** All of it on the droplet, in one shell. @param first what a person sets otherwise than the document does */
async function restore(first: Readonly<Record<string, string>> = {}): Promise<string> {
  const commands = blocks()
    .filter(({ where }) => IN_PLACE.has(where))
    .map(({ text }) => Object.entries(first).reduce((all, [from, to]) => all.replace(from, () => to), text));
  return await droplet.script(`${commands.join("\n")}\n`, { timeoutSeconds: 240 });
}

/** An uninstall that went wrong: a table gone, attachments gone, and their files. */
async function ruin(): Promise<void> {
  await droplet.psql("drop table shop_note cascade");
  await droplet.psql("delete from ir_attachment where create_uid <> 1");
  await droplet.script('find "$(filestore)" -type f -delete');
  await droplet.psql("create table new_module_table (id int)");
  expect(await droplet.isHealthy()).toBe(false);
}

async function expectRestored(treasures: Treasures): Promise<void> {
  await droplet.waitHealthy(60);
  await droplet.assertHealthy();
  await treasures.assertUntouched();
  expect(await droplet.psql("select to_regclass('new_module_table') is null")).toBe("t");
  expect(
    await droplet.psql(
      "select string_agg(datname, ' ' order by datname) from pg_database where not datistemplate and datallowconn",
    ),
  ).toBe("odoo postgres");
  expect(await droplet.script('ls -A "$(data_dir)/odoo-recover" 2>/dev/null || true')).toBe("");
}

describe("docs/restore.md", () => {
  it("has its commands in blocks that can be run", () => {
    expect(blocks().length).toBeGreaterThan(10);
    expect(
      blocks()
        .map(({ where }) => where)
        .filter(Boolean),
    ).toEqual([
      "where the runner's copy is",
      "a day later",
      "where the artifact is",
      "rehearsal",
      "rehearsal",
      "rehearsal",
      "after the rehearsal",
    ]);
  });

  it("brings back what an uninstall took, from the droplet's copy and the snapshot of the files", async () => {
    const treasures = await Treasures.putInto(droplet);
    await using backups = await Backups.of(droplet);
    const { refusal } = await backups.take({ filestore: true });
    expect(refusal).toBe("");
    await ruin();
    const said = await restore();
    expect(said).toMatch(/\.dump: OK$/m);
    await expectRestored(treasures);
  });

  inLongRun("brings the same back from the runner's copy", async () => {
    const treasures = await Treasures.putInto(droplet);
    await using backups = await Backups.of(droplet);
    const { made } = await backups.take({ to: "runner", filestore: true });
    await ruin();
    const config = sshConfig(droplet, backups.directory);
    const [copy] = blocks().filter(({ where }) => where === "where the runner's copy is");
    await must("bash", [
      "-euc",
      `scp() { command scp -F "${config}" "$@"; }\nrunners_copy='${made?.onRunner}'\ndroplet=droplet\n${copy?.text}`,
    ]);
    await restore({
      "dump=$(ls -t /var/lib/odoo-recover/*/backups/*.dump | head -n 1)": "dump=/root/restore.dump",
      'cat "$dump.json"': "cp /var/lib/odoo-recover/*/backups/*.dump.json /root/restore.dump.json",
    });
    await expectRestored(treasures);
    await droplet.script("rm -f /root/restore.dump*");
  });
});
