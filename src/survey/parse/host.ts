/** Reads what the probes of the host itself printed. */

import { bodiesOf, keyValues, linesOf, type RawProbe, words } from "../raw.ts";
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
import { decimal, pidOf, portOf, secondsAt, timeAt, wholeNumber } from "../values.ts";

export function parseHost({ output }: RawProbe): Observation<HostFacts> {
  const fields = keyValues(output.text);
  const privilege = fields.get("privilege");
  const now = secondsAt(fields.get("epoch"));
  if (privilege !== "root" && privilege !== "sudo" && privilege !== "user")
    return unseen("the probe printed nonsense");
  if (now === undefined) return unseen("the host's clock shows a time that cannot be");
  const [, sign, hours, minutes] = /^([+-])(\d\d)(\d\d)$/.exec(fields.get("zone") ?? "") ?? [];
  return seen({
    user: fields.get("user") ?? "",
    privilege,
    name: fields.get("name") ?? "",
    system: fields.get("system") ?? "",
    bootId: fields.get("boot") ?? "",
    uptimeSeconds: wholeNumber(fields.get("uptime"), now / 1000),
    epoch: now / 1000,
    zoneMinutes: sign === undefined ? 0 : (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes)),
    load: words(fields.get("load") ?? "", 3)
      .slice(0, 3)
      .map(decimal)
      .filter((load) => load !== undefined),
    processors: wholeNumber(fields.get("processors"), 65_536) || undefined,
  });
}

/** Lines `PID PPID STAT ELAPSED ARGUMENTS`. */
export function parseProcesses({ output }: RawProbe): Observation<Process[]> {
  const processes = linesOf(output.text).flatMap((line): Process[] => {
    const [first, second, state, elapsed = "", command] = words(line, 4);
    const [pid, parent, seconds] = [pidOf(first), pidOf(second), elapsedSeconds(elapsed)];
    if (pid === undefined || parent === undefined || seconds === undefined) return [];
    return state === undefined || command === undefined ? [] : [{ pid, parent, state, seconds, command }];
  });
  // Whatever else runs, the program that asked does.
  return processes.length === 0 ? unseen("ps printed no process") : seen(processes);
}

/** `[[DD-]HH:]MM:SS`, as ps(1) has it. */
function elapsedSeconds(text: string): number | undefined {
  if (!/^(?:(?:\d{1,6}-)?\d\d:)?\d\d:\d\d$/.test(text)) return undefined;
  const [clock = "", days = "0"] = text.split("-").reverse();
  return clock.split(":").reduce((total, part) => total * 60 + Number(part), 0) + Number(days) * 86_400;
}

/** Lines of `ss -H -lntp`: `LISTEN 0 511 0.0.0.0:80 0.0.0.0:* users:(("nginx",pid=1,fd=2))`. */
export function parseListeners({ output }: RawProbe): Observation<Listener[]> {
  const listeners = linesOf(output.text).flatMap((line): Listener[] => {
    const [state, , , local = "", peer, rest = ""] = words(line, 5);
    const colon = local.lastIndexOf(":");
    const [address, port] = [local.slice(0, colon), portOf(local.slice(colon + 1))];
    if (state !== "LISTEN" || colon < 1 || port === undefined || peer === undefined) return [];
    return [{ address, port, program: /\(\("([^"]+)"/.exec(rest)?.[1] ?? "" }];
  });
  // We came in through one.
  return listeners.length === 0 ? unseen("ss printed no listening port") : seen(listeners);
}

/** Blocks of NAME=VALUE with an empty line between them, in any order of the names. */
export function parseUnits({ output }: RawProbe): Observation<ReadonlyMap<string, Unit>> {
  const units = new Map(
    output.text.split(/\n{2,}/).flatMap((block): [string, Unit][] => {
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
  return day === undefined ? undefined : timeAt(`${day}T${time}Z`);
}

/** Lines of /proc/meminfo: `MemTotal:        4015496 kB`. */
export function parseMemory({ output }: RawProbe): Observation<Memory> {
  const sizes = new Map(
    linesOf(output.text).map((line) => {
      const [name = "", size, unit] = words(line, 3);
      return [name, unit === "kB" ? wholeNumber(size) : undefined] as const;
    }),
  );
  const [total, available] = [sizes.get("MemTotal:"), sizes.get("MemAvailable:")];
  if (total === undefined || total === 0 || available === undefined)
    return unseen("/proc/meminfo could not be understood");
  return seen({
    total,
    available,
    swapTotal: sizes.get("SwapTotal:") ?? 0,
    swapFree: sizes.get("SwapFree:") ?? 0,
  });
}

/** What `df -Pk` and `df -Pi` print: device, size, used, available, percentage, mount point. */
export function parseDisks({ parts }: RawProbe): Observation<FileSystem[]> {
  const table = (kind: string) => new Map(linesOf(bodiesOf(parts, kind).get("") ?? "").flatMap(diskOf));
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

/** A device and a mount point may have spaces in their names: the percentage between them is what is sure. */
function diskOf(line: string): [mount: string, numbers: { size: number; available: number }][] {
  const fields = [...line.matchAll(/\S+/g)];
  const at = fields.findIndex(
    ([word], index) =>
      index >= 4 && /^(?:\d{1,3}%|-)$/.test(word) && fields[index + 1]?.[0].startsWith("/") === true,
  );
  const [size, , available] = fields.slice(at - 3, at).map(([word]) => signed(word));
  const mount = fields[at + 1]?.index;
  if (at < 0 || size === undefined || size < 0 || available === undefined || mount === undefined) return [];
  return [[line.slice(mount), { size, available }]];
}

/** Less than nothing is available where root has used up its reserve. */
function signed(text: string): number | undefined {
  const number = wholeNumber(text.replace(/^-/, ""));
  return number !== undefined && text.startsWith("-") ? -number : number;
}
