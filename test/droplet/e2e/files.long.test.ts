/**
 * Every fault of Odoo's files, without and with workers: the bundle mends it with what the fault calls for and nothing below,
 * nothing of users' is touched, and Odoo is not restarted. And what is rare: a folder of the host's, a mount that is
 * read-only, a file that root may not change, very many files. Results: test/results/files.jsonl.
 */

import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { faultNamed } from "../faults.ts";
import { attachments, onDisk, undoOf } from "./files.ts";
import { record } from "./results.ts";
import { Bench } from "./run.ts";
import { Treasures } from "./treasures.ts";

const HOW =
  "symptom by curl, docker inspect and psql before the run and seconds later; afterwards the login page and each of its assets by curl, containers by docker inspect, users' rows by psql, their files by sha256sum";
const REPAIR = { mode: "recover", ceiling: "repair" };
const GIVEN_BACK = "fix-permissions";
const MADE_ANEW = "regenerate-assets";

let bench: Bench;

afterEach(async () => {
  await bench.tidy();
});

describe.each([0, 2] as const)("with %i workers", (workers) => {
  beforeAll(async () => {
    bench = await Bench.up({ workers });
  });

  it.each([
    ["filestore-permissions", GIVEN_BACK],
    ["data-dir-permissions", GIVEN_BACK],
    ["filestore-partly-permissions", GIVEN_BACK],
    ["assets-empty", MADE_ANEW],
    ["assets-truncated", MADE_ANEW],
    ["assets-rubbish", MADE_ANEW],
    ["filestore-disk-full", MADE_ANEW],
  ])("%s is mended by %s", async (fault, remedies) => {
    const { droplet } = bench;
    const treasures = await Treasures.putInto(droplet);
    await bench.break(fault);
    if (fault === "filestore-disk-full") {
      const [rows, disk] = [await attachments(droplet), await onDisk(droplet)];
      const { end } = await bench.run(REPAIR);
      expect([end.outputs.get("cause"), end.outputs.get("changed")], end.log).toEqual(["disk-full", "false"]);
      expect([await attachments(droplet), await onDisk(droplet)]).toEqual([rows, disk]);
      await droplet.script('rm "$(data_dir)/filestore/before-the-upgrade.dump"');
    }
    const [view, rows] = [await bench.look(), await attachments(droplet)];
    const { end } = await bench.run(REPAIR);
    const healthy = await droplet.isHealthy();
    const untouched = await treasures.assertUntouched().then(
      () => true,
      () => false,
    );
    const after = await bench.look();
    record("files.jsonl", HOW, {
      case: `${fault}, ${workers} workers`,
      cause: faultNamed(fault).expectedCause,
      expected: remedies,
      ran: end.outputs.get("remedies"),
      status: end.outputs.get("status"),
      healthy,
      untouched,
      restarted: after.containers !== view.containers,
      seconds: Math.round(end.seconds),
    });
    expect(end.outputs.get("status"), end.log).toBe("recovered");
    expect(end.outputs.get("remedies")).toBe(remedies);
    await droplet.assertHealthy();
    await treasures.assertUntouched();
    expect(after.containers).toBe(view.containers);
    if (remedies === GIVEN_BACK) expect(await attachments(droplet)).toBe(rows);
    await bench.nothingLeftBehind();
  });
});

describe("files of Odoo's in a folder of the host's", () => {
  const onTheHost = async (options: string): Promise<void> => {
    await bench.droplet.script(`
      rsync --archive --delete "$(data_dir)/" /srv/odoo-data/
      sed -i 's|odoo-web-data:/var/lib/odoo|/srv/odoo-data:/var/lib/odoo${options}|' "$DIRECTORY/$COMPOSE_FILE"
      dc up -d --pull never
      [ "$(data_dir)" = /srv/odoo-data ]`);
  };

  beforeAll(async () => {
    bench = await Bench.up();
  });

  it("are given back, and taken back, as those of a volume", async () => {
    const { droplet } = bench;
    await onTheHost("");
    await droplet.waitHealthy();
    await bench.break("filestore-permissions");
    const broken = await onDisk(droplet);
    const { end } = await bench.run(REPAIR);
    await droplet.assertHealthy();
    expect(end.outputs.get("status"), end.log).toBe("recovered");
    expect(end.outputs.get("remedies")).toBe(GIVEN_BACK);
    await droplet.script(undoOf(end.summary, GIVEN_BACK));
    expect(await onDisk(droplet)).toEqual(broken);
  });

  it("are left alone where that is mounted read-only, which is told", async () => {
    const { droplet } = bench;
    await onTheHost(":ro");
    await droplet.script(
      `wait_for 60 eval 'docker logs "$(container_of "$ODOO_SERVICE")" 2>&1 | grep -q "HTTP service"'`,
    );
    const before = await onDisk(droplet);
    const { end } = await bench.run({ ...REPAIR, boot_wait: "20s" });
    expect(await onDisk(droplet)).toEqual(before);
    expect(end.outputs.get("status"), end.log).toBe("unhealthy");
    expect(end.outputs.get("headline")).toContain("mounted read-only at /var/lib/odoo");
    expect(end.outputs.get("changed")).toBe("false");
  });
});

describe("giving files back", () => {
  beforeAll(async () => {
    bench = await Bench.up();
  });

  it("tells what the file system does not let root change either, and mends the rest", async () => {
    const { droplet } = bench;
    await bench.break("filestore-permissions");
    const file = `"$(filestore)/$(sql "$DATABASE" <<<"select store_fname from ir_attachment where name = 'invoice-3.pdf'")"`;
    await droplet.script(`chattr +i ${file}`);
    try {
      const { action, end } = await bench.run(REPAIR);
      await droplet.assertHealthy();
      expect(end.outputs.get("status"), end.log).toBe("recovered");
      expect(
        action
          .journal()
          .filter(({ kind }) => kind === "remedy-output")
          .map((entry) => JSON.stringify(entry))
          .join(),
      ).toMatch(/Operation not permitted: root may not either, .*1 could not be given to Odoo/);
      expect(end.summary).toContain("gave Odoo (101:101) ");
    } finally {
      await droplet.script(`chattr -i ${file}`);
    }
  });

  it("and taking them back is bounded in memory and time, however many there are", async () => {
    const { droplet } = bench;
    const MANY = 500_000;
    await droplet.script(
      `cd "$(data_dir)/sessions"; seq -f 'werkzeug_many_%.0f.sess' ${MANY} | xargs touch`,
      { timeoutSeconds: 300 },
    );
    await bench.break("data-dir-permissions");
    // The most that the program in Odoo's container had at any time, by the kernel's own count.
    await droplet.script(`
      cat >/root/watch <<'SH'
while sleep 0.2; do
  for pid in $(pgrep -f 'python3 -I -B -c import sys; exec'); do
    sed -n "s/^VmHWM:[^0-9]*\\([0-9]*\\).*/\\1/p" "/proc/$pid/status"
  done
done >/root/peaks 2>/dev/null
SH
      systemd-run --quiet --unit=watch-peaks sh /root/watch`);
    const { end } = await bench.run(REPAIR);
    await droplet.script("systemctl stop watch-peaks");
    await droplet.assertHealthy();
    expect(end.outputs.get("status"), end.log).toBe("recovered");
    expect(end.summary).toMatch(/gave Odoo \(101:101\) 50\d{4} files/);
    const peak = Number(await droplet.script("sort -n /root/peaks | tail -n 1"));
    const began = performance.now();
    await droplet.script(undoOf(end.summary, GIVEN_BACK), { timeoutSeconds: 300 });
    const undone = Math.round((performance.now() - began) / 1000);
    record("files.jsonl", HOW, {
      case: `${MANY} files given back`,
      status: end.outputs.get("status"),
      seconds: Math.round(end.seconds),
      secondsToUndo: undone,
      mostMemoryKiB: peak,
    });
    expect(peak).toBeGreaterThan(0);
    expect(peak).toBeLessThan(64 * 1024);
    await droplet.assertSymptom("data-dir-permissions");
    await droplet.script(`find "$(data_dir)/sessions" -name 'werkzeug_many_*' -delete`, {
      timeoutSeconds: 300,
    });
  });
});
