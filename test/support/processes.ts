// What really runs on this machine.

import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";

interface Running {
  readonly pid: number;
  readonly command: string;
}

/** Whether a process still runs; one that is only a zombie does not. */
export function runs(pid: number): boolean {
  return running().some((each) => each.pid === pid);
}

/** The processes whose command line holds a text, by their ids. */
export function processesWith(text: string): number[] {
  return running()
    .filter(({ command }) => command.includes(text))
    .map(({ pid }) => pid);
}

/** Zombies left out. From /proc where there is one: the smallest of machines have no ps. */
function running(): Running[] {
  if (existsSync("/proc/self/stat")) {
    return readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .flatMap((name): Running[] => {
        try {
          const state = /\) (\w) /.exec(readFileSync(`/proc/${name}/stat`, "utf8"))?.[1];
          const command = readFileSync(`/proc/${name}/cmdline`, "utf8").replaceAll("\0", " ");
          return state === "Z" || state === "X" ? [] : [{ pid: Number(name), command }];
        } catch {
          // It has ended meanwhile.
          return [];
        }
      });
  }
  return spawnSync("ps", ["-A", "-ww", "-o", "pid=,stat=,args="])
    .stdout.toString()
    .split("\n")
    .flatMap((line): Running[] => {
      const [, pid, state, command] = /^\s*(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
      return command === undefined || state?.startsWith("Z") ? [] : [{ pid: Number(pid), command }];
    });
}
