/** Journal -> the step's log, line by line, as it happens. */

import type { Entry } from "../journal.ts";
import { openOutcome, openOutputsOf } from "./outputs.ts";

/** An entry as lines of the log; undefined for what would only be noise. */
export function consoleLine(entry: Entry): string | undefined {
  return lineOf(entry, consoleWords(entry));
}

/**
 * The same for a log that everybody can read: what is done, and nothing of what was seen.
 *
 * @param entries the journal up to this entry, which is its last
 */
export function openConsoleLine(entry: Entry, entries: readonly Entry[]): string | undefined {
  return lineOf(entry, openWords(entry, entries));
}

function openWords(entry: Entry, entries: readonly Entry[]): string | undefined {
  switch (entry.kind) {
    case "started":
      return `Odoo Recover ${entry.version}, mode ${entry.mode}`;
    case "connected":
      return "connected";
    case "diagnosed":
      return `diagnosis: ${entry.diagnosis.cause}`;
    case "evidence":
      return `evidence (${entry.when}) is off the host`;
    case "looked":
      return entry.good ? "good" : "not yet good";
    case "backup-ended":
      return entry.backup === undefined ? "there is no backup" : "the backup is good";
    case "concluded":
      return `${entry.status}; next: ${openOutputsOf(entries, "").next || "nothing"}`;
    case "remedy-ended":
      return `${entry.remedy}: ${openOutcome(entry.outcome)}`;
    case "surveyed":
    case "lease-lost":
    case "remedy-started":
    case "backup-started":
    case "artifact-begun":
    case "artifact-ended":
    case "planned":
      return consoleWords(entry);
    default:
      return undefined;
  }
}

function lineOf(entry: Entry, words: string | undefined): string | undefined {
  if (words === undefined) return undefined;
  const [first = "", ...rest] = words.split(/\r\n|[\r\n]/);
  return [
    `${(entry.ms / 1000).toFixed(1).padStart(6)} s  ${first}`,
    ...rest.map((line) => `          │ ${line}`),
  ]
    .join("\n")
    .replaceAll("##[", "## [");
}

// The runner obeys `::command::` at a line's beginning, and the older `##[command]` anywhere in it. What a host printed
// must not command the runner: each line has something in front, and the older form is broken up. A lone carriage
// return ends a line too: the runner reads with .NET's ReadLine.

/** The same as plain lines, without the time in front. */
export function consoleWords(entry: Entry): string | undefined {
  switch (entry.kind) {
    case "started":
      return `Odoo Recover ${entry.version}, mode ${entry.mode}, host ${entry.host}`;
    case "connected":
      return `connected to ${entry.host}, host key ${entry.identity}`;
    case "connection":
      return `connection ${entry.event}: ${entry.detail}`;
    case "surveyed":
      return `surveyed (${entry.purpose}) in ${entry.milliseconds} ms`;
    case "diagnosed":
      return [
        `diagnosis: ${entry.diagnosis.cause}. ${entry.diagnosis.finding}`,
        ...(entry.diagnosis.since === "" ? [] : [entry.diagnosis.since]),
        ...entry.diagnosis.evidence,
        ...entry.diagnosis.warnings.map((warning) => `worth a look: ${warning}`),
        ...entry.diagnosis.drift.map(({ service, what }) => `drift: ${service}: ${what}`),
      ].join("\n");
    case "foreseen":
      return entry.steps.length === 0
        ? "recover would do nothing now"
        : [
            "recover would do:",
            ...entry.steps.map(({ remedy, risk, commands }) => `${remedy} (${risk}): ${commands}`),
          ].join("\n");
    case "planned":
      return `plan, good until ${entry.until.slice(11, 16)} UTC: approve: ${entry.approve}`;
    case "lease-taken":
      return entry.takenOver === undefined ? "took the lease" : `took the lease over ${entry.takenOver}`;
    case "lease-released":
      return `lease: ${entry.outcome}`;
    case "lease-lost":
      return "the lease was lost to somebody else";
    case "evidence":
      return `evidence (${entry.when}) is off the host: ${entry.files.map((file) => file.name).join(", ")}`;
    case "remedy-started":
      return `${entry.remedy} begins, step ${entry.step}`;
    case "remedy-output":
      return entry.text.trimEnd();
    case "backup-started":
      return `backup begins as step ${entry.step}`;
    case "backup-output":
      return entry.text.trimEnd();
    case "backup-ended":
      return `backup: ${entry.outcome}`;
    case "remedy-ended":
      return `${entry.remedy}: ${entry.outcome}`;
    case "recovery-recorded":
      return `recovery from ${entry.cause}${entry.secondsSinceSame === undefined ? "" : ", a recurrence"}; ${entry.earlier} before it within 24 h${entry.overridden ? "; the budget is spent, and was overridden" : ""}`;
    case "looked":
      return entry.good ? "good" : `not yet good: ${entry.why}`;
    case "verified":
      return `verified: ${entry.outcome}`;
    case "artifact-begun":
      return `uploading the ${entry.holds} as ${entry.name}${entry.encrypted ? ", encrypted" : ""}`;
    case "artifact-ended":
      return entry.uploaded === undefined
        ? `the ${entry.holds} was not uploaded: ${entry.why}`
        : `the ${entry.holds} is uploaded as ${entry.name}, ${entry.uploaded.bytes} bytes`;
    case "backup-encrypted":
      return entry.path === undefined
        ? `no copy of the backup came to the runner: ${entry.why}`
        : `an encrypted copy of the backup came to the runner in ${entry.seconds} s: ${entry.path}`;
    case "note":
      return entry.text;
    case "concluded":
      return [
        `${entry.status}: ${entry.headline}`,
        ...(entry.detail === "" ? [] : [entry.detail]),
        `next: ${entry.next === "" ? "nothing" : entry.next}`,
      ].join("\n");
  }
}
