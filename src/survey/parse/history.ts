/** Reads what the probe of what changed lately printed. */

import { bodiesOf, linesOf, type Part, plainText } from "../raw.ts";
import type { History } from "../survey.ts";

/** @param zoneMinutes the host's time zone: dpkg writes its times without one */
export function parseHistory(parts: readonly Part[], zoneMinutes: number): History {
  const rows = (kind: string): string[] => linesOf(plainText(bodiesOf(parts, kind).get("") ?? ""));
  return {
    files: rows("files").flatMap((row) => {
      const [, at, file] = /^(\d+)\t(.+)$/.exec(row) ?? [];
      return file === undefined ? [] : [{ at: Number(at) * 1000, file }];
    }),
    git: rows("git").flatMap((row) => {
      const [at, directory = "", commit, subject = ""] = row.split("\t");
      return commit === undefined
        ? []
        : [{ at: Number(at) * 1000, directory, commit: `${commit} ${subject}`.trim() }];
    }),
    packages: rows("packages").flatMap((row) => {
      const [, day, time, verb, name, from, to] =
        /^(\S+) (\S+) (\w+) (\S+?)(?::\w+)? (\S+) (\S+)$/.exec(row) ?? [];
      const at = Date.parse(`${day}T${time}Z`) - zoneMinutes * 60_000;
      return Number.isNaN(at) || name === undefined
        ? []
        : [
            {
              at,
              what: verb === "install" ? `${name} ${to} installed` : `${name} ${from} upgraded to ${to}`,
            },
          ];
    }),
    kills: rows("kernel").flatMap((row) => {
      const [, at, what] = /^(\d+)(?:\.\d+)? \S+ kernel: (.*)$/.exec(row) ?? [];
      return what === undefined ? [] : [{ at: Number(at) * 1000, what }];
    }),
  };
}
