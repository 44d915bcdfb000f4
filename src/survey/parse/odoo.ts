/** Reads what in-odoo.py printed in Odoo's own container. */

import { bodiesOf, linesOf, type Part, plainText } from "../raw.ts";
import {
  type FileSystem,
  type Filestore,
  type Observation,
  type RunningOdoo,
  type StoredFile,
  seen,
  unseen,
} from "../survey.ts";

/** By id of the container; a container that did not tell is left out. */
export function parseRunning(parts: readonly Part[]): Map<string, RunningOdoo> {
  return new Map(
    [...bodiesOf(parts, "odoo")].flatMap(([id, body]): [string, RunningOdoo][] => {
      const after = readerOf(body);
      const [user] = after("user");
      if (user === undefined) return [];
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
  const rows = (name: string, database: string): string[][] =>
    after(name)
      .map((line) => line.split("\t"))
      .filter(([first]) => first === database)
      .map(([, ...fields]) => fields);
  return seen(
    after("filestore").map((line): Filestore => {
      const [database = "", path = "", exists, readable, writable, owner = ""] = line.split("\t");
      const [looked, missing, unreadable] = (rows("others", database)[0] ?? []).map(Number);
      return {
        database,
        path,
        exists: exists === "True",
        readable: readable === "True",
        writable: writable === "True",
        owner,
        disk: diskOf(rows("disk", database)[0] ?? []),
        readOnly: rows("disk", database)[0]?.at(-1) === "ro",
        bundles: rows("file", database).flatMap(([storedAs = "", state = "", bytes = ""]): StoredFile[] =>
          isState(state) ? [{ storedAs, state, bytes: bytes === "" ? undefined : Number(bytes) }] : [],
        ),
        others: { looked: looked ?? 0, missing: missing ?? 0, unreadable: unreadable ?? 0 },
      };
    }),
  );
}

/** Without inodes where there is no fixed number of them, as `df` has it. */
function diskOf([mount, ...numbers]: readonly string[]): FileSystem | undefined {
  const [size, available, inodes, inodesFree] = numbers.map(Number);
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
  const lines = linesOf(plainText(body));
  return (name) => {
    const start = name.endsWith(" ") ? name : `${name}=`;
    return lines.filter((line) => line.startsWith(start)).map((line) => line.slice(start.length));
  };
}

function split(text: string, by: string): [string, string] {
  const at = text.indexOf(by);
  return [text.slice(0, at), text.slice(at + by.length)];
}
