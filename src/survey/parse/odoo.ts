/** Reads what in-odoo.py printed in Odoo's own container. */

import { bodiesOf, linesOf, type Part } from "../raw.ts";
import {
  type FileSystem,
  type Filestore,
  type Observation,
  type RunningOdoo,
  type StoredFile,
  seen,
  unseen,
} from "../survey.ts";
import { wholeNumber } from "../values.ts";

/** in-odoo.py looks at each database that holds an Odoo; in-database.sh names 20. */
const MOST_DATABASES = 50;

/** By id of the container; a container that did not tell is left out. */
export function parseRunning(parts: readonly Part[]): Map<string, RunningOdoo> {
  return new Map(
    [...bodiesOf(parts, "odoo")].flatMap(([id, body]): [string, RunningOdoo][] => {
      const after = readerOf(body);
      const [user] = after("user");
      if (user === undefined || !/^(?:\d+:\d+)?$/.test(user)) return [];
      return [
        [
          id,
          {
            user,
            options: new Map(after("option ").map((line) => split(line, "="))),
            configFile: after("config")[0] ?? "",
            dataDirectory: after("data")[0] ?? "",
          },
        ],
      ];
    }),
  );
}

export function parseFilestores(parts: readonly Part[]): Map<string, Observation<readonly Filestore[]>> {
  return new Map([...bodiesOf(parts, "odoo")].map(([id, body]) => [id, parseFilestoresOf(body)]));
}

function parseFilestoresOf(body: string): Observation<readonly Filestore[]> {
  const after = readerOf(body);
  const [error] = after("error");
  if (error !== undefined) return unseen(error);
  const rows = (name: string): ((database: string) => string[][]) => {
    const fields = after(name).map((line) => line.split("\t"));
    const byDatabase = Map.groupBy(fields, ([first = ""]) => first);
    return (database) => (byDatabase.get(database) ?? []).map(([, ...rest]) => rest);
  };
  const [disks, files, others] = [rows("disk"), rows("file"), rows("others")];
  return seen(
    after("filestore")
      .slice(0, MOST_DATABASES)
      .map((line): Filestore => {
        const [database = "", path = "", exists, readable, writable, owner = ""] = line.split("\t");
        const [looked, missing, unreadable] = (others(database)[0] ?? []).map((field) => wholeNumber(field));
        return {
          database,
          path,
          exists: exists === "True",
          readable: readable === "True",
          writable: writable === "True",
          owner,
          disk: diskOf(disks(database)[0] ?? []),
          readOnly: disks(database)[0]?.at(-1) === "ro",
          bundles: files(database).flatMap(([storedAs = "", state = "", bytes = ""]): StoredFile[] =>
            isState(state) ? [{ storedAs, state, bytes: wholeNumber(bytes) }] : [],
          ),
          others: { looked: looked ?? 0, missing: missing ?? 0, unreadable: unreadable ?? 0 },
        };
      }),
  );
}

/** Without inodes where there is no fixed number of them, as `df` has it. */
function diskOf([mount, ...numbers]: readonly string[]): FileSystem | undefined {
  const [size, available, inodes, inodesFree] = numbers.map((field) => wholeNumber(field));
  if (mount === undefined || size === undefined || available === undefined) return undefined;
  return inodes === 0
    ? { mount, size, available, inodes: undefined, inodesFree: undefined }
    : { mount, size, available, inodes, inodesFree };
}

function isState(text: string): text is StoredFile["state"] {
  return ["good", "missing", "unreadable", "corrupt"].includes(text);
}

/** @returns what gives the values of all lines `NAME=VALUE`, or `NAME…` where the name ends with a space */
function readerOf(body: string): (name: string) => string[] {
  const lines = linesOf(body);
  return (name) => {
    const start = name.endsWith(" ") ? name : `${name}=`;
    return lines.filter((line) => line.startsWith(start)).map((line) => line.slice(start.length));
  };
}

function split(text: string, by: string): [string, string] {
  const at = text.indexOf(by);
  return [text.slice(0, at), text.slice(at + by.length)];
}
