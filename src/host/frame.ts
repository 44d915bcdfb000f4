/** Finds a program's output in whatever else the login shell printed around it. */

import { decoded, lineOf, textOf } from "./text.ts";

/** What came back between the markers. */
export interface Framed {
  /** The program's stdout, at most the allowed bytes of it. */
  readonly output: Buffer;
  readonly truncated: boolean;
  /** The program's exit status; undefined while its end has not been seen. */
  readonly status: number | undefined;
  /** Whether the program began at all. */
  readonly begun: boolean;
  /** What was printed before it began (at most 4 kB), cleaned: a banner, or the reason why there is no shell. */
  readonly noise: string;
}

const NOISE_KEPT = 4096;
const MAX_STATUS_DIGITS = 3;

/** Where output goes that is not kept. While a promise that it answered with is open, no more is handed over. */
export type Sink = (bytes: Buffer) => void | Promise<void>;

/**
 * Reads a stream of stdout chunks and keeps what stands between the markers of one nonce, or hands it on to a sink.
 * Memory is bounded by `maxOutputBytes`, whatever the host prints.
 */
export class FrameReader {
  readonly #begin: Buffer;
  readonly #end: Buffer;
  readonly #maxOutputBytes: number;
  readonly #sink: Sink | undefined;
  #taken: Promise<void> | undefined;
  #noise: Buffer = Buffer.alloc(0);
  #pending: Buffer = Buffer.alloc(0);
  #kept: Buffer[] = [];
  #keptBytes = 0;
  #truncated = false;
  #begun = false;
  #status: number | undefined;

  constructor(nonce: string, maxOutputBytes: number, sink?: Sink) {
    this.#sink = sink;
    this.#begin = Buffer.from(`\n${nonce} begin\n`);
    this.#end = Buffer.from(`\n${nonce} end `);
    this.#maxOutputBytes = maxOutputBytes;
  }

  /** @returns what to wait for before the next chunk, where the sink wants that */
  push(chunk: Buffer): void | Promise<void> {
    if (this.#status !== undefined) return;
    if (this.#noEndBegins(chunk)) {
      this.#keep(this.#pending);
      this.#pending = chunk;
    } else {
      this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    }
    if (!this.#begun) this.#seekBegin();
    if (this.#begun) this.#seekEnd();
    const taken = this.#taken;
    this.#taken = undefined;
    return taken;
  }

  /** Whether what is pending is output for sure, so that the chunk need not be copied to be looked at together with it. */
  #noEndBegins(chunk: Buffer): boolean {
    const length = this.#end.length;
    if (!this.#begun || this.#pending.length >= length || chunk.length < length) return false;
    const joint = Buffer.concat([this.#pending, chunk.subarray(0, length)]);
    const at = joint.indexOf(this.#end);
    return at < 0 || at >= this.#pending.length;
  }

  /** What has been read so far; call it when the stream has ended. */
  result(): Framed {
    const unfinished = this.#begun && this.#status === undefined ? [this.#pending] : [];
    return {
      output: Buffer.concat([...this.#kept, ...unfinished]).subarray(0, this.#maxOutputBytes),
      truncated: this.#truncated,
      status: this.#status,
      begun: this.#begun,
      noise: textOf(
        Buffer.concat([this.#noise, this.#begun ? Buffer.alloc(0) : this.#pending]).subarray(0, NOISE_KEPT),
      ),
    };
  }

  #seekBegin(): void {
    const at = this.#pending.indexOf(this.#begin);
    if (at >= 0) {
      this.#keepNoise(this.#pending.subarray(0, at));
      this.#pending = this.#pending.subarray(at + this.#begin.length);
      this.#begun = true;
      return;
    }
    this.#passOn(this.#begin.length, (bytes) => this.#keepNoise(bytes));
  }

  #seekEnd(): void {
    for (;;) {
      const at = this.#pending.indexOf(this.#end);
      if (at < 0) {
        this.#passOn(this.#end.length, (bytes) => this.#keep(bytes));
        return;
      }
      const after = at + this.#end.length;
      const tail = this.#pending.subarray(after, after + MAX_STATUS_DIGITS + 1).toString("latin1");
      const status = /^(\d+)\n/.exec(tail);
      if (status) {
        this.#keep(this.#pending.subarray(0, at));
        this.#status = Number(status[1]);
        this.#pending = Buffer.alloc(0);
        return;
      }
      // The status, or its line's end, may still be on its way.
      if (/^\d*$/.test(tail) && tail.length <= MAX_STATUS_DIGITS) return;
      // Text that only looks like an end is output, and must not be waited on: what follows would pile up.
      this.#keep(this.#pending.subarray(0, after));
      this.#pending = this.#pending.subarray(after);
    }
  }

  /** Hands on all but the bytes that may be the first part of a marker. */
  #passOn(markerLength: number, take: (bytes: Buffer) => void): void {
    const safe = this.#pending.length - (markerLength - 1);
    if (safe <= 0) return;
    take(this.#pending.subarray(0, safe));
    this.#pending = this.#pending.subarray(safe);
  }

  #keepNoise(bytes: Buffer): void {
    const room = NOISE_KEPT - this.#noise.length;
    if (room > 0) this.#noise = Buffer.concat([this.#noise, bytes.subarray(0, room)]);
  }

  #keep(bytes: Buffer): void {
    const sink = this.#sink;
    if (sink !== undefined) {
      if (bytes.length > 0)
        this.#taken = this.#taken ? this.#taken.then(() => sink(bytes)) : (sink(bytes) ?? undefined);
      return;
    }
    const room = this.#maxOutputBytes - this.#keptBytes;
    if (bytes.length > room) this.#truncated = true;
    if (room <= 0) return;
    const part = bytes.subarray(0, room);
    this.#kept.push(part);
    this.#keptBytes += part.length;
  }
}

/** Of one answer: no program of ours has so many. A host that prints more has its other ones left out. */
export const MOST_SECTIONS = 4_096;

/** Bytes of a section's name: a probe, a path (`access /var/log/nginx/access.log`). One that is longer is left out. */
const MOST_NAME = 512;

/** A named part of a program's output: `printf '\n%s section NAME\n' "$FRAME"` opens it, the next one closes it. */
export class Section {
  readonly name: string;
  /** As it came: for what counts bytes, or is not text. */
  readonly body: Buffer;
  #text: string | undefined;

  constructor(name: string, body: Buffer) {
    this.name = name;
    this.body = body;
  }

  /** Cleaned. */
  get text(): string {
    this.#text ??= textOf(this.body);
    return this.#text;
  }

  /** Neither cut nor cleaned: for `parseJson`, which cleans what it reads. */
  get uncut(): string {
    return decoded(this.body);
  }
}

/**
 * Cuts a program's output into its sections, at most `MOST_SECTIONS`. What stands before the first is left out, and so is
 * one whose name is too long. The line feed that belongs to a section's opening marker is not part of the body before it.
 */
export function sections(output: Buffer, nonce: string): Section[] {
  const marker = Buffer.from(`\n${nonce} section `);
  const source = Buffer.concat([Buffer.from("\n"), output]);
  const found: Section[] = [];
  let at = source.indexOf(marker);
  while (at >= 0 && found.length < MOST_SECTIONS) {
    const nameStart = at + marker.length;
    const nameEnd = source.indexOf("\n", nameStart);
    if (nameEnd < 0) break;
    const next = source.indexOf(marker, nameEnd);
    if (nameEnd - nameStart <= MOST_NAME) {
      const name = lineOf(decoded(source.subarray(nameStart, nameEnd)), MOST_NAME);
      found.push(
        new Section(
          name,
          source.subarray(nameEnd + 1, next < 0 ? source.length : Math.max(next, nameEnd + 1)),
        ),
      );
    }
    at = next;
  }
  return found;
}
