/** Time, as an argument. Deadlines use the monotonic reading, so that a clock that jumps moves none of them. */
export interface Clock {
  /** The wall clock, in milliseconds since 1970. */
  now(): number;
  /** Milliseconds from an arbitrary start; never goes back. */
  monotonic(): number;
  /** Resolves after `ms`; rejects with the signal's reason when it fires first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}
