/** The faults in `faults/`: each a bash file whose header states, to be read by machines, what it causes. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** What a diagnosis may find. Every fault expects one of these. */
export const causes = [
  "healthy",
  "in-progress",
  "nginx-down",
  "nginx-config-invalid",
  "nginx-elsewhere",
  "odoo-absent",
  "odoo-stopped",
  "stack-down",
  "odoo-crash-loop",
  "odoo-unhealthy",
  "odoo-frozen",
  "odoo-not-listening",
  "odoo-out-of-memory",
  "intermittent",
  "port-mapping-missing",
  "database-down",
  "database-starting",
  "database-unreachable",
  "database-locked",
  "docker-down",
  "filestore-unreadable",
  "filestore-missing",
  "assets-missing",
  "assets-corrupt",
  "assets-poisoned",
  "assets-stale",
  "assets-proxy",
  "assets-broken",
  "redirect-loop",
  "disk-full",
  "inodes-full",
  "public-unreachable",
  "host-unreachable",
  "ambiguous-target",
  "other-topology",
  "unknown",
] as const;
export type Cause = (typeof causes)[number];

export interface Fault {
  readonly name: string;
  /** The header's prose. */
  readonly description: string;
  readonly expectedCause: Cause;
  /** Observation -> the values it may have, as `observe` words them. */
  readonly symptom: ReadonlyMap<string, readonly string[]>;
  /** A fixed string that Odoo's log shows since the fault, where that is part of the symptom. */
  readonly odooLog: string | undefined;
  /** How soon the symptom shows, at the latest. */
  readonly withinSeconds: number;
  /** Bash with the functions `break_it` and `undo_it`. */
  readonly program: string;
}

const folder = join(import.meta.dirname, "faults");

/** All faults, by name. */
export function allFaults(): Fault[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith(".sh"))
    .sort()
    .map((file) => parseFault(file.slice(0, -3), readFileSync(join(folder, file), "utf8")));
}

/** @throws Error that lists the names there are */
export function faultNamed(name: string): Fault {
  const faults = allFaults();
  const fault = faults.find((candidate) => candidate.name === name);
  if (!fault)
    throw new Error(`no fault is called ${name}; there are: ${faults.map((each) => each.name).join(", ")}`);
  return fault;
}

/** @throws Error when the header lacks what it must state */
export function parseFault(name: string, program: string): Fault {
  const fields = new Map<string, string>();
  const prose: string[] = [];
  for (const line of program.split("\n").slice(1)) {
    if (!line.startsWith("# ")) break;
    const field = /^# (expected-cause|symptom|odoo-log|within): (.+)$/.exec(line);
    if (field?.[1] && field[2]) fields.set(field[1], field[2]);
    else prose.push(line.slice(2));
  }
  const cause = causes.find((each) => each === fields.get("expected-cause"));
  const symptom = new Map<string, readonly string[]>();
  for (const pair of fields.get("symptom")?.split(" ") ?? []) {
    const [key, values] = pair.split("=");
    if (key && values) symptom.set(key, values.split("|"));
  }
  if (!cause || symptom.size === 0 || prose.length === 0) {
    throw new Error(
      `faults/${name}.sh: its header must state what it is, a known expected-cause and a symptom`,
    );
  }
  return {
    name,
    description: prose.join(" "),
    expectedCause: cause,
    symptom,
    odooLog: fields.get("odoo-log"),
    withinSeconds: Number(fields.get("within") ?? 30),
    program,
  };
}

/** What of a fault's symptom an observation does not show; empty when it shows all of it. `2+` means two or more. */
export function missingFrom(observation: ReadonlyMap<string, string>, symptom: Fault["symptom"]): string[] {
  return [...symptom]
    .filter(([key, values]) => !values.some((wanted) => matches(observation.get(key), wanted)))
    .map(([key, values]) => `${key}=${observation.get(key) ?? "?"} (not ${values.join("|")})`);
}

function matches(seen: string | undefined, wanted: string): boolean {
  const atLeast = /^(\d+)\+$/.exec(wanted);
  return atLeast ? Number(seen) >= Number(atLeast[1]) : seen === wanted;
}
