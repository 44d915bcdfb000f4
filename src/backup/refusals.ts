/** Why there is no backup: what the programs on the host printed, and how they ended -> words for a person. */

import { HostError, messageOf, RefusedError } from "../errors.ts";
import type { StepEnd } from "../host/steps/step.ts";

/** The refusal in what a program printed: `refused: …`, `detail: …`, `advice: …`. */
export function refusalIn(output: string): RefusedError | undefined {
  const lines = output.split("\n");
  const told = (word: string): string[] =>
    lines.filter((line) => line.startsWith(`${word}: `)).map((line) => line.slice(word.length + 2));
  const [title] = told("refused");
  if (title === undefined) return undefined;
  return new RefusedError(title, { detail: told("detail").join("\n"), advice: told("advice").join(" ") });
}

export function endedBadly(end: StepEnd, output: string, seconds: number): RefusedError {
  const detail = output.trim().split("\n").slice(-5).join("\n");
  switch (end.outcome) {
    case "ended":
      return end.status === 124 || end.status === 137
        ? new RefusedError(`The backup did not end within ${seconds} s`, {
            detail,
            advice: "Raise `backup_timeout`.",
          })
        : new RefusedError(`The backup failed with status ${end.status}`, { detail });
    case "gone":
      return new RefusedError("Somebody else took the lease over, so no backup was taken");
    case "vanished":
      return new RefusedError("The backup vanished: the droplet was rebooted, or it was killed", {
        detail,
        advice: "Run again.",
      });
    case "absent":
      return new RefusedError("The backup never began: the connection was lost before it arrived", {
        advice: "Run again.",
      });
    case "unarmed":
      return new RefusedError(`The backup was not begun: ${end.why}`);
  }
}

/** Why there is no backup, with what follows from that. */
export function withoutBackup(error: unknown): RefusedError {
  const { detail, advice } =
    error instanceof RefusedError || error instanceof HostError ? error : { detail: "", advice: "" };
  return new RefusedError(`There is no good backup, so nothing more was done: ${wordsFor(error)}`, {
    detail,
    advice: advice || "Mend that, and run again.",
    cause: error,
  });
}

/** What went wrong, as a sentence without its end. */
export function wordsFor(error: unknown): string {
  const { code } = error instanceof Error && "code" in error ? error : { code: undefined };
  if (code === "ENOSPC" || code === "EDQUOT") return `the runner's disk is full (${messageOf(error)})`;
  return messageOf(error);
}
