/**
 * Files of the action in a folder that other processes of the same job can write to: one of them may put a link, or a
 * second name of another file, where the action writes next. Nothing is ever written through it.
 */

import {
  appendFileSync,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";

/** For this user only. */
const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;

/**
 * Makes the folders of a path that are missing.
 *
 * @param root made where it is missing, with all above it
 * @param below the folders inside it, from the outside in
 * @throws Error where a link, or a file, stands in the place of one of them
 */
export function makeFolders(root: string, below: readonly string[] = []): void {
  let path = root;
  for (const segment of ["", ...below]) {
    path = join(path, segment);
    mkdirSync(path, { recursive: true, mode: FOLDER_MODE });
    requireFolder(path);
  }
}

/**
 * Writes a file that is new, or instead of what has its name.
 *
 * @throws Error when it cannot be written, or when its folder is none
 */
export function writeOwn(path: string, text: string): void {
  requireFolder(dirname(path));
  rmSync(path, { force: true });
  // Exclusive: whatever takes the name in the meantime is not opened.
  writeFileSync(path, text, { mode: FILE_MODE, flag: "wx" });
}

/**
 * Adds to the end of a file, which is made where it is missing.
 *
 * @returns false where something else had its name: that is removed, and the file begins with this text
 * @throws Error when it cannot be written, or when its folder is none
 */
export function appendOwn(path: string, text: string): boolean {
  requireFolder(dirname(path));
  const file = openOwn(path, constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT);
  if (file === undefined) {
    writeOwn(path, text);
    return false;
  }
  try {
    appendFileSync(file, text);
  } finally {
    closeSync(file);
  }
  return true;
}

/** @throws Error when it cannot be read, or is no file of the action's own */
export function readOwn(path: string): string {
  const file = openOwn(path, constants.O_RDONLY);
  if (file === undefined) throw new Error(`${path} is no regular file, or has another name as well`);
  try {
    return readFileSync(file, "utf8");
  } finally {
    closeSync(file);
  }
}

/** @returns a descriptor; undefined where the name belongs to a link, to what is no regular file, or to one with more names */
function openOwn(path: string, flags: number): number | undefined {
  let file: number;
  try {
    // O_NONBLOCK: a pipe would otherwise be waited for.
    file = openSync(path, flags | constants.O_NOFOLLOW | constants.O_NONBLOCK, FILE_MODE);
  } catch (error) {
    // What open(2) says of a link, and of a pipe or a socket that nobody reads.
    if (["ELOOP", "ENXIO"].includes((error as NodeJS.ErrnoException).code ?? "")) return undefined;
    throw error;
  }
  const about = fstatSync(file);
  if (about.isFile() && about.nlink === 1) return file;
  closeSync(file);
  return undefined;
}

function requireFolder(path: string): void {
  if (!lstatSync(path).isDirectory()) throw new Error(`${path} is not a folder`);
}
