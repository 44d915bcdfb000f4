/**
 * A verified backup that lies on the droplet, brought home. Into a plain file, as a part of the gate; or straight into the
 * cipher, when the site was dealt with: then nothing of it lies on the runner that only the recipients may read.
 */

import { createHash } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { PassThrough } from "node:stream";
import type { Clock } from "../clock.ts";
import { HostError, RefusedError } from "../errors.ts";
import type { Host } from "../host/host.ts";
import { type StatePlace, stateProgram } from "../host/state.ts";
import type { Inputs } from "../inputs/inputs.ts";
import type { BackupMade } from "../journal.ts";
import { transferTimeout, whyStopped } from "../transfer-timeout.ts";
import { Progress } from "./arrival.ts";
import { requireRoom } from "./dump-file.ts";
import { giveBackMemory } from "./garbage.ts";
import type { BackupParts } from "./parts.ts";
import { wordsFor } from "./refusals.ts";
import { inBytes } from "./words.ts";

const COPY = readFileSync(new URL("./copy.sh", import.meta.url), "utf8");

/** A copy may be taken up again so often where the connection was lost. */
const MOST_ATTEMPTS = 5;
/** For one attempt at a copy that nobody waits for by another measure. */
const SECONDS_AT_MOST = 3_600;
/** Bytes between two collections of garbage. */
const BETWEEN_COLLECTIONS = 4 * 1024 ** 2;
/** Bytes that wait in front of the cipher. */
const WAITING = 1024 ** 2;

/** In the report directory. Neither its name nor the artifact's tells whose it is: a repository may be public. */
export const ENCRYPTED_NAME = "backup.dump.age";

/** Where the bytes of a copy go. */
export interface Taker {
  /** Taken so far: a copy that was cut off goes on from there. */
  readonly bytes: number;
  /** @returns what to wait for before there are more */
  take(bytes: Buffer): Promise<void> | undefined;
  /** What was taken is where it belongs. Never throws. */
  idle(): Promise<void>;
}

/** How a copy is made, beside what is copied. */
export interface Copying {
  readonly host: Host;
  readonly place: StatePlace;
  readonly clock: Clock;
  /** For one attempt. */
  readonly seconds: number;
  readonly tell: (text: string) => void;
  readonly signal: AbortSignal;
}

/**
 * A lost connection takes the copy up where it stood.
 *
 * @param name of the file in the folder of backups
 * @throws HostError when the connection is lost again and again; what the taker throws; the signal's reason
 */
export async function copyInto(
  taker: Taker,
  name: string,
  bytes: number,
  { host, place, clock, seconds, tell, signal }: Copying,
): Promise<void> {
  const progress = new Progress(clock, (said) => tell(`copied ${said}`));
  for (let attempt = 1; taker.bytes < bytes && attempt <= MOST_ATTEMPTS; attempt++) {
    try {
      const values = { FILE: name, OFFSET: String(taker.bytes) };
      await host.stream(
        { ...stateProgram(place, "copy the backup", COPY, values), seconds },
        (piece) => {
          progress.at(taker.bytes, bytes);
          return taker.take(piece);
        },
        signal,
      );
    } catch (error) {
      if (!(error instanceof HostError) || error.problem !== "lost" || attempt === MOST_ATTEMPTS) throw error;
      await taker.idle();
      tell(`the connection was lost: the copy goes on from ${inBytes(taker.bytes)}`);
    }
  }
}

/** For whom a copy is, and how large it may be, in bytes. */
export type CopyWish = Pick<Inputs, "recipients" | "uploadLimit">;

/**
 * Copies a dump that lies on the droplet into `backup.dump.age` in the report directory, for the owners of the
 * recipients' keys alone, and tells the journal what came of it. Never throws: the dump on the droplet is the backup.
 */
export async function bringHomeEncrypted(
  host: Host,
  place: StatePlace,
  dump: BackupMade & { readonly onDroplet: string },
  { recipients, uploadLimit }: CopyWish,
  { clock, journal, reportDirectory, room }: BackupParts,
  signal: AbortSignal,
): Promise<void> {
  const began = clock.monotonic();
  const patience = AbortSignal.any([signal, transferTimeout(dump.bytes)]);
  const copying: Copying = {
    host,
    place,
    clock,
    seconds: SECONDS_AT_MOST,
    tell: (text) => journal.append({ kind: "backup-output", text: `${text}\n` }),
    signal: patience,
  };
  const ended = (path: string | undefined, why: string): void => {
    const seconds = Math.round((clock.monotonic() - began) / 100) / 10;
    journal.append({ kind: "backup-encrypted", path, seconds, why });
  };
  const tooLarge = overLimit(dump.bytes, uploadLimit);
  if (tooLarge !== undefined) return ended(undefined, tooLarge);
  try {
    await requireRoom(reportDirectory, dump.bytes, room);
    ended(await copyEncrypted(dump, join(reportDirectory, ENCRYPTED_NAME), recipients, copying), "");
  } catch (error) {
    ended(undefined, patience.aborted ? whyStopped(patience) : wordsFor(error));
  }
}

/** @returns the path @throws Error when it is not there whole; then nothing of it is left */
async function copyEncrypted(
  { onDroplet, bytes, sha256 }: BackupMade & { readonly onDroplet: string },
  path: string,
  recipients: readonly string[],
  copying: Copying,
): Promise<string> {
  const cipher = await Cipher.into(`${path}.partial`, recipients, copying.signal);
  try {
    await copyInto(cipher, basename(onDroplet), bytes, copying);
    const came = await cipher.end();
    if (came !== sha256)
      throw new RefusedError(
        `What came is not what was found good on the droplet: SHA-256 ${came}, ${cipher.bytes} of ${bytes} bytes`,
      );
    await rename(`${path}.partial`, path);
    return path;
  } catch (error) {
    await cipher.discard();
    throw error;
  }
}

/** Why a dump of that size is not uploaded; undefined when it may be. Both in bytes. */
export function overLimit(bytes: number, limit: number): string | undefined {
  return bytes > limit
    ? `${(bytes / 1e6).toFixed(0)} MB are more than \`backup_upload_limit\`, ${(limit / 1e6).toFixed(0)} MB`
    : undefined;
}

/** Takes a dump, and writes what only the recipients can read. */
class Cipher implements Taker {
  readonly #path: string;
  readonly #plain: PassThrough;
  readonly #written: Promise<void>;
  readonly #hash = createHash("sha256");
  #bytes = 0;
  #collectedAt = 0;

  static async into(path: string, recipients: readonly string[], signal: AbortSignal): Promise<Cipher> {
    const { encryptTo } = await import("./encrypt.ts");
    await rm(path, { force: true });
    const plain = new PassThrough({ highWaterMark: WAITING });
    return new Cipher(path, plain, encryptTo(recipients, plain, path, signal));
  }

  private constructor(path: string, plain: PassThrough, written: Promise<void>) {
    this.#path = path;
    this.#plain = plain;
    this.#written = written;
    // Told to who takes, or to who ends it.
    written.catch(() => {});
    plain.on("error", () => {});
  }

  get bytes(): number {
    return this.#bytes;
  }

  take(bytes: Buffer): Promise<void> | undefined {
    this.#hash.update(bytes);
    this.#bytes += bytes.length;
    if (this.#bytes - this.#collectedAt >= BETWEEN_COLLECTIONS) {
      this.#collectedAt = this.#bytes;
      giveBackMemory();
    }
    return this.#plain.write(bytes) ? undefined : this.#drained();
  }

  async #drained(): Promise<void> {
    // A disk that is full takes nothing any more.
    await Promise.race([once(this.#plain, "drain"), this.#written]);
  }

  async idle(): Promise<void> {
    // What was taken counts at once, and goes on to the cipher by itself.
  }

  /** @returns the SHA-256 of what was taken */
  async end(): Promise<string> {
    this.#plain.end();
    await this.#written;
    return this.#hash.digest("hex");
  }

  /** Removes what is half. Never throws. */
  async discard(): Promise<void> {
    this.#plain.destroy();
    await this.#written.catch(() => {});
    await rm(this.#path, { force: true }).catch(() => {});
  }
}
