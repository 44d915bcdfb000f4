// What really runs on this machine.

import { spawnSync } from "node:child_process";

/** Whether a process still runs; one that is only a zombie does not. */
export function runs(pid: number): boolean {
  const stat = spawnSync("ps", ["-o", "stat=", "-p", String(pid)])
    .stdout.toString()
    .trim();
  return stat !== "" && !stat.startsWith("Z");
}

/** The processes whose command line holds a text, by their ids. */
export function processesWith(text: string): number[] {
  return spawnSync("ps", ["-A", "-ww", "-o", "pid=,stat=,args="])
    .stdout.toString()
    .split("\n")
    .filter((line) => line.includes(text) && !/^\s*\d+\s+Z/.test(line))
    .map((line) => Number.parseInt(line, 10));
}
