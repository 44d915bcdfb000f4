/**
 * Files of Odoo's that it cannot use, or that are not what they were (runbook 2.2 and the first part of 2.1): mended on the
 * test droplet, with users' rows and files in it that look like what is mended.
 */

import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { until } from "../process.ts";
import { cases, inLongRun } from "./cases.ts";
import { attachments, damaged, holdHalfWay, letGo, onDisk, undoOf } from "./files.ts";
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

const REPAIR = { mode: "recover", ceiling: "repair" };

describe("files that Odoo may not use are given back", () => {
  // data-dir-permissions: below, cancelled half-way; each of them, with and without workers: files.long.test.ts
  it("filestore-permissions: no row changed, nothing restarted; and taken back exactly", async () => {
    const fault = "filestore-permissions";
    const { droplet } = bench;
    const treasures = await Treasures.putInto(droplet);
    await bench.break(fault);
    const [view, rows, broken] = [await bench.look(), await attachments(droplet), await onDisk(droplet)];
    const { end } = await bench.run(REPAIR);
    await droplet.assertHealthy();
    await treasures.assertUntouched();
    expect(await attachments(droplet)).toBe(rows);
    expect(await bench.look()).toEqual(view);
    await bench.nothingLeftBehind();
    expect(end.outputs.get("status"), end.log).toBe("recovered");
    expect(end.outputs.get("remedies")).toBe("fix-permissions");
    expect(end.summary).toContain("gave Odoo (101:101) ");

    const undo = undoOf(end.summary, "fix-permissions");
    expect(await droplet.script(`${undo} 2>&1`)).toMatch(/^put back the owner and the mode of \d+ files/);
    expect(await onDisk(droplet)).toEqual(broken);
    await droplet.assertSymptom(fault);
  });

  it("and nothing else is touched: links, others' folders, a group that works, a mount below; any name will do", async () => {
    const { droplet } = bench;
    await droplet.script(`
      cd "$(data_dir)"
      mkdir -p sessions/closed
      mount -t tmpfs -o mode=700 tmpfs sessions/closed
      mount -o remount,ro sessions/closed
      restart_odoo
      first_page`);
    await bench.break("filestore-permissions");
    await droplet.script(`
      cd "$(filestore)"
      ln -s /etc/passwd passwd
      ln -s /etc etc
      ln -s "$(data_dir)/others" others
      chown -h root:root passwd etc others
      touch "$(printf 'odd\\nname %%41 \\303\\244 \\377')" -- -rf
      chmod 600 -- -rf odd*
      mkdir shared
      touch shared/file
      chown -R 0:101 shared
      chmod 2770 shared
      chmod 660 shared/file
      mkfifo pipe
      cd "$(data_dir)"
      mkdir -m 700 others
      touch others/dump`);
    const outside =
      'stat -c "%n %u:%g %a" /etc /etc/passwd; docker exec "$(container_of "$ODOO_SERVICE")" stat -c "%n %u:%g %a" /etc /etc/passwd';
    const [broken, others] = [await onDisk(droplet), await droplet.script(outside)];
    const { end } = await bench.run(REPAIR);
    expect(end.outputs.get("status"), end.log).toBe("recovered");
    expect(end.outputs.get("remedies")).toBe("fix-permissions");
    expect(await droplet.script(outside)).toBe(others);
    const mended = await onDisk(droplet);
    const kept = mended.filter((line) => / 0:(?:0|101) | l /.test(line)).map((line) => line.trim());
    expect(kept).toEqual([
      "./filestore/odoo/etc l 0:0 777",
      "./filestore/odoo/others l 0:0 777",
      "./filestore/odoo/passwd l 0:0 777",
      "./filestore/odoo/pipe p 0:0 644",
      "./filestore/odoo/shared d 0:101 2770",
      "./filestore/odoo/shared/file f 0:101 660",
      "./others d 0:0 700",
      "./others/dump f 0:0 644",
    ]);
    expect(mended).toContain("./filestore/odoo/-rf f 101:101 600");
    expect(mended.filter((line) => /^(?:name|\.\/filestore\/odoo\/odd)/.test(line))).toHaveLength(2);
    expect(
      await droplet.script(`findmnt --noheadings --output OPTIONS --target "$(data_dir)/sessions/closed"`),
    ).toMatch(/^ro/);
    await droplet.script(undoOf(end.summary, "fix-permissions"));
    expect(await onDisk(droplet)).toEqual(broken);
  });
});

describe("compiled files that are not what was stored", () => {
  const FAULT = "assets-truncated";

  /** Each stylesheet and script that the login page asks for: its address, how it is answered and how long it is. */
  const assetsOf = async (): Promise<string> =>
    bench.droplet.script(`
      page=$(curl -s http://127.0.0.1/web/login)
      grep -oE '(href|src)="/[^"]+\\.(css|js)[^"]*"' <<<"$page" | sed -E 's/^[a-z]+="//; s/"$//' | sort -u |
        while read -r path; do echo "$path $(curl -s -o /dev/null -w '%{http_code} %{size_download}' "http://127.0.0.1$path")"; done`);

  it("are replaced and compiled anew in one step, no file of users' with them", async () => {
    const { droplet } = bench;
    const treasures = await Treasures.putInto(droplet);
    await bench.break(FAULT);
    // As after a wipe by hand that left the files: nobody's, and in the way of what is compiled anew.
    await droplet.script(`
      sql "$DATABASE" <<<"delete from ir_attachment where $BUNDLES and name like 'web.assets_common%.css'"`);
    const [view, cut] = [await bench.look(), await damaged(droplet)];
    const { end } = await bench.run(REPAIR);
    await droplet.assertHealthy();
    await treasures.assertUntouched();
    expect((await bench.look()).containers).toBe(view.containers);
    await bench.nothingLeftBehind();
    expect(end.outputs.get("status"), end.log).toBe("recovered");
    expect(end.outputs.get("remedies")).toBe("regenerate-assets");
    expect(end.log).toContain("found 1 damaged files of users");
    // All but the damaged letter of a user's.
    const replaced = cut.length - 1;
    expect(replaced).toBeGreaterThan(4);
    expect(end.summary).toContain(`replaced ${replaced} files that were not what was stored`);
    expect((await damaged(droplet)).filter((file) => !file.includes("odoo-recover"))).toHaveLength(1);
  });

  it("answer as before where a module is marked, which forbids a second Odoo: nothing is moved", async () => {
    const { droplet } = bench;
    await bench.break(FAULT);
    await droplet.psql("update ir_module_module set state = 'to upgrade' where name = 'shop_notes'");
    const [assets, disk, rows] = [await assetsOf(), await onDisk(droplet), await attachments(droplet)];
    const { end } = await bench.run(REPAIR);
    expect(assets.split("\n").length).toBeGreaterThan(2);
    expect(await assetsOf()).toBe(assets);
    expect(await onDisk(droplet)).toEqual(disk);
    expect(await attachments(droplet)).toEqual(rows);
    await bench.nothingLeftBehind();
    expect(end.outputs.get("status"), end.log).toBe("unhealthy");
    expect(end.summary).toContain("modules are marked");
  });

  it.each(cases([3], [1, 5, 8]))(
    "answer at least as before where the step is killed %i s after it began, and the next run mends",
    async (seconds) => {
      const { droplet } = bench;
      await bench.break(FAULT);
      const before = await assetsOf();
      const action = bench.action(REPAIR);
      action.start();
      await until(
        120,
        async () => action.journal().some(({ kind }) => kind === "remedy-started") || undefined,
        () => `no step began\n${action.log}`,
      );
      await droplet.script(
        `sleep ${seconds}; systemctl kill --signal KILL 'odoo-recover-*.service' 2>/dev/null || true`,
      );
      await action.main();
      await action.post();
      const after = await assetsOf();
      for (const line of before.split("\n")) {
        const [path = "", code] = line.split(" ");
        const now = after.split("\n").find((each) => each.startsWith(`${path} `));
        // A new bundle has another address, and the page asks for that one.
        if (now !== undefined) expect(now.split(" ")[1], `${path}\n${action.log}`).toBe(code);
      }
      expect(after).not.toMatch(/ (?:404|500) \d+$/m);
      await bench.nothingLeftBehind();
      const next = await bench.run(REPAIR);
      await droplet.assertHealthy();
      expect(["recovered", "healthy"]).toContain(next.end.outputs.get("status"));
    },
  );
});

inLongRun(
  "a full disk of the filestore's own forbids every change; when a person has freed it, the same run mends",
  async () => {
    const FAULT = "filestore-disk-full";
    const { droplet } = bench;
    const treasures = await Treasures.putInto(droplet);
    await bench.break(FAULT);
    const [view, rows, disk] = [await bench.look(), await attachments(droplet), await onDisk(droplet)];
    const { end } = await bench.run(REPAIR);
    await droplet.assertSymptom(FAULT);
    expect(await attachments(droplet)).toBe(rows);
    expect(await onDisk(droplet)).toEqual(disk);
    expect(await bench.look()).toEqual(view);
    await bench.nothingLeftBehind();
    expect(end.outputs.get("status"), end.log).toBe("unhealthy");
    expect(end.outputs.get("cause")).toBe("disk-full");
    expect(end.outputs.get("changed")).toBe("false");
    expect(end.outputs.get("next")).toContain("Free space on /var/lib/odoo/filestore");

    await droplet.script('rm "$(data_dir)/filestore/before-the-upgrade.dump"');
    const freed = await bench.run(REPAIR);
    await droplet.assertHealthy();
    await treasures.assertUntouched();
    expect(freed.end.outputs.get("status"), freed.end.log).toBe("recovered");
    expect(freed.end.outputs.get("remedies")).toBe("regenerate-assets");
  },
);

inLongRun(
  "a person cancels half-way through giving files back: nothing of ours stays, what was changed is taken back by one command, and the next run mends",
  async () => {
    const { droplet } = bench;
    await bench.break("data-dir-permissions");
    const broken = await onDisk(droplet);
    await holdHalfWay(droplet);
    const action = bench.action(REPAIR);
    action.start();
    await until(
      60,
      async () => (await droplet.script("cat /root/half 2>/dev/null || true")) || undefined,
      () => `it did not come half-way\n${action.log}`,
    );
    const half = await onDisk(droplet);
    expect(half).not.toEqual(broken);
    action.kill("SIGINT");
    const end = await action.main();
    const post = await action.post();
    expect(end.outputs.get("status"), end.log).toBe("cancelled");
    expect(post.exitCode, post.log).toBe(0);
    await bench.nothingLeftBehind();
    expect(
      await droplet.script(
        'docker top "$(container_of "$ODOO_SERVICE")" -eo args | grep -c "python3 -I" || true',
      ),
    ).toBe("0");
    expect(await onDisk(droplet)).toEqual(half);
    await letGo(droplet);

    await droplet.script(`sh /var/lib/odoo-recover/*/kept/*/undo`);
    expect(await onDisk(droplet)).toEqual(broken);
    await droplet.assertSymptom("data-dir-permissions");
    const next = await bench.run(REPAIR);
    await droplet.assertHealthy();
    expect(next.end.outputs.get("status"), next.end.log).toBe("recovered");
    expect(next.end.outputs.get("remedies")).toBe("fix-permissions");
  },
);
