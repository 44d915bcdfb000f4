/**
 * The backup gate on a real droplet, with a database that takes seconds to dump: what is a backup, and everything that
 * is none. Each fault is really produced; refused, nothing destroyed, nothing half left, and words that say so.
 */

import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { TcpProxy } from "../../host/ssh/tcp-proxy.ts";
import { Droplet } from "../droplet.ts";
import { must, until } from "../process.ts";
import { Backups, grow, pgDumpIs } from "./backups.ts";
import { expectNothingLeftBehind, lookFromOutside, type OutsideView } from "./outside.ts";

/** Of rows that do not compress well; a dump of them takes some seconds. */
const MEGABYTES = 50;

let droplet: Droplet;
let backups: Backups;
let before: OutsideView;
let began: string;

beforeAll(async () => {
  droplet = await Droplet.up();
  await droplet.assertHealthy();
  await grow(droplet, MEGABYTES);
});

beforeEach(async () => {
  backups = await Backups.of(droplet);
  before = await lookFromOutside(droplet);
  began = await droplet.script("date +%s");
});

afterEach(async () => {
  await backups[Symbol.asyncDispose]();
  await droplet.script(`
    docker exec --user 0 "$(container_of "$DB_SERVICE")" rm -f /usr/local/sbin/pg_dump
    rm -f /usr/local/sbin/sync
    umount "${folder()}" 2>/dev/null || true
    rm -rf /var/lib/odoo-recover`);
  // Nothing was destroyed, the database had no crash, and no dump goes on.
  expect(await lookFromOutside(droplet)).toEqual(before);
  expect(
    await droplet.script(
      `docker logs --since ${began} "$(container_of "$DB_SERVICE")" 2>&1 | grep -c 'terminating any other' || true`,
    ),
  ).toBe("0");
  expect(await dumpsThatRun()).toBe("");
  await expectNothingLeftBehind(droplet);
});

afterAll(async () => {
  await droplet.reset();
});

const folder = (): string => `${backups.place.auditRoot}/${backups.place.key}/backups`;
const onDroplet = async (): Promise<string[]> =>
  (await droplet.script(`ls -A "${folder()}" 2>/dev/null || true`)).split("\n").filter(Boolean);
const onRunner = (): string[] => {
  const path = join(backups.directory, "backups");
  return existsSync(path) ? readdirSync(path) : [];
};
const dumpsThatRun = async (): Promise<string> =>
  await droplet.script("{ pgrep -x -a pg_dump || true; pgrep -x -a pg_restore || true; }");

async function dumping(): Promise<void> {
  await until(
    30,
    async () =>
      Number(await droplet.script(`stat -c %s "${folder()}"/*.partial 2>/dev/null || echo 0`)) > 0
        ? true
        : undefined,
    () => "no dump began",
  );
}

describe("a backup", () => {
  it("onto the droplet is the database's, whole, for root alone, and says where it is and what it holds", async () => {
    const { made, refusal, told } = await backups.take();
    expect(refusal).toBe("");
    if (made?.onDroplet === undefined) throw new Error("it is not on the droplet");
    expect(made.onDroplet).toMatch(/\/odoo-\d{8}T\d{6}Z\.dump$/);
    expect(
      await droplet.script(
        `stat -c '%a %U %s' "${made.onDroplet}" "${folder()}"; sha256sum <"${made.onDroplet}"`,
      ),
    ).toMatch(new RegExp(`^600 root ${made.bytes}\n700 root \\d+\n${made.sha256} `));
    expect(await onDroplet()).toEqual([
      `${made.onDroplet.split("/").at(-1)}`,
      `${made.onDroplet.split("/").at(-1)}.json`,
    ]);
    expect(made.tables).toBeGreaterThan(100);
    expect(told).toContain(`SHA-256 ${made.sha256}`);
    const restored = await droplet.script(
      `docker exec -i "$(container_of "$DB_SERVICE")" pg_restore --file=- --data-only --table=res_users <"${made.onDroplet}" | grep -c admin`,
    );
    expect(Number(restored)).toBeGreaterThan(0);
  });

  it("to the runner touches no disk of the droplet's, and is the same bytes on both ends", async () => {
    const { made, refusal, told } = await backups.take({ to: "runner" });
    expect(refusal).toBe("");
    if (made?.onRunner === undefined) throw new Error("it is not on the runner");
    expect(statSync(made.onRunner).mode & 0o777).toBe(0o600);
    expect(statSync(made.onRunner).size).toBe(made.bytes);
    expect(createHash("sha256").update(readFileSync(made.onRunner)).digest("hex")).toBe(made.sha256);
    expect(made.onDroplet).toBeUndefined();
    expect(await onDroplet()).toEqual([expect.stringMatching(/\.dump\.json$/)]);
    expect(told).toContain("did: backed up the database odoo to the runner");
  });

  it("to both is the same on both, though the login is noisy and the connection is cut while it is copied", async () => {
    await droplet.addLoginNoise("noise!");
    await using proxy = await TcpProxy.to(droplet.sshPort);
    await using others = await Backups.of(droplet, { port: proxy.port });
    let cut = false;
    const { made, refusal } = await others.take({
      to: "both",
      onTold: (told) => {
        if (!cut && told.includes("did: backed up")) {
          cut = true;
          setTimeout(() => proxy.cut(), 150);
        }
      },
    });
    await droplet.script("sed -i '/^cat ~.\\.noise$/d' ~deploy/.bashrc; rm -f ~deploy/.noise");
    expect(refusal).toBe("");
    if (made?.onRunner === undefined) throw new Error("it is not on the runner");
    expect(proxy.connections).toBeGreaterThan(1);
    expect(createHash("sha256").update(readFileSync(made.onRunner)).digest("hex")).toBe(made.sha256);
    expect(await droplet.script(`sha256sum <"${made.onDroplet}"`)).toContain(made.sha256);
    expect(readdirSync(join(others.directory, "backups"))).toHaveLength(1);
  });

  it("onto the droplet goes on while the connection is cut, and is attached to again", async () => {
    await using proxy = await TcpProxy.to(droplet.sshPort);
    await using others = await Backups.of(droplet, { port: proxy.port });
    const taking = others.take();
    await dumping();
    proxy.cut();
    const { made, refusal } = await taking;
    expect(refusal).toBe("");
    expect(made?.onDroplet).toBeDefined();
    expect(proxy.connections).toBeGreaterThan(1);
  });

  it("keeps a hard link to each file of the filestore that the database names, and takes no room for it", async () => {
    const { made, refusal, told } = await backups.take({ filestore: true });
    expect(refusal).toBe("");
    if (made?.filestore === undefined) throw new Error("there is no snapshot");
    const counts = await droplet.script(
      `cd "$(data_dir)/${made.filestore.replace("/var/lib/odoo/", "")}"
      find . -type f -links +1 | wc -l; find . -type f -links 1 | wc -l; cd "$(filestore)"; find . -type f | wc -l`,
    );
    const [linked, alone, there] = counts.split("\n").map(Number);
    expect(linked).toBe(there);
    expect(alone).toBe(0);
    const named = await droplet.psql(
      "select count(distinct store_fname) from ir_attachment where store_fname is not null",
    );
    expect(told).toContain(`${named} files that the database names`);
    await droplet.script('rm -rf "$(data_dir)/odoo-recover"');
  });

  it("takes away what an interrupted one had left, and what is older than a week; of each database the newest stays", async () => {
    const first = await backups.take();
    const name = first.made?.onDroplet?.split("/").at(-1) ?? "";
    await droplet.script(`cd "${folder()}"
      sed -i 's/^  "at": .*/  "at": 1000,/' ${name}.json
      cp ${name} other-1.dump; sed 's/"odoo"/"other"/; s/${name}/other-1.dump/' ${name}.json >other-1.dump.json
      echo x >precious.dump
      echo half >deadbeef-1-backup.dump.partial`);
    const { made, told } = await backups.take();
    const newest = made?.onDroplet?.split("/").at(-1) ?? "";
    expect(await onDroplet()).toEqual(
      [newest, `${newest}.json`, "other-1.dump", "other-1.dump.json", "precious.dump"].sort(),
    );
    expect(told).toContain("removed what an interrupted backup had left");
    expect(told).toContain("older than a week");
  });
});

describe("there is no backup, so nothing more is done,", () => {
  it("when pg_dump is killed", async () => {
    const taking = backups.take();
    await dumping();
    await droplet.script("pkill -9 -x pg_dump");
    const { refusal } = await taking;
    expect(refusal).toMatch(/^There is no good backup, so nothing more was done: pg_dump was killed/);
    expect(await onDroplet()).toEqual([]);
  });

  it("when pg_dump is killed while it streams to the runner", async () => {
    const taking = backups.take({ to: "runner" });
    await until(
      30,
      async () => (onRunner().length > 0 ? true : undefined),
      () => "nothing came",
    );
    await droplet.script("pkill -9 -x pg_dump");
    const { refusal } = await taking;
    expect(refusal).toMatch(/^There is no good backup, so nothing more was done: pg_dump was killed/);
    expect(onRunner()).toEqual([]);
    expect(await onDroplet()).toEqual([]);
  });

  it("when the connection is cut while it streams to the runner", async () => {
    await using proxy = await TcpProxy.to(droplet.sshPort);
    await using others = await Backups.of(droplet, { port: proxy.port });
    const taking = others.take({ to: "runner" });
    const there = join(others.directory, "backups");
    await until(
      30,
      async () => (existsSync(there) && readdirSync(there).length > 0 ? true : undefined),
      () => "nothing came",
    );
    proxy.cut();
    const { refusal } = await taking;
    expect(refusal).toMatch(
      /^There is no good backup, so nothing more was done: The connection to .* was lost/,
    );
    expect(readdirSync(there)).toEqual([]);
    expect(await onDroplet()).toEqual([]);
  });

  it("when the droplet's disk is at its reserve", async () => {
    await droplet.script(`mkdir -p "${folder()}"; mount -t tmpfs -o size=2100m tmpfs "${folder()}"`);
    const { refusal } = await backups.take();
    expect(refusal).toMatch(
      /nothing more was done: There is not enough room on the droplet for a backup of odoo/,
    );
    expect(refusal).toContain("2.0 GiB of them stay free");
    expect(refusal).toContain("backup_to: runner");
    expect(await onDroplet()).toEqual([]);
  });

  it("when the droplet's disk comes to its reserve meanwhile", async () => {
    await droplet.script(`mkdir -p "${folder()}"; mount -t tmpfs -o size=2400m tmpfs "${folder()}"`);
    const taking = backups.take();
    await dumping();
    await droplet.script(`fallocate -l 340M "${folder()}/somebody-elses"`);
    const { refusal } = await taking;
    expect(refusal).toMatch(
      /nothing more was done: The dump of odoo was ended: it came to the reserve of the droplet's disk/,
    );
    expect(await onDroplet()).toEqual(["somebody-elses"]);
  });

  it("when the runner's disk has no room", async () => {
    const { path, done } = await smallDisk();
    try {
      await using others = await Backups.of(droplet, { directory: path });
      for (const to of ["runner", "both"] as const) {
        const { refusal } = await others.take({ to });
        expect(refusal).toMatch(
          /nothing more was done: There is not enough room on the runner for the backup/,
        );
        expect(refusal).toContain("backup_to: droplet");
        expect(readdirSync(join(path, "backups"))).toEqual([]);
      }
    } finally {
      await done();
    }
  });

  it("when the runner's disk is full", async () => {
    const { path, done } = await smallDisk();
    try {
      await using others = await Backups.of(droplet, { directory: path });
      const { refusal } = await others.take({ to: "runner", room: async () => Number.MAX_SAFE_INTEGER });
      expect(refusal).toMatch(/nothing more was done: the runner's disk is full/);
      expect(readdirSync(join(path, "backups"))).toEqual([]);
      expect(await onDroplet()).toEqual([]);
    } finally {
      await done();
    }
  });

  it("when a byte is flipped on the droplet's disk", async () => {
    // The dump is put onto the disk by sync(1): from then on it is the disk's.
    await droplet.script(`cat >/usr/local/sbin/sync <<'SH'
#!/bin/sh
/usr/bin/sync "$@"
case $1 in *.dump.partial) printf 'X' | dd of="$1" bs=1 seek=20000000 conv=notrunc status=none ;; esac
SH
    chmod 755 /usr/local/sbin/sync`);
    const { refusal } = await backups.take();
    expect(refusal).toMatch(
      /nothing more was done: (?:pg_restore cannot read the dump|What is read back from the droplet's disk is not what was written)/,
    );
    expect(await onDroplet()).toEqual([]);
  });

  it("when pg_dump says that all is well and wrote nothing", async () => {
    await pgDumpIs(droplet, "exit 0");
    for (const to of ["droplet", "runner"] as const) {
      const { refusal } = await backups.take({ to });
      expect(refusal).toMatch(
        /nothing more was done: (?:pg_dump said that all is well, and wrote 0 bytes|pg_restore cannot read)/,
      );
      expect(await onDroplet()).toEqual([]);
      expect(onRunner()).toEqual([]);
    }
  });

  it("when pg_dump is cut off and says that all is well", async () => {
    await pgDumpIs(droplet, '/usr/bin/pg_dump "$@" | head -c 5000000');
    for (const to of ["droplet", "runner"] as const) {
      const { refusal } = await backups.take({ to });
      expect(refusal).toMatch(/nothing more was done: pg_restore cannot read the dump/);
      expect(await onDroplet()).toEqual([]);
      expect(onRunner()).toEqual([]);
    }
  });

  it("when the dump is one of another database", async () => {
    await droplet.script('sql postgres <<<"create database other_shop template $SNAPSHOT_DATABASE"');
    try {
      await pgDumpIs(droplet, 'PGDATABASE=other_shop exec /usr/bin/pg_dump "$@"');
      for (const to of ["droplet", "runner"] as const) {
        const { refusal } = await backups.take({ to });
        expect(refusal).toContain(
          "nothing more was done: The dump is one of the database other_shop, not of odoo",
        );
        expect(await onDroplet()).toEqual([]);
        expect(onRunner()).toEqual([]);
      }
    } finally {
      await droplet.script('sql postgres <<<"drop database other_shop"');
    }
  });

  it("when it has shrunk below half of the last good one, until a person says that this is right", async () => {
    const { made } = await backups.take();
    await pgDumpIs(droplet, 'exec /usr/bin/pg_dump --exclude-table-data=heap "$@"');
    const { refusal } = await backups.take();
    expect(refusal).toMatch(
      /nothing more was done: The dump of odoo has shrunk below half of the last good one/,
    );
    // As the advice says: the file that is named last is renamed.
    expect(refusal).toContain("rename the file that is named last above, and run again");
    const [, last = ""] = /tables \((\/\S+\.json)\)/.exec(refusal) ?? [];
    expect(await onDroplet()).toHaveLength(2);
    await droplet.script(`mv '${last}' '${last}.old'`);
    const again = await backups.take();
    expect(again.refusal).toBe("");
    expect(await onDroplet()).toContain(made?.onDroplet?.split("/").at(-1));
  });

  it("when the files cannot be kept beside it by hard links", async () => {
    const inOdoo = (command: string): Promise<string> =>
      droplet.script(
        `nsenter --mount --target "$(docker inspect --format '{{.State.Pid}}' "$(container_of "$ODOO_SERVICE")")" sh -c '${command}'`,
      );
    await inOdoo("mkdir -p /var/lib/odoo/odoo-recover && mount -t tmpfs tmpfs /var/lib/odoo/odoo-recover");
    try {
      const { refusal } = await backups.take({ filestore: true });
      expect(refusal).toMatch(/nothing more was done: The filestore could not be kept beside the dump/);
      expect(refusal).toContain("it is on another file system");
      expect(await onDroplet()).toEqual([]);
    } finally {
      await inOdoo("umount /var/lib/odoo/odoo-recover; rmdir /var/lib/odoo/odoo-recover");
    }
  });

  it("when it does not end in its time", async () => {
    // One process: an orphan that dies of a signal is a crash to PostgreSQL.
    await pgDumpIs(droplet, "exec sleep 60");
    const { refusal } = await backups.take({ timeoutMs: 2_000 });
    expect(refusal).toMatch(/nothing more was done: The dump of odoo did not end within 2 s/);
    expect(refusal).toContain("backup_timeout");
    expect(await onDroplet()).toEqual([]);
  });

  it("when its step is killed on the droplet, and the next one finds nothing in its way", async () => {
    const taking = backups.take();
    await dumping();
    await droplet.script("systemctl kill --signal=KILL 'odoo-recover-*-backup.service'");
    const { refusal } = await taking;
    expect(refusal).toMatch(/nothing more was done: The backup vanished/);
    expect(await onDroplet()).toEqual([]);
    expect((await backups.take()).refusal).toBe("");
  });
});

describe("a person who cancels", () => {
  it.each(["droplet", "runner"] as const)(
    "ends a backup to the %s within seconds, and nothing of it stays",
    async (to) => {
      const cancel = new AbortController();
      const taking = backups.take({ to, signal: cancel.signal });
      if (to === "droplet") await dumping();
      else
        await until(
          30,
          async () => (onRunner().length > 0 ? true : undefined),
          () => "nothing came",
        );
      const asked = performance.now();
      cancel.abort(new Error("stopped by SIGINT"));
      const { refusal } = await taking;
      expect((performance.now() - asked) / 1000).toBeLessThan(7);
      expect(refusal).toMatch(/^stopped by SIGINT/);
      expect(await onDroplet()).toEqual([]);
      expect(onRunner()).toEqual([]);
    },
  );
});

/** A file system of its own on this machine, of 32 MB. */
async function smallDisk(): Promise<{ path: string; done: () => Promise<void> }> {
  const path = mkdtempSync(join(tmpdir(), "odoo-recover-disk-"));
  const asRoot = process.getuid?.() === 0 ? [] : ["sudo", "-n"];
  const root = async (...words: string[]): Promise<void> => {
    const [command = "", ...rest] = [...asRoot, ...words];
    await must(command, rest);
  };
  await root("mount", "-t", "tmpfs", "-o", "size=32m,mode=0777", "tmpfs", path);
  return {
    path,
    done: async () => {
      await root("umount", path);
      rmSync(path, { recursive: true, force: true });
    },
  };
}
