// Time for tests: the real one, and one that passes only when somebody sleeps.

import { setTimeout as sleep } from "node:timers/promises";
import type { Clock } from "../../src/clock.ts";

export const realClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (ms, signal) => sleep(ms, undefined, { signal }),
};

/** The real clock, made to run so many times as fast. */
export function fasterClock(times: number): Clock {
  return {
    now: () => Date.now(),
    monotonic: () => performance.now() * times,
    sleep: (ms, signal) => realClock.sleep(ms / times, signal),
  };
}

/** A clock that stands still until it is slept on, or told to pass. */
export class VirtualClock implements Clock {
  /** Every sleep so far, in milliseconds. */
  readonly sleeps: number[] = [];
  #time = 1_000;

  now(): number {
    return Date.UTC(2024, 0, 1) + this.#time;
  }

  monotonic(): number {
    return this.#time;
  }

  /** Time that goes by without a sleep: something that takes long. */
  pass(ms: number): void {
    this.#time += ms;
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    this.sleeps.push(ms);
    this.#time += ms;
  }
}

/**
 * Waits until a condition holds, asking often.
 * @throws when it does not within the given milliseconds
 */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  withinMs = 10_000,
): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`not within ${withinMs} ms: ${what}`);
    await sleep(10);
  }
}
