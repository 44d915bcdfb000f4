/** Reads what the probe of what changed lately printed. */

import { bodiesOf, linesOf, type Part } from "../raw.ts";
import type { History } from "../survey.ts";
import { plausible, secondsAt, timeAt } from "../values.ts";

/** @param zoneMinutes the host's time zone: dpkg writes its times without one */
export function parseHistory(parts: readonly Part[], zoneMinutes: number): History {
  const rows = (kind: string): string[] => linesOf(bodiesOf(parts, kind).get("") ?? "");
  return {
    files: rows("files").flatMap((row) => {
      const [seconds, file] = row.split("\t");
      const at = secondsAt(seconds);
      return at === undefined || file === undefined || file === "" ? [] : [{ at, file }];
    }),
    git: rows("git").flatMap((row) => {
      const [seconds, directory = "", commit, subject = ""] = row.split("\t");
      const at = secondsAt(seconds);
      return at === undefined || commit === undefined
        ? []
        : [{ at, directory, commit: `${commit} ${subject}`.trim() }];
    }),
    packages: rows("packages").flatMap((row) => {
      const [, day, time, verb, name, from, to] =
        /^(\S+) (\S+) (\w+) (\S+?)(?::\w+)? (\S+) (\S+)$/.exec(row) ?? [];
      const at = plausible((timeAt(`${day}T${time}Z`) ?? Number.NaN) - zoneMinutes * 60_000);
      return at === undefined || name === undefined
        ? []
        : [
            {
              at,
              what: verb === "install" ? `${name} ${to} installed` : `${name} ${from} upgraded to ${to}`,
            },
          ];
    }),
    kills: rows("kernel").flatMap((row) => {
      const [, seconds, what] = /^(\d+)(?:\.\d+)? \S+ kernel: (.*)$/.exec(row) ?? [];
      const at = secondsAt(seconds);
      return at === undefined || what === undefined ? [] : [{ at, what }];
    }),
    gaveUp: rows("gave-up").flatMap((row) => {
      const [key = "", line = ""] = row.split("\t");
      const [, time = "", step = "", why = ""] = /^(\S{1,40}) ([0-9a-z-]{1,100}): (.*)$/.exec(line) ?? [];
      const at = timeAt(time);
      return at === undefined || !/^[\w-]{1,60}$/.test(key) ? [] : [{ at, step, why, key }];
    }),
  };
}
