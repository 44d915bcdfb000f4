/** A dump as it comes home: a file on the runner that is only half a backup until it has been read back. */

import { createHash } from "node:crypto";
import { type FileHandle, mkdir, open, rename, rm, statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { RefusedError } from "../errors.ts";
import { giveBackMemory } from "./garbage.ts";
import { inBytes } from "./words.ts";

/** Of the runner's disk a tenth, and at least 2 GiB, stay free: what fails for want of room there is not only ours. */
const LEAST_RESERVE = 2 * 1024 ** 3;
/** Bytes that are gathered before they are written; all that is held in memory. */
const GATHERED = 1024 ** 2;
/** Bytes between two looks at the disk. */
const BETWEEN_LOOKS = 16 * 1024 ** 2;

/** Bytes between two collections of garbage. */
const BETWEEN_COLLECTIONS = 4 * 1024 ** 2;

/** Bytes that may still be written below the directory. */
export type RoomIn = (directory: string) => Promise<number>;

export async function roomIn(directory: string): Promise<number> {
  const { blocks, bavail, bsize } = await statfs(directory);
  return bavail * bsize - Math.max((blocks * bsize) / 10, LEAST_RESERVE);
}

/** @throws RefusedError when so many bytes, about, have no room there */
export async function requireRoom(directory: string, expected: number, room: RoomIn = roomIn): Promise<void> {
  const left = await room(directory);
  if (left < expected)
    throw new RefusedError("There is not enough room on the runner for the backup", {
      detail: `about ${inBytes(expected)} are expected, and ${left > 0 ? inBytes(left) : "none"} may be used in ${directory}: a tenth of the disk, and at least 2 GiB, stay free`,
      advice: "Use a runner with a larger disk, or keep the backup on the droplet: `backup_to: droplet`.",
    });
}

export class DumpFile {
  readonly #path: string;
  readonly #handle: FileHandle;
  readonly #room: RoomIn;
  /** Copied into one buffer, which is used again and again: what is not held on to needs no room for long. */
  readonly #gathered = Buffer.alloc(GATHERED);
  #gatheredBytes = 0;
  #busy: Promise<void> | undefined;
  #lookedAt = 0;
  #collectedAt = 0;
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
    await requireRoom(dirname(path), expected, room);
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
    const taken = bytes.copy(this.#gathered, this.#gatheredBytes);
    this.#gatheredBytes += taken;
    if (this.#gatheredBytes < GATHERED) return undefined;
    this.#busy = this.#makeRoomFor(bytes.subarray(taken));
    return this.#busy;
  }

  /** When whoever gave it bytes went away: what was being written is written. */
  async idle(): Promise<void> {
    // What went wrong with it was told to who waited for it.
    await this.#busy?.catch(() => {});
  }

  async #makeRoomFor(rest: Buffer): Promise<void> {
    await this.flush();
    await this.take(rest);
  }

  async flush(): Promise<void> {
    for (let from = 0; from < this.#gatheredBytes; ) {
      const { bytesWritten } = await this.#handle.write(
        this.#gathered,
        from,
        this.#gatheredBytes - from,
        this.#written,
      );
      from += bytesWritten;
      this.#written += bytesWritten;
    }
    this.#gatheredBytes = 0;
    if (this.#written - this.#collectedAt >= BETWEEN_COLLECTIONS) {
      this.#collectedAt = this.#written;
      giveBackMemory();
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
    const file = await open(`${this.#path}.partial`);
    try {
      for (;;) {
        const { bytesRead } = await file.read(this.#gathered, 0, GATHERED);
        if (bytesRead === 0) return hash.digest("hex");
        hash.update(this.#gathered.subarray(0, bytesRead));
      }
    } finally {
      await file.close();
    }
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
