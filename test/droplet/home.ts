/** Where a droplet's keys, ports and caches live: the user's cache folder, never the checkout. */

import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

export const cacheDirectory = join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "odoo-recover");

export function droplet(name: string): string {
  return join(cacheDirectory, "droplets", name);
}

/** Holds a lock between processes while `work` runs; waits for another holder, and takes over from a dead one. */
export async function withLock<T>(name: string, work: () => Promise<T>): Promise<T> {
  const folder = join(cacheDirectory, "locks");
  const file = join(folder, name);
  mkdirSync(folder, { recursive: true });
  for (;;) {
    try {
      writeFileSync(file, String(process.pid), { flag: "wx" });
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      if (!ownerIsAlive(file)) {
        rmSync(file, { force: true });
        continue;
      }
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
}

function ownerIsAlive(file: string): boolean {
  try {
    const pid = Number(readFileSync(file, "utf8"));
    // The file is empty for the moment between its creation and the pid's arrival.
    if (pid === 0) return true;
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
