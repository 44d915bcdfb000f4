/** Journal -> what the remedies report to have done (the lines `did: …` of their output), and how each is taken back. */

import type { RemedyName } from "../diagnosis/remedy-name.ts";
import { statePlace } from "../host/state.ts";
import { operand, typed } from "../host/typed.ts";
import type { Entry } from "../journal.ts";

export interface Deed {
  readonly remedy: RemedyName;
  /** A sentence each, in the past tense, without a subject: as the host printed it. */
  readonly did: readonly string[];
  /** What a person types on the droplet, as root, to take it back; empty where there is nothing to. */
  readonly undo: string;
}

/** Those that keep what they did, with a program that takes it back. */
const TAKEN_BACK: ReadonlySet<RemedyName> = new Set(["fix-permissions", "wipe-assets"]);
const MOST_DEEDS = 20;

/** One for each remedy that ran, in order. */
export function deedsOf(entries: readonly Entry[]): Deed[] {
  const deeds: { remedy: RemedyName; step: string; key: string; output: string }[] = [];
  for (const entry of entries) {
    if (entry.kind === "remedy-started")
      deeds.push({ remedy: entry.remedy, step: entry.step, key: entry.key, output: "" });
    const last = deeds.at(-1);
    if (entry.kind === "remedy-output" && last !== undefined) last.output += entry.text;
  }
  return deeds.map(({ remedy, step, key, output }) => {
    const said = (word: string): string[] =>
      output
        .split("\n")
        .filter((line) => line.startsWith(`${word}: `))
        .map((line) => line.slice(word.length + 2).trim());
    // Whether there is something to take back is for the host to say; the command is not.
    const kept = TAKEN_BACK.has(remedy) && said("undo").length > 0;
    return { remedy, did: said("did").slice(0, MOST_DEEDS), undo: kept ? undoOf(key, step) : "" };
  });
}

/** Where every remedy of these kinds keeps it: host/steps/start.sh, KEEP_DIR. */
function undoOf(key: string, step: string): string {
  const { auditRoot } = statePlace(key);
  return typed(() => `sh ${operand(`${auditRoot}/${key}/kept/${step}/undo`)}`);
}
