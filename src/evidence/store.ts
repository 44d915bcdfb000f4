/** Where the evidence goes: files below one folder of the runner, for this user only. */

import { join } from "node:path";
import { messageOf, RefusedError } from "../errors.ts";
import { makeFolders, writeOwn } from "../lib/own-file.ts";
import { isReserved } from "./file-name.ts";

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
      if (!SAFE_NAME.test(name) || name.split("/").some(isReserved))
        throw new TypeError(`not a name for a file of the evidence: ${JSON.stringify(name)}`);
      try {
        makeFolders(folder, name.split("/").slice(0, -1));
        writeOwn(join(folder, name), text);
      } catch (error) {
        throw new RefusedError(`The evidence could not be kept on the runner: ${messageOf(error)}`, {
          advice: "Make room on the runner, then run again.",
          cause: error,
        });
      }
    },
  };
}
