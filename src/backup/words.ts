/** Sizes and rates, in words for a person. */

/** `12.3 MiB`, `4.0 GiB`. */
export function inBytes(bytes: number): string {
  return bytes < 1024 ** 3
    ? `${(bytes / 1024 ** 2).toFixed(1)} MiB`
    : `${(bytes / 1024 ** 3).toFixed(1)} GiB`;
}

/** `12.3 MiB of about 20.0 MiB, 4.1 MiB/s, about 2 s left` */
export function howFar(bytes: number, expected: number, seconds: number): string {
  const rate = bytes / Math.max(seconds, 0.001);
  const left = Math.max(0, expected - bytes) / Math.max(rate, 1);
  return `${inBytes(bytes)} of about ${inBytes(Math.max(bytes, expected))}, ${inBytes(rate)}/s, about ${Math.round(left)} s left`;
}
