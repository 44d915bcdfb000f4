/**
 * After a run that did not conclude (killed, cancelled): puts the host right. Waits for a step that still runs, ends one
 * that only looks for a reason, gives the leases back, and says how the site is now.
 */

import { abandonBackup, discardHalves } from "./backup/backup.ts";
import { isGood } from "./diagnosis/diagnosis.ts";
import type { Host } from "./host/host.ts";
import { statePlace } from "./host/state.ts";
import { type FollowedStep, followed, followStep, stopStep } from "./host/steps/step.ts";
import type { Inputs } from "./inputs/inputs.ts";
import type { Entry, EventOf } from "./journal.ts";
import { giveLeaseBack } from "./leases.ts";
import { openHost, Watch } from "./look.ts";
import type { Parts } from "./parts.ts";
import { describeEnd, tellOutput } from "./take-step.ts";
import { type Verdict, verdictOn, whatRecoverWouldDo } from "./verdicts.ts";

/**
 * Concludes the journal. Never throws.
 *
 * @param entries the journal of that run, as far as it was saved
 */
export async function tidyUp(entries: readonly Entry[], inputs: Inputs, parts: Parts): Promise<Verdict> {
  const verdict = await tidy(entries, inputs, parts).catch((error: unknown) => verdictOn(error));
  parts.journal.append({ kind: "concluded", ...verdict });
  return verdict;
}

/** Leases that were taken and, as far as is known, not given back. */
export function leasesHeld(entries: readonly Entry[]): string[] {
  const given = new Set(
    entries.flatMap((entry) =>
      entry.kind === "lease-released" && entry.outcome === "released" ? [entry.key] : [],
    ),
  );
  return entries
    .flatMap((entry) => (entry.kind === "lease-taken" ? [entry.key] : []))
    .filter((key) => !given.has(key));
}

async function tidy(entries: readonly Entry[], inputs: Inputs, parts: Parts): Promise<Verdict> {
  const host = await openHost(parts);
  try {
    const watch = new Watch(host, inputs, parts);
    await watch.look("after the run was stopped");
    const undone = await endSteps(entries, host, inputs, parts);
    for (const key of leasesHeld(entries)) await giveLeaseBack(host, statePlace(key), parts);
    const last = await watch.look("last look");
    return {
      status: "cancelled",
      headline: `The run was stopped. The site now: ${last.finding}`,
      detail: `${undone}\n${last.evidence.join("\n")}`.trim(),
      next: isGood(last) ? last.advice : whatRecoverWouldDo(last),
    };
  } finally {
    await host.close();
  }
}

/** A backup that still runs protects nothing any more: it is ended, and takes what it has written so far away. */
async function endBackup(entries: readonly Entry[], host: Host, parts: Parts): Promise<string[]> {
  const begun = entries.findLast((entry) => entry.kind === "backup-started");
  if (
    begun === undefined ||
    entries.some((entry) => entry.kind === "backup-ended" && entry.step === begun.step)
  )
    return [];
  const place = statePlace(begun.key);
  await abandonBackup(host, place, begun.step, parts.signal);
  await discardHalves(parts.reportDirectory);
  parts.journal.append({
    kind: "backup-ended",
    step: begun.step,
    outcome: "ended half-way",
    backup: undefined,
  });
  return ["The backup was ended half-way."];
}

/** Follows every step that was begun and of whose end we do not know. */
async function endSteps(
  entries: readonly Entry[],
  host: Host,
  inputs: Inputs,
  parts: Parts,
): Promise<string> {
  const ended = new Set(entries.filter((entry) => entry.kind === "remedy-ended").map((entry) => entry.step));
  const begun = entries.filter(
    (entry): entry is EventOf<"remedy-started"> => entry.kind === "remedy-started",
  );
  const told = await endBackup(entries, host, parts);
  for (const { step, remedy, key } of begun) {
    if (ended.has(step)) {
      told.push(`${remedy} had ended before.`);
      continue;
    }
    const place = statePlace(key);
    // It mends nothing, and Odoo is down meanwhile: no reason to wait for what it may find.
    if (remedy === "boot-check") await stopStep(host, place, step);
    const output = tellOutput(parts);
    let said = "";
    const end = await followStep(
      host,
      place,
      stepLeft(step, inputs),
      (text) => {
        said += text;
        output.push(text);
      },
      parts.signal,
    ).finally(output.end);
    parts.journal.append({ kind: "remedy-ended", remedy, step, outcome: describeEnd(end) });
    told.push(
      remedy === "boot-check"
        ? `${remedy} was ended. ${describePutBack(said)}`
        : `${remedy} ran on and is ${describeEnd(end)}.`,
    );
  }
  return told.join(" ") || "Nothing had been changed.";
}

/** Whether it has a put-back is not in the journal, so it is given the time for one. */
function stepLeft(name: string, { commandTimeoutMs }: Inputs): FollowedStep {
  return followed(name, Math.ceil(commandTimeoutMs / 1000), true);
}

/** What the dead-man (converge.sh) saw when it was done; what it did not see is not said to be so. */
function describePutBack(output: string): string {
  const seen = output.split("\n").findLast((line) => line.startsWith(PUT_BACK));
  return seen === undefined
    ? "Whether Odoo was put back was not seen: the droplet goes on trying by itself."
    : `Put back: ${seen.slice(PUT_BACK.length)}.`;
}

const PUT_BACK = "put back: ";
