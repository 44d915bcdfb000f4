/** A large database, backed up to the runner by the bundle: what it cost in memory and time, beside a plain dump over ssh. */

import { readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import type { EventOf } from "../../../src/journal.ts";
import { must } from "../process.ts";
import { grow } from "./backups.ts";
import type { Bench } from "./run.ts";

/** A site that is bad, and whose remedy comes after a backup when that is wanted always. */
const FAULT = "assets-deleted";
/** What the runner's process may grow by while any amount of data goes through it. */
const MOST_GROWTH = 60;

export interface Measured {
  /** Of rows that compress by a quarter. */
  readonly megabytesOfRows: number;
  readonly megabytesOfDump: number;
  /** From its beginning until it was read back and settled. */
  readonly seconds: number;
  readonly megabytesOfRowsPerSecond: number;
  /** Resident, of the runner's process: when the backup began, and the most while it ran. */
  readonly residentBefore: number;
  readonly residentMost: number;
  /** `ssh host pg_dump -Fc > file` of the same database, right after. */
  readonly plain: {
    readonly megabytesOfDump: number;
    readonly seconds: number;
    readonly megabytesOfRowsPerSecond: number;
  };
}

/** @throws when the backup is not good, or the process grew by more than its bound */
export async function measureBackup(bench: Bench, megabytes: number): Promise<Measured> {
  const { droplet } = bench;
  await grow(droplet, megabytes);
  await bench.break(FAULT);
  const action = bench.action({
    ceiling: "repair",
    backup: "always",
    backup_to: "runner",
    backup_timeout: "1h",
  });
  action.start();
  await action.seen("the backup's beginning", ({ kind }) => kind === "backup-started");
  const residentBefore = resident(action.pid);
  let residentMost = residentBefore;
  const sampler = setInterval(() => {
    residentMost = Math.max(residentMost, resident(action.pid));
  }, 100);
  const ended = (await action
    .seen("the backup's end", ({ kind }) => kind === "backup-ended", 3_600)
    .finally(() => clearInterval(sampler))) as EventOf<"backup-ended">;
  const { log } = await action.main();
  const { backup } = ended;
  if (backup?.onRunner === undefined) throw new Error(`there is no backup: ${ended.outcome}\n${log}`);
  expect(statSync(backup.onRunner).size).toBe(backup.bytes);
  expect(log).toMatch(/received .* MiB of about .*, .*\/s, about \d+ s left/);

  const plainPath = join(tmpdir(), `odoo-recover-plain-${process.pid}.dump`);
  const container = await droplet.script('container_of "$DB_SERVICE"');
  const began = performance.now();
  try {
    await must(
      "bash",
      [
        "-c",
        'file=$1; shift; exec "$@" >"$file"',
        "plain",
        plainPath,
        "ssh",
        ...droplet.sshArguments("root"),
        "--",
        `docker exec ${container} pg_dump -U odoo -Fc odoo`,
      ],
      { timeoutSeconds: 3_600 },
    );
    const plainSeconds = (performance.now() - began) / 1000;
    const inMegabytes = (bytes: number): number => Math.round(bytes / 1e6);
    const perSecond = (seconds: number): number => Math.round((megabytes / seconds) * 10) / 10;
    const measured: Measured = {
      megabytesOfRows: megabytes,
      megabytesOfDump: inMegabytes(backup.bytes),
      seconds: backup.seconds,
      megabytesOfRowsPerSecond: perSecond(backup.seconds),
      residentBefore,
      residentMost,
      plain: {
        megabytesOfDump: inMegabytes(statSync(plainPath).size),
        seconds: Math.round(plainSeconds),
        megabytesOfRowsPerSecond: perSecond(plainSeconds),
      },
    };
    console.log(JSON.stringify(measured));
    expect(residentMost - residentBefore).toBeLessThan(MOST_GROWTH);
    return measured;
  } finally {
    rmSync(plainPath, { force: true });
  }
}

/** In MB. */
function resident(pid: number): number {
  try {
    const [, kilobytes = "0"] = /^VmRSS:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
    return Math.round(Number(kilobytes) / 1024);
  } catch {
    return 0;
  }
}
