/**
 * The lease: one recovery at a time on one host and project, whoever logs in. Its holder proves that it lives by a
 * heartbeat; who finds it without one for longer than it lives, or after a reboot, may take it over.
 * Idea: the repository locks of restic, which refresh themselves and give up before others may take them.
 */

import { readFileSync } from "node:fs";
import * as v from "valibot";
import { HostError, RefusedError } from "../../errors.ts";
import { oneLine } from "../../lib/line.ts";
import type { Host } from "../host.ts";
import { type StatePlace, stateProgram } from "../state.ts";

const ACQUIRE = readFileSync(new URL("./acquire.sh", import.meta.url), "utf8");
const RENEW = readFileSync(new URL("./renew.sh", import.meta.url), "utf8");
const RELEASE = readFileSync(new URL("./release.sh", import.meta.url), "utf8");

/** Seconds without a heartbeat until somebody else may take the lease. */
export const LEASE_LIVES = 120;
/** Milliseconds between two heartbeats: three may be missed. */
const HEARTBEAT = 30_000;
/** Of the words that say who holds a lease; in characters. */
const LONGEST_WHO = 200;

/** The lease as somebody left it. */
export interface FoundLease {
  readonly owner: string;
  readonly who: string;
  readonly since: string;
  /** Seconds since its last heartbeat; undefined when it was taken over. */
  readonly ageSeconds: number | undefined;
  /** The last step begun under it, with the exit status it left, if any. */
  readonly step: string | undefined;
  readonly stepStatus: string | undefined;
}

export type Acquisition =
  | { readonly outcome: "acquired" }
  | { readonly outcome: "taken-over"; readonly reason: string; readonly from: FoundLease }
  | { readonly outcome: "held"; readonly by: FoundLease };

/**
 * Tries to take the lease, once.
 *
 * @param owner this run's token: unguessable, one line
 * @param who for people: who runs this, and where to look
 * @throws RefusedError when the state directory cannot be written, or sudo asks for a password
 */
export async function acquireLease(
  host: Host,
  place: StatePlace,
  owner: string,
  who: string,
): Promise<Acquisition> {
  const result = await host.run(
    stateProgram(place, "acquire lease", ACQUIRE, {
      OWNER: owner,
      WHO: oneLine(who, LONGEST_WHO),
      LIVES: String(LEASE_LIVES),
    }),
  );
  const text = result.text;
  const [first = "", ...rest] = text.split("\n");
  if (result.status === 77) {
    throw new RefusedError("We may not keep a lease on the host, so we may not act", {
      detail: result.stderr.trim(),
      advice: "Log in as root, or as a user whom `sudo -n` makes root (docs/hardening.md).",
    });
  }
  if (result.status !== 0) {
    throw new HostError("nonsense", "The lease could not be taken", {
      detail: `${text}\n${result.stderr}`.trim(),
    });
  }
  if (first === "acquired") return { outcome: "acquired" };
  if (first.startsWith("taken-over ")) {
    const reason = v.parse(ReasonSchema, first.slice("taken-over ".length));
    return { outcome: "taken-over", reason, from: foundLease(rest) };
  }
  if (first === "held") return { outcome: "held", by: foundLease(rest) };
  throw new HostError("nonsense", "The lease could not be read", { detail: text });
}

/**
 * Keeps the lease alive until the returned function is called.
 *
 * @param lost called once when the lease is no longer ours: nothing more may be changed
 */
export function keepLease(host: Host, place: StatePlace, owner: string, lost: () => void): () => void {
  // On a slow line several heartbeats may be under way.
  let told = false;
  const beat = async (): Promise<void> => {
    try {
      const result = await host.run(stateProgram(place, "renew lease", RENEW, { OWNER: owner }));
      if (result.text.trim() === "gone" && !told) {
        told = true;
        stop();
        lost();
      }
    } catch {
      // A missed heartbeat is what the lease's life is for; whether we may act is asked again before each step.
    }
  };
  const timer = setInterval(() => void beat(), HEARTBEAT);
  timer.unref();
  const stop = (): void => clearInterval(timer);
  return stop;
}

export type Release = "released" | "not-ours" | "step-runs";

/** Gives the lease back and removes the run's files, unless a step of ours still runs. */
export async function releaseLease(host: Host, place: StatePlace, owner: string): Promise<Release> {
  const result = await host.run(stateProgram(place, "release lease", RELEASE, { OWNER: owner }));
  const answer = result.text.trim();
  if (answer === "released" || answer === "not-ours" || answer === "step-runs") return answer;
  throw new HostError("nonsense", "The lease could not be given back", {
    detail: `${answer}\n${result.stderr}`.trim(),
  });
}

/** What acquire.sh gives as a reason. */
const ReasonSchema = v.fallback(
  v.pipe(v.string(), v.regex(/^(?:the host was rebooted since|no heartbeat for \d{1,9} s)$/)),
  "for a reason that cannot be read",
);

/**
 * Another version of the action, or somebody else with root, may have written the lease: each field is taken only in
 * the one form that it has.
 */
const FoundSchema = v.object({
  owner: v.fallback(v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/)), ""),
  who: v.fallback(
    v.pipe(v.string(), v.regex(/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]{1,200}$/u)),
    "somebody who left no name",
  ),
  since: v.fallback(v.pipe(v.string(), v.isoTimestamp()), "an unknown time"),
  age: v.fallback(v.optional(v.pipe(v.string(), v.regex(/^\d{1,9}$/), v.transform(Number))), undefined),
  step: v.fallback(v.optional(v.pipe(v.string(), v.regex(/^[0-9a-z][0-9a-z-]{0,99}$/))), undefined),
  step_status: v.fallback(v.optional(v.pipe(v.string(), v.regex(/^(?:\d{1,3}|none)$/))), undefined),
});

function foundLease(lines: readonly string[]): FoundLease {
  const field = (name: string): string | undefined =>
    lines.find((line) => line.startsWith(`${name}=`))?.slice(name.length + 1) || undefined;
  const names = Object.keys(FoundSchema.entries);
  const { age, step_status, ...rest } = v.parse(
    FoundSchema,
    Object.fromEntries(names.map((name) => [name, field(name)])),
  );
  return { ...rest, step: rest.step, ageSeconds: age, stepStatus: step_status };
}
