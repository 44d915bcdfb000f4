/** Where the evidence goes: files below one folder of the runner, for this user only. */

import { lstatSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { messageOf, RefusedError } from "../errors.ts";

export interface EvidenceStore {
  /**
   * Writes one file, readable by this user only.
   *
   * @param name `before/ps.txt`: segments of letters, digits, `_`, `-` and `.`, none of which begins with a dot
   * @throws RefusedError when it cannot be kept: before a change this ends the run, for what that would destroy is not
   *   kept anywhere
   */
  write(name: string, text: string): void;
}

/** A file's name that means the same everywhere: no `..`, nothing absolute, nothing hidden, nothing that a shell reads. */
const SAFE_NAME = /^(?:[A-Za-z0-9_][A-Za-z0-9_.-]{0,199}\/){0,3}[A-Za-z0-9_][A-Za-z0-9_.-]{0,199}$/;

/** @param folder made where it is missing */
export function evidenceIn(folder: string): EvidenceStore {
  return {
    write: (name, text) => {
      // All names are made by us; one that is not safe is a mistake of ours, and must not become a path.
      if (!SAFE_NAME.test(name))
        throw new TypeError(`not a name for a file of the evidence: ${JSON.stringify(name)}`);
      try {
        makeFolders(folder, name.split("/").slice(0, -1));
        const path = join(folder, name);
        // Written anew where it is there already, and never through a link that somebody put in its place.
        rmSync(path, { force: true });
        writeFileSync(path, text, { mode: 0o600, flag: "wx" });
      } catch (error) {
        throw new RefusedError(`The evidence could not be kept on the runner: ${messageOf(error)}`, {
          advice: "Make room on the runner, then run again.",
          cause: error,
        });
      }
    },
  };
}

/** @throws Error where a link, or a file, stands in the place of a folder */
function makeFolders(root: string, below: readonly string[]): void {
  let path = root;
  for (const segment of ["", ...below]) {
    path = join(path, segment);
    mkdirSync(path, { recursive: true, mode: 0o700 });
    if (!lstatSync(path).isDirectory()) throw new Error(`${path} is not a folder`);
  }
}
