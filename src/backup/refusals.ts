/** Why there is no backup: what the programs on the host printed, and how they ended -> words for a person. */

import { HostError, messageOf, RefusedError } from "../errors.ts";
import type { StepEnd } from "../host/steps/step.ts";
import { oneLine } from "../lib/line.ts";

/**
 * What gate.sh and the programs behind it advise, to the letter: a droplet that prints another advice does not choose what a
 * person does.
 */
export const ADVICE: readonly string[] = [
  "Fix that, or take a backup by other means; then run again.",
  "Fix what it says: a database that cannot be dumped cannot be saved.",
  "Raise `backup_timeout`.",
  "Use a runner with a larger disk, or keep the backup on the droplet: `backup_to: droplet`.",
  "Make room on the droplet (`du -xh /var | sort -h | tail -n 30` shows what is large), or send the backup to the runner: `backup_to: runner`.",
  "Look at the droplet's disk and memory: `dmesg` tells of their errors.",
  "Look at the droplet's disk: `dmesg` tells of its errors.",
  "Look at how pg_dump is set up in the database's container.",
  "Somebody killed it, or the droplet has too little memory (`dmesg` names what was killed).",
  "Find out what is missing. If that much was really removed, let the last one no longer count: rename the file that is named last above, and run again.",
  "A dump alone does not bring attachments back. Free inodes, or put Odoo's data directory on a file system with hard links.",
];
const USUAL_ADVICE = "Fix that, or take a backup by other means; then run again.";
const LONGEST_TITLE = 300;

/** The refusal in what a program printed: `refused: …`, `detail: …`, `advice: …`. */
export function refusalIn(output: string): RefusedError | undefined {
  const lines = output.split("\n");
  const said = (word: string): string[] =>
    lines.filter((line) => line.startsWith(`${word}: `)).map((line) => line.slice(word.length + 2));
  const [title] = said("refused");
  if (title === undefined) return undefined;
  const advice = said("advice").find((line) => ADVICE.includes(line)) ?? USUAL_ADVICE;
  return new RefusedError(oneLine(title, LONGEST_TITLE), { detail: said("detail").join("\n"), advice });
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
    advice: advice || "Fix that, and run again.",
    cause: error,
  });
}

/** What went wrong, as a sentence without its end. */
export function wordsFor(error: unknown): string {
  const { code } = error instanceof Error && "code" in error ? error : { code: undefined };
  if (code === "ENOSPC" || code === "EDQUOT") return `the runner's disk is full (${messageOf(error)})`;
  return messageOf(error);
}
