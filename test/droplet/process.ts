/** Child processes of this machine, as a promise: the one way in which the driver runs docker, ssh and curl. */

import { spawn } from "node:child_process";

export interface Ended {
  /** null when a signal ended it, ours after the time-out included. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly seconds: number;
}

export interface RunOptions {
  readonly stdin?: string;
  readonly timeoutSeconds?: number;
  readonly env?: NodeJS.ProcessEnv;
  /** Lines of stderr as they come, for a person who waits. */
  readonly onStderr?: (text: string) => void;
}

/** Runs a program to its end, whatever its exit status. Rejects only when it cannot be started. */
export function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const timeout = options.timeoutSeconds === undefined ? {} : { timeout: options.timeoutSeconds * 1000 };
    const child = spawn(command, args, {
      env: options.env ?? process.env,
      killSignal: "SIGKILL",
      ...timeout,
    });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => {
      stderr.push(chunk);
      options.onStderr?.(chunk.toString());
    });
    // A program may end without reading its stdin; how it ended says what there is to say.
    child.stdin.on("error", () => {});
    child.stdin.end(options.stdin ?? "");
    child.on("error", reject);
    child.on("close", (code) => {
      resolve({
        code,
        stdout: Buffer.concat(stdout).toString(),
        stderr: Buffer.concat(stderr).toString(),
        seconds: (performance.now() - started) / 1000,
      });
    });
  });
}

/** Runs a program that has to succeed, and returns its stdout without the last newline. */
export async function must(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  const ended = await run(command, args, options);
  if (ended.code !== 0) {
    const tail = ended.stderr.trim().split("\n").slice(-15).join("\n");
    throw new Error(
      `${command} ${args.slice(0, 4).join(" ")} … ended with ${ended.code ?? "a signal"} after ${ended.seconds.toFixed(1)} s\n${tail}`,
    );
  }
  return ended.stdout.trimEnd();
}

/** Asks until the answer is no longer undefined. Rejects after the deadline, with what `describe` says then. */
export async function until<T>(
  seconds: number,
  ask: () => Promise<T | undefined>,
  describe: () => string,
): Promise<T> {
  const deadline = performance.now() + seconds * 1000;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() > deadline) throw new Error(`${describe()} (waited ${seconds} s)`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
