/** A dump as it comes home: a file on the runner that is only half a backup until it has been read back. */

import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { type FileHandle, mkdir, open, rename, rm, statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { RefusedError } from "../errors.ts";
import { inBytes } from "./words.ts";

/** Of the runner's disk a tenth, and at least 2 GiB, stay free: what fails for want of room there is not only ours. */
const LEAST_RESERVE = 2 * 1024 ** 3;
/** Bytes that are gathered before they are written; all that is held in memory. */
const GATHERED = 1024 ** 2;
/** Bytes between two looks at the disk. */
const BETWEEN_LOOKS = 64 * 1024 ** 2;

/** Bytes that may still be written below the directory. */
export type RoomIn = (directory: string) => Promise<number>;

export async function roomIn(directory: string): Promise<number> {
  const { blocks, bavail, bsize } = await statfs(directory);
  return bavail * bsize - Math.max((blocks * bsize) / 10, LEAST_RESERVE);
}

export class DumpFile {
  readonly #path: string;
  readonly #handle: FileHandle;
  readonly #room: RoomIn;
  #gathered: Buffer[] = [];
  #gatheredBytes = 0;
  #lookedAt = 0;
  #written = 0;

  private constructor(path: string, handle: FileHandle, room: RoomIn) {
    this.#path = path;
    this.#handle = handle;
    this.#room = room;
  }

  /**
   * @param path what it is called when it is a backup; until then it ends with `.partial`
   * @param expected bytes, about
   * @throws RefusedError when the disk has no room for so many
   */
  static async create(path: string, expected: number, room: RoomIn = roomIn): Promise<DumpFile> {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const left = await room(dirname(path));
    if (left < expected)
      throw new RefusedError("There is not enough room on the runner for the backup", {
        detail: `about ${inBytes(expected)} are expected, and ${left > 0 ? inBytes(left) : "none"} may be used in ${dirname(path)}: a tenth of the disk, and at least 2 GiB, stay free`,
        advice: "Use a runner with a larger disk, or keep the backup on the droplet: `backup_to: droplet`.",
      });
    return new DumpFile(path, await open(`${path}.partial`, "wx", 0o600), room);
  }

  /** Bytes taken so far. */
  get bytes(): number {
    return this.#written + this.#gatheredBytes;
  }

  /** Bytes that are in the file. */
  get written(): number {
    return this.#written;
  }

  /** Takes the next bytes. @returns what to wait for before there are more; undefined when nothing */
  take(bytes: Buffer): Promise<void> | undefined {
    this.#gathered.push(bytes);
    this.#gatheredBytes += bytes.length;
    return this.#gatheredBytes >= GATHERED ? this.flush() : undefined;
  }

  async flush(): Promise<void> {
    const gathered = this.#gathered;
    this.#gathered = [];
    const bytes = this.#gatheredBytes;
    this.#gatheredBytes = 0;
    for (let rest = Buffer.concat(gathered, bytes); rest.length > 0; ) {
      const { bytesWritten } = await this.#handle.write(rest, 0, rest.length, this.#written);
      this.#written += bytesWritten;
      rest = rest.subarray(bytesWritten);
    }
    if (this.#written - this.#lookedAt < BETWEEN_LOOKS) return;
    this.#lookedAt = this.#written;
    if ((await this.#room(dirname(this.#path))) < 0)
      throw new RefusedError("The backup was ended: it came to the reserve of the runner's disk", {
        detail: `${inBytes(this.#written)} were written to ${dirname(this.#path)}; a tenth of the disk, and at least 2 GiB, stay free`,
        advice: "Use a runner with a larger disk, or keep the backup on the droplet: `backup_to: droplet`.",
      });
  }

  /** Puts all of it onto the disk, and reads it back from there. @returns its SHA-256 */
  async readBack(): Promise<string> {
    await this.flush();
    await this.#handle.sync();
    const hash = createHash("sha256");
    for await (const chunk of createReadStream(`${this.#path}.partial`, { highWaterMark: GATHERED })) {
      hash.update(chunk);
    }
    return hash.digest("hex");
  }

  /** From now on it is a backup. */
  async keep(): Promise<string> {
    await this.#handle.close();
    await rename(`${this.#path}.partial`, this.#path);
    const folder = await open(dirname(this.#path));
    await folder.sync().finally(() => folder.close());
    return this.#path;
  }

  /** Removes what is half. Never throws. */
  async discard(): Promise<void> {
    await this.#handle.close().catch(() => {});
    await rm(`${this.#path}.partial`, { force: true }).catch(() => {});
  }
}
