/** What runs that were killed left on the host: removed by the next run that may write, whatever it finds. */

import { readFileSync } from "node:fs";
import * as v from "valibot";
import type { Host } from "../host.ts";
import { type StatePlace, stateProgram } from "../state.ts";

const REMOVE = readFileSync(new URL("./remove.sh", import.meta.url), "utf8");

/** Of the places with something left, so many are reported. */
const MOST = 20;

export interface Leftover {
  /** The first eight digits of the run's token; undefined: there was no lease. */
  readonly run: string | undefined;
  /** The last step that it began. */
  readonly step: string | undefined;
}

const NameSchema = (form: RegExp) =>
  v.pipe(
    v.string(),
    v.regex(form),
    v.transform((name) => (name === "none" ? undefined : name)),
  );

const LineSchema = v.pipe(
  v.string(),
  v.transform((line) => line.split(" ")),
  v.strictTuple([
    v.pipe(v.string(), v.regex(/^[\w-]{1,60}$/)),
    NameSchema(/^(?:none|[0-9a-f]{8})$/),
    NameSchema(/^[0-9a-z-]{1,100}$/),
  ]),
);

/**
 * Removes leases and run directories of dead runs, on the whole host. Needs the right to write there.
 *
 * @param place of any project on the host
 * @returns what was removed; a line that cannot be read is left out. Nothing where the user may not write there
 * @throws HostError when the host does not answer
 */
export async function removeLeftovers(
  host: Host,
  place: StatePlace,
  signal?: AbortSignal,
): Promise<readonly Leftover[]> {
  const { text } = await host.run(stateProgram(place, "remove leftovers", REMOVE, {}), signal);
  return text
    .split("\n")
    .slice(0, MOST)
    .flatMap((line) => {
      const parsed = v.safeParse(LineSchema, line);
      return parsed.success ? [{ run: parsed.output[1], step: parsed.output[2] }] : [];
    });
}
