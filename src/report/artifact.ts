/**
 * Files of a run -> an artifact of the workflow's run. The only file that loads GitHub's client, which is large: it is
 * imported when there is something to upload, and not before.
 */

import { DefaultArtifactClient } from "@actions/artifact";
import { transferTimeout, whyStopped } from "../transfer-timeout.ts";

export interface Uploaded {
  readonly id: number | undefined;
  readonly bytes: number | undefined;
  /** SHA-256 of what was uploaded, as GitHub shows it. */
  readonly digest: string | undefined;
}

export interface UploadOptions {
  /** undefined: what the repository is set to. */
  readonly retentionDays?: number;
  /** What is encrypted or packed already is not packed again. */
  readonly packed?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/**
 * @param files absolute paths below `root`
 * @throws Error when the artifact is not there whole, or not in time
 */
export async function uploadArtifact(
  name: string,
  files: readonly string[],
  root: string,
  bytes: number,
  { retentionDays, packed = false, signal }: UploadOptions = {},
): Promise<Uploaded> {
  const deadline = transferTimeout(bytes);
  const stopped = signal === undefined ? deadline : AbortSignal.any([deadline, signal]);
  const upload = new DefaultArtifactClient().uploadArtifact(name, [...files], root, {
    ...(retentionDays === undefined ? {} : { retentionDays }),
    compressionLevel: packed ? 0 : 6,
  });
  // The client cannot be told to stop: nobody waits for it any more, and its own failure is nobody's.
  upload.catch(() => {});
  const { id, size, digest } = await Promise.race([upload, rejection(stopped)]);
  return { id, bytes: size, digest };
}

function rejection(signal: AbortSignal): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  const stop = (): void => reject(new Error(whyStopped(signal)));
  if (signal.aborted) stop();
  else signal.addEventListener("abort", stop, { once: true });
  return promise;
}
