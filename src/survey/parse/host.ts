/** Reads what the probes of the host itself printed. */

import { bodiesOf, keyValues, linesOf, type RawProbe } from "../raw.ts";
import {
  type FileSystem,
  type HostFacts,
  type Listener,
  type Memory,
  type Observation,
  type Process,
  seen,
  type Unit,
  unseen,
} from "../survey.ts";

export function parseHost({ output }: RawProbe): Observation<HostFacts> {
  const fields = keyValues(output);
  const privilege = fields.get("privilege");
  const epoch = Number(fields.get("epoch"));
  if ((privilege !== "root" && privilege !== "sudo" && privilege !== "user") || !(epoch > 0))
    return unseen("the probe printed nonsense");
  const uptime = fields.get("uptime");
  const [, sign, hours, minutes] = /^([+-])(\d\d)(\d\d)$/.exec(fields.get("zone") ?? "") ?? [];
  return seen({
    user: fields.get("user") ?? "",
    privilege,
    name: fields.get("name") ?? "",
    system: fields.get("system") ?? "",
    bootId: fields.get("boot") ?? "",
    uptimeSeconds: uptime ? Number(uptime) : undefined,
    epoch,
    zoneMinutes: sign === undefined ? 0 : (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes)),
    load: (fields.get("load") ?? "").split(" ").filter(Boolean).map(Number),
    processors: Number(fields.get("processors")) || undefined,
  });
}

/** Lines `PID PPID STAT ELAPSED ARGUMENTS`. */
export function parseProcesses({ output }: RawProbe): Observation<Process[]> {
  const processes = linesOf(output).flatMap((line) => {
    const [, pid, parent, state, elapsed, command] =
      /^\s*(\d+)\s+(\d+)\s+(\S+)\s+([\d:-]+)\s+(.*)$/.exec(line) ?? [];
    if (command === undefined || elapsed === undefined || state === undefined) return [];
    return [{ pid: Number(pid), parent: Number(parent), state, seconds: elapsedSeconds(elapsed), command }];
  });
  // Whatever else runs, the program that asked does.
  return processes.length === 0 ? unseen("ps printed no process") : seen(processes);
}

/** `[[DD-]HH:]MM:SS`, as ps(1) has it. */
function elapsedSeconds(text: string): number {
  const [clock = "", days = "0"] = text.split("-").reverse();
  return clock.split(":").reduce((total, part) => total * 60 + Number(part), 0) + Number(days) * 86_400;
}

/** Lines of `ss -H -lntp`: `LISTEN 0 511 0.0.0.0:80 0.0.0.0:* users:(("nginx",pid=1,fd=2))`. */
export function parseListeners({ output }: RawProbe): Observation<Listener[]> {
  const listeners = linesOf(output).flatMap((line) => {
    const [, address, port, rest = ""] = /^LISTEN\s+\d+\s+\d+\s+(\S+):(\d+)\s+\S+\s*(.*)$/.exec(line) ?? [];
    if (address === undefined) return [];
    return [{ address, port: Number(port), program: /\(\("([^"]+)"/.exec(rest)?.[1] ?? "" }];
  });
  // We came in through one.
  return listeners.length === 0 ? unseen("ss printed no listening port") : seen(listeners);
}

/** Blocks of NAME=VALUE with an empty line between them, in any order of the names. */
export function parseUnits({ output }: RawProbe): Observation<ReadonlyMap<string, Unit>> {
  const units = new Map(
    output.split(/\n{2,}/).flatMap((block): [string, Unit][] => {
      const fields = keyValues(block);
      const id = fields.get("Id");
      if (id === undefined || !fields.has("ActiveState")) return [];
      return [
        [
          id,
          {
            load: fields.get("LoadState") ?? "",
            active: fields.get("ActiveState") ?? "",
            result: fields.get("Result") ?? "",
            downSince: stamp(fields.get("InactiveEnterTimestamp")),
            upSince: stamp(fields.get("ActiveEnterTimestamp")),
          },
        ],
      ];
    }),
  );
  return units.size === 0 ? unseen("systemctl printed nothing usable") : seen(units);
}

/** `Tue 2026-11-24 06:51:48 UTC`; in another zone than UTC its short name cannot be understood for sure. */
function stamp(text = ""): number | undefined {
  const [, day, time] = /^\w{3} (\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) UTC$/.exec(text) ?? [];
  return day === undefined ? undefined : Date.parse(`${day}T${time}Z`);
}

export function parseMemory({ output }: RawProbe): Observation<Memory> {
  const value = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(output)?.[1]);
  const [total, available] = [value("MemTotal"), value("MemAvailable")];
  if (!(total > 0) || !(available >= 0)) return unseen("/proc/meminfo could not be understood");
  return seen({ total, available, swapTotal: value("SwapTotal") || 0, swapFree: value("SwapFree") || 0 });
}

/** What `df -Pk` and `df -Pi` print: device, size, used, available, percentage, mount point. */
export function parseDisks({ parts }: RawProbe): Observation<FileSystem[]> {
  const table = (kind: string): Map<string, { size: number; available: number }> =>
    new Map(
      linesOf(bodiesOf(parts, kind).get("") ?? "").flatMap((line) => {
        const [, size, , available, mount] =
          /^\S.*?\s(\d+)\s+(-?\d+)\s+(-?\d+)\s+(?:\d+%|-)\s+(\/.*)$/.exec(line) ?? [];
        return mount === undefined
          ? []
          : [[mount, { size: Number(size), available: Number(available) }] as const];
      }),
    );
  const [space, inodes] = [table("space"), table("inodes")];
  if (space.size === 0) return unseen("df printed nothing usable");
  return seen(
    [...space].map(([mount, { size, available }]) => {
      const count = inodes.get(mount);
      // btrfs and others make inodes as they go, and say 0.
      const counted = count !== undefined && count.size > 0;
      return {
        mount,
        size,
        available,
        inodes: counted ? count.size : undefined,
        inodesFree: counted ? count.available : undefined,
      };
    }),
  );
}
