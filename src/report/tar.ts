/** Files as one tar (POSIX ustar), so that one file can be encrypted: `age -d … | tar -xz`. */

import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { isSafePath } from "./files.ts";

const BLOCK = 512;

/**
 * @param names safe paths below `root` (`isSafePath`) of regular files
 * @returns the archive, piece by piece
 * @throws Error for another path, and for what is no regular file by now: no link is followed
 */
export async function* tarOf(root: string, names: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const name of names) {
    if (!isSafePath(name)) throw new Error("a file for the archive has a path that is not safe");
    await using file = await open(join(root, name), constants.O_RDONLY | constants.O_NOFOLLOW);
    const about = await file.stat();
    if (!about.isFile()) throw new Error(`${name} is no regular file`);
    const { size, mtimeMs } = about;
    yield headerOf(name, size, Math.floor(mtimeMs / 1000));
    let left = size;
    if (size > 0)
      for await (const chunk of file.createReadStream({ end: size - 1, autoClose: false })) {
        left -= (chunk as Buffer).length;
        yield chunk as Buffer;
      }
    // A file that became shorter meanwhile: its header has promised as much.
    yield Buffer.alloc(left + ((BLOCK - (size % BLOCK)) % BLOCK));
  }
  yield Buffer.alloc(2 * BLOCK);
}

function headerOf(name: string, size: number, seconds: number): Buffer {
  const header = Buffer.alloc(BLOCK);
  const [folder, file] = split(name);
  const octal = (value: number, digits: number): string => value.toString(8).padStart(digits, "0");
  header.write(file, 0, 100);
  header.write(`${octal(0o600, 7)}\0`, 100);
  header.write(`${octal(0, 7)}\0`, 108);
  header.write(`${octal(0, 7)}\0`, 116);
  header.write(`${octal(size, 11)}\0`, 124);
  header.write(`${octal(seconds, 11)}\0`, 136);
  header.write("        0", 148);
  header.write("ustar\u000000", 257);
  header.write(folder, 345, 155);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${octal(sum, 6)}\0 `, 148);
  return header;
}

/** A long path is written in two parts. */
function split(name: string): [folder: string, file: string] {
  if (Buffer.byteLength(name) <= 100) return ["", name];
  const at = name.lastIndexOf("/", 155);
  const [folder, file] = [name.slice(0, Math.max(0, at)), name.slice(at + 1)];
  if (at < 1 || Buffer.byteLength(file) > 100 || Buffer.byteLength(folder) > 155)
    throw new Error(`the path is too long for an archive: ${name}`);
  return [folder, file];
}
