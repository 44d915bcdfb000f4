/** A stream -> a file that only the recipients can read, with age. Loads the cipher, so it is imported where it is needed. */

import { createWriteStream } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { Encrypter } from "age-encryption";

/**
 * @param recipients `age1…`
 * @param path is made, for this user only; must not exist
 */
export async function encryptTo(
  recipients: readonly string[],
  source: Readable,
  path: string,
  signal?: AbortSignal,
): Promise<void> {
  const encrypter = new Encrypter();
  for (const recipient of recipients) encrypter.addRecipient(recipient);
  const plain = Readable.toWeb(source) as ReadableStream<Uint8Array>;
  const encrypted = await encrypter.encrypt(plain);
  const file = createWriteStream(path, { flags: "wx", mode: 0o600 });
  await pipeline(Readable.fromWeb(encrypted as never), file, { signal });
}
