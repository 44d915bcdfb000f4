/** Journal -> what the remedies say they did, and how each is undone: the lines `did: …` and `undo: …` of their output. */

import type { RemedyName } from "../diagnosis/remedy-name.ts";
import type { Entry } from "../journal.ts";

export interface Deed {
  readonly remedy: RemedyName;
  /** A sentence each, in the past tense, without a subject. */
  readonly did: readonly string[];
  /** What a person types on the droplet, as root, to take it back; empty where there is nothing to. */
  readonly undo: string;
}

/** One for each remedy that ran, in order. */
export function deedsOf(entries: readonly Entry[]): Deed[] {
  const deeds: { remedy: RemedyName; output: string }[] = [];
  for (const entry of entries) {
    if (entry.kind === "remedy-started") deeds.push({ remedy: entry.remedy, output: "" });
    const last = deeds.at(-1);
    if (entry.kind === "remedy-output" && last !== undefined) last.output += entry.text;
  }
  return deeds.map(({ remedy, output }) => {
    const told = (word: string): string[] =>
      output
        .split("\n")
        .filter((line) => line.startsWith(`${word}: `))
        .map((line) => line.slice(word.length + 2).trim());
    return { remedy, did: told("did"), undo: told("undo").at(-1) ?? "" };
  });
}
