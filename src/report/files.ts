/** Which files of the report directory leave the runner: what a name or a link leads to elsewhere stays here. */

import { lstatSync, readdirSync, realpathSync } from "node:fs";
import { join, sep } from "node:path";

export interface FilesFound {
  /** Safe paths below the root, in order: regular files that really lie there. */
  readonly files: readonly string[];
  /** What else was there. */
  readonly leftOut: readonly string[];
}

/** What every file system, GitHub's artifacts and tar take as a part of a path. */
const SEGMENT = /^[A-Za-z0-9_.@+=,%~ -]{1,100}$/;
const LONGEST_PATH = 250;

/** Whether a path is one that stays below where it is unpacked, and reads the same everywhere. */
export function isSafePath(path: string): boolean {
  return (
    path.length <= LONGEST_PATH &&
    path
      .split("/")
      .every(
        (segment) => SEGMENT.test(segment) && segment !== "." && segment !== ".." && segment.trim() !== "",
      )
  );
}

/**
 * @param root the report directory
 * @param names files and folders below it; of a folder, all that is in it. Those that do not exist are none
 */
export function filesBelow(root: string, names: readonly string[]): FilesFound {
  const files: string[] = [];
  const leftOut: string[] = [];
  const top = `${realpathSync(root)}${sep}`;
  const visit = (name: string): void => {
    const path = join(root, name);
    const found = lstatSync(path, { throwIfNoEntry: false });
    if (found === undefined) return;
    // A symbolic link is neither a file nor a folder here, wherever it leads.
    if (!isSafePath(name) || !(found.isFile() || found.isDirectory()) || !realpathSync(path).startsWith(top))
      leftOut.push(name);
    else if (found.isFile()) files.push(name);
    else for (const each of readdirSync(path).sort()) visit(`${name}/${each}`);
  };
  for (const name of names) visit(name);
  return { files, leftOut };
}
