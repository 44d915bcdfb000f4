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

/** What they call a refusal, with the names of the values in it. Whatever else is printed stands there as the droplet's words. */
export const TITLES: readonly string[] = [
  "The database's container does not run, so no backup can be taken",
  "There is no pg_dump in the database's container",
  "PostgreSQL does not say how large the database $DATABASE is",
  "The dump of $DATABASE did not end within $SECONDS_FOR_BACKUP s",
  "pg_dump was killed",
  "pg_dump failed with status $STATUS",
  "The dump's list of contents cannot be read",
  "The dump is one of the database $dumped, not of $DATABASE",
  "The dump lacks the rows of $each, which every Odoo has",
  "pg_dump said that all is well, and wrote $bytes bytes",
  "The dump of $DATABASE has shrunk below half of the last good one",
  "The filestore could not be kept beside the dump",
  "PostgreSQL does not say which files the database $DATABASE names",
  "The snapshot of the filestore is not whole",
  "There is not enough room on the runner for the backup",
  "There is not enough room on the droplet for a backup of $DATABASE",
  "The dump of $DATABASE was ended: it came to the reserve of the droplet's disk",
  "The dump could not be written to the droplet's disk",
  "The dump's SHA-256 could not be taken",
  "The dump could not be read back within $SECONDS_FOR_BACKUP s",
  "pg_restore cannot read the dump that was just written",
  "The dump could not be read back from the droplet's disk",
  "What is read back from the droplet's disk is not what was written there",
  "pg_restore cannot read the dump as it is sent",
  "The dump could not be sent to the runner",
  "pg_restore cannot read the dump that was sent",
  "The dump did not end well on the droplet",
  "What is read back from the runner's disk is not what the droplet sent",
  "The backup left no manifest",
];
/** A value in a title: a database, a table, a number. */
const VALUE = /^[\w.-]{1,63}$/;

const USUAL_ADVICE = "Fix that, or take a backup by other means; then run again.";
const LONGEST_WORDS = 300;

/** The refusal in what a program printed: `refused: …`, `detail: …`, `advice: …`. */
export function refusalIn(output: string): RefusedError | undefined {
  const lines = output.split("\n");
  const said = (word: string): string[] =>
    lines.filter((line) => line.startsWith(`${word}: `)).map((line) => line.slice(word.length + 2));
  const [title] = said("refused");
  if (title === undefined) return undefined;
  const advice = said("advice").find((line) => ADVICE.includes(line)) ?? USUAL_ADVICE;
  return new RefusedError(isTitle(title) ? title : theDropletSaid(title), {
    detail: said("detail").join("\n"),
    advice,
  });
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
      return new RefusedError(`The backup was not begun; ${theDropletSaid(end.why)}`);
  }
}

/** Whether it is one of `TITLES`, word by word. */
function isTitle(title: string): boolean {
  const said = title.split(" ");
  return TITLES.some((known) => {
    const words = known.split(" ");
    return words.length === said.length && words.every((word, index) => isWord(word, said[index] ?? ""));
  });
}

/** @param word of a title: `$bytes`, `$DATABASE,`, or one that stands for itself */
function isWord(word: string, said: string): boolean {
  if (!word.startsWith("$")) return said === word;
  const mark = word.endsWith(",") ? "," : "";
  return said.endsWith(mark) && VALUE.test(said.slice(0, said.length - mark.length));
}

function theDropletSaid(words: string): string {
  return `the droplet said: ${oneLine(words, LONGEST_WORDS)}`;
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
