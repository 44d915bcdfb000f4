/**
 * The record of recoveries on a host: what began there, when and why, shared by all who log in. On disk, so that a reboot
 * does not give a new budget; in memory where the disk is full.
 */

import { readFileSync } from "node:fs";
import * as v from "valibot";
import { HostError } from "../../errors.ts";
import type { Host } from "../host.ts";
import { type StatePlace, stateProgram } from "../state.ts";

const READ = readFileSync(new URL("./read.sh", import.meta.url), "utf8");
const SPEND = readFileSync(new URL("./spend.sh", import.meta.url), "utf8");

/** A recovery no longer counts after so many seconds. */
export const FORGET = 24 * 3_600;
/** Lines of a record: many more than a budget allows, for the runs that override it. */
const MOST_LINES = 40;

export interface Recovery {
  /** The first eight digits of the run's token; empty for a line that could not be read. */
  readonly run: string;
  /** `unknown` for a line that could not be read. */
  readonly cause: string;
  readonly remedy: string;
  /** Seconds since it began. */
  readonly age: number;
}

/** A number of seconds. */
const SecondsSchema = v.pipe(v.string(), v.regex(/^\d{1,12}$/), v.transform(Number));
const BootSchema = v.pipe(v.string(), v.regex(/^[0-9A-Fa-f-]{1,40}$/));
const WordSchema = v.pipe(v.string(), v.regex(/^[a-z0-9-]{1,60}$/));

const LineSchema = v.pipe(
  v.string(),
  v.transform((line) => line.split(" ")),
  v.strictTuple([
    SecondsSchema,
    SecondsSchema,
    BootSchema,
    v.pipe(v.string(), v.regex(/^[0-9a-f]{8}$/)),
    WordSchema,
    WordSchema,
  ]),
);

/**
 * The recoveries of the last 24 hours, newest first. Changes nothing on the host.
 *
 * @throws HostError when the answer cannot be understood
 */
export async function readRecoveries(
  host: Host,
  place: StatePlace,
  signal?: AbortSignal,
): Promise<readonly Recovery[]> {
  const { status, text, stderr } = await host.run(
    stateProgram(place, "read recoveries", READ, { MOST: String(MOST_LINES) }),
    signal,
  );
  const recoveries = status === 0 ? recoveriesIn(text) : undefined;
  if (recoveries === undefined)
    throw new HostError("nonsense", "The record of earlier recoveries could not be read", {
      detail: `${text}\n${stderr}`.trim(),
    });
  return recoveries;
}

/**
 * A clock that jumps neither gives more nor blocks for ever. Within one boot the age of a recovery is what the seconds
 * since boot say, which no clock moves. One of an earlier boot is at least as old as this boot: also where its time lies
 * in the future, so that it is forgotten when the host has been up for 24 hours. A line that cannot be read counts as a
 * recovery of the moment when the record was written.
 *
 * @param text what read.sh printed
 * @returns undefined when it is none of that
 */
export function recoveriesIn(text: string): readonly Recovery[] | undefined {
  const lines = text.split("\n");
  const [now, uptime, boot] = [
    v.safeParse(SecondsSchema, fieldOf(lines[0], "now")),
    v.safeParse(SecondsSchema, fieldOf(lines[1], "uptime")),
    v.safeParse(BootSchema, fieldOf(lines[2], "boot")),
  ];
  if (!now.success || !uptime.success || !boot.success) return undefined;
  const ofAnotherBoot = (at: number): number => Math.max(now.output - at, uptime.output);
  const found: Recovery[] = [];
  let unreadable = 0;
  for (const line of lines.slice(3, 3 + 2 * (MOST_LINES + 1))) {
    const changed = fieldOf(line, "changed");
    if (changed !== undefined) {
      const at = v.safeParse(SecondsSchema, changed);
      unreadable = at.success && at.output <= now.output ? now.output - at.output : uptime.output;
      continue;
    }
    const recorded = fieldOf(line, "line");
    if (recorded === undefined) continue;
    const parsed = v.safeParse(LineSchema, recorded);
    if (!parsed.success) {
      found.push({ run: "", cause: "unknown", remedy: "unknown", age: unreadable });
      continue;
    }
    const [at, since, itsBoot, run, cause, remedy] = parsed.output;
    const age = itsBoot === boot.output ? Math.max(0, uptime.output - since) : ofAnotherBoot(at);
    if (!found.some((each) => each.run === run)) found.push({ run, cause, remedy, age });
  }
  return found.filter(({ age }) => age < FORGET).sort((a, b) => a.age - b.age);
}

function fieldOf(line: string | undefined, name: string): string | undefined {
  return line?.startsWith(`${name}=`) ? line.slice(name.length + 1) : undefined;
}

/** Where a recovery was recorded, or that the lease is no longer ours. */
export type Spent = "disk" | "memory" | "nowhere" | "already" | "gone";

/**
 * Records that a recovery of this run begins; the same run is recorded once.
 *
 * @param owner this run's token
 * @throws HostError when whether it was recorded is not known
 */
export async function spendRecovery(
  host: Host,
  place: StatePlace,
  owner: string,
  { cause, remedy }: Pick<Recovery, "cause" | "remedy">,
  signal?: AbortSignal,
): Promise<Spent> {
  const { text, stderr } = await host.run(
    stateProgram(place, "record recovery", SPEND, {
      OWNER: owner,
      RUN: owner.slice(0, 8),
      CAUSE: cause,
      REMEDY: remedy,
      FORGET: String(FORGET),
      MOST: String(MOST_LINES),
    }),
    signal,
  );
  const answer = text.trim();
  switch (answer) {
    case "disk":
    case "memory":
    case "nowhere":
    case "already":
    case "gone":
      return answer;
    default:
      throw new HostError("nonsense", "The recovery could not be recorded", {
        detail: `${answer}\n${stderr}`.trim(),
      });
  }
}
