/** How long we wait for bytes to go over a network that is not ours, and how it is told that we no longer do. */

/** Milliseconds for no bytes at all: GitHub's client alone tries five times, and waits between. */
const AT_LEAST = 90_000;
/** Slower than half a megabyte a second is given up. */
const BYTES_PER_MS = 500;

/** Fires when so many bytes should long have gone. */
export function transferTimeout(bytes: number): AbortSignal {
  return AbortSignal.timeout(Math.ceil(AT_LEAST + bytes / BYTES_PER_MS));
}

/** Why we no longer wait, as half a sentence. */
export function whyStopped({ reason }: AbortSignal): string {
  if (reason instanceof DOMException && reason.name === "TimeoutError") return "it took too long";
  return reason instanceof Error ? reason.message : String(reason);
}
