/** A dump as it comes over the connection, and how far it is. */

import type { Clock } from "../clock.ts";
import { HostError } from "../errors.ts";
import { DumpFile, type RoomIn } from "./dump-file.ts";
import { howFar } from "./words.ts";

/** Milliseconds between two lines of progress. */
const BETWEEN_TELLING = 4_000;

/** Tells how far it is, every few seconds. */
export class Progress {
  readonly #clock: Clock;
  readonly #tell: (text: string) => void;
  readonly #began: number;
  #told: number;

  constructor(clock: Clock, tell: (text: string) => void) {
    this.#clock = clock;
    this.#tell = tell;
    this.#began = clock.monotonic();
    this.#told = this.#began;
  }

  at(bytes: number, expected: number): void {
    const now = this.#clock.monotonic();
    if (now - this.#told < BETWEEN_TELLING) return;
    this.#told = now;
    this.#tell(howFar(bytes, expected, (now - this.#began) / 1000));
  }
}

/** A dump that comes over the connection: a line that tells how long it will be, about; then the dump. */
export class Arrival {
  file: DumpFile | undefined;
  readonly #path: string;
  readonly #room: RoomIn | undefined;
  readonly #progress: Progress;
  #expected = 0;
  #head = Buffer.alloc(0);

  constructor(path: string, room: RoomIn | undefined, clock: Clock, tell: (text: string) => void) {
    this.#path = path;
    this.#room = room;
    this.#progress = new Progress(clock, (said) => tell(`received ${said}`));
  }

  take(bytes: Buffer): Promise<void> | undefined {
    if (this.file === undefined) return this.#begin(bytes);
    this.#progress.at(this.file.bytes, this.#expected);
    return this.file.take(bytes);
  }

  async #begin(bytes: Buffer): Promise<void> {
    this.#head = Buffer.concat([this.#head, bytes]);
    const end = this.#head.indexOf("\n");
    if (end < 0 && this.#head.length < 32) return;
    const [, expected] = /^expected=(\d+)$/.exec(this.#head.toString("latin1", 0, Math.max(end, 0))) ?? [];
    if (expected === undefined)
      throw new HostError("nonsense", "What came is not what the droplet was to send");
    this.#expected = Number(expected);
    this.file = await DumpFile.create(this.#path, this.#expected, this.#room);
    const rest = this.#head.subarray(end + 1);
    this.#head = Buffer.alloc(0);
    if (rest.length > 0) await this.file.take(rest);
  }
}
