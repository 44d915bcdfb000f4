/** Journal -> job summary: what a person woken at 03:00 reads. Its first line is the verdict. */

import { isWaiting } from "../diagnosis/diagnosis.ts";
import type { Layer } from "../diagnosis/layers.ts";
import { needsApproval } from "../diagnosis/risk.ts";
import { type SignatureFound, whatItMeans } from "../diagnosis/signatures/index.ts";
import {
  type ArtifactContent,
  backupOf,
  type Entry,
  type EventOf,
  type ForeseenStep,
  type Status,
} from "../journal.ts";
import { commandsIn, commandsToType, pinToCopy } from "./commands.ts";
import { consoleWords } from "./console.ts";
import { deedsOf } from "./deeds.ts";
import { block, code, command, exactly, indented, plain, prose } from "./markdown.ts";
import { openOutputsOf } from "./outputs.ts";

const SIGN: Readonly<Record<Status, string>> = {
  healthy: "🟢",
  planned: "📋",
  recovered: "🟢",
  degraded: "🟡",
  unhealthy: "🔴",
  refused: "⛔",
  unreachable: "🔴",
  cancelled: "⚪",
  unknown: "❓",
};

const LIGHT: Readonly<Record<Layer["state"], string>> = {
  good: "🟢",
  bad: "🔴",
  "not observed": "❔ not observed:",
};

/** GitHub drops a summary over 1 MiB whole; this leaves room. */
const MOST_CHARACTERS = 200_000;
/** Of the timeline: an hour of checks every few seconds is told by its beginning. */
const MOST_EVENTS = 100;
const MOST_OUTPUT_LINES = 60;
const MOST_OUTPUT_CHARACTERS = 15_000;

/** For who may log in to the droplet, it says enough; to everybody else, nothing. */
const OPEN_BACKUP = [
  "A backup was made (`docs/restore.md`). Unless `backup_to: runner` sent it elsewhere, root finds it on the droplet:",
  command("ls -t /var/lib/odoo-recover/*/backups"),
];

/**
 * For a page that everybody can read: how the run ended, the cause and the next step, and nothing of what was seen. What
 * ended before anything was seen is told as it is.
 */
export function openSummaryOf(entries: readonly Entry[]): string {
  if (!entries.some(({ kind }) => kind === "connected" || kind === "diagnosed"))
    return summaryOf(entries, "");
  const { status, cause, headline, next } = openOutputsOf(entries, "");
  const evidence = last(entries, "artifact-ended", "evidence");
  const backup = last(entries, "artifact-ended", "backup");
  const backedUp = backupOf(entries) !== undefined;
  return [
    `## ${SIGN[status]} ${status}: ${prose(headline)}`,
    next === "" ? "**Next:** nothing." : `**Next:** ${prose(next)}`,
    `Cause: ${code(cause)}. This repository is public, or may be: what was seen is not told here.`,
    ...(evidence === undefined ? [] : [`The evidence: ${whereItIs(evidence)}`]),
    ...(backup === undefined ? [] : [`The backup: ${whereItIs(backup)}`]),
    ...(backedUp && backup?.uploaded === undefined ? OPEN_BACKUP : []),
    "",
  ].join("\n\n");
}

function whereItIs({ name, uploaded, why }: EventOf<"artifact-ended">): string {
  return uploaded === undefined
    ? `not uploaded: ${prose(why)}.`
    : `the artifact ${code(name)}, below on this page.`;
}

/**
 * @param entries the journal of one run; a run that never concluded is told as what it is
 * @param files where the evidence lies, for people; empty when there is none
 */
export function summaryOf(entries: readonly Entry[], files: string): string {
  const concluded = last(entries, "concluded");
  const diagnosed = last(entries, "diagnosed");
  const parts = [
    verdictLines(concluded, entries),
    layerTable(entries),
    deedLines(entries),
    backupLines(entries),
    foreseenLines(entries),
    planLines(entries),
    ...planPrograms(entries),
    ruledOutLines(entries),
    signatureLines(entries),
    suspectLines(entries),
    changeLines(entries),
    warningLines(diagnosed),
    factLines(diagnosed),
    driftLines(diagnosed),
    timeline(entries),
    remedyOutput(entries),
    evidenceLines(entries, files),
  ];
  return `${thatFit(parts.filter((part) => part !== "")).join("\n\n")}\n`;
}

/** Whole parts, in their order: half of one might be half of a command. */
function thatFit(parts: readonly string[]): string[] {
  let room = MOST_CHARACTERS;
  const kept = parts.filter((part) => {
    if (part.length > room) return false;
    room -= part.length;
    return true;
  });
  const left = parts.length - kept.length;
  return left === 0 ? kept : [...kept, `(${left} long parts are left out here; the report has all of them.)`];
}

function last<K extends Entry["kind"]>(
  entries: readonly Entry[],
  kind: K,
  holds?: ArtifactContent,
): EventOf<K> | undefined {
  return entries.findLast(
    (entry): entry is EventOf<K> =>
      entry.kind === kind && (holds === undefined || ("holds" in entry && entry.holds === holds)),
  );
}

function verdictLines(concluded: EventOf<"concluded"> | undefined, entries: readonly Entry[]): string {
  if (concluded === undefined) {
    return "## ❓ unknown: the run ended before it reached a verdict\n\n**Next:** Check the site, then run again.";
  }
  const { status, headline, detail, next } = concluded;
  const blocks = [...toType(commandsToType(entries)), ...toPin(pinToCopy(entries))];
  return [
    `## ${SIGN[status]} ${status}: ${prose(headline)}`,
    next === "" ? "**Next:** nothing." : `**Next:** ${prose(next)}`,
    ...blocks,
    ...(detail === "" ? [] : [...(blocks.length === 0 ? [] : ["Details:"]), block(detail)]),
  ].join("\n\n");
}

/** A block for each: a person decides on every one of them. */
function toType(commands: readonly string[]): string[] {
  return commands.length === 0
    ? []
    : [
        commands.length === 1
          ? "The command, as root on the droplet:"
          : "The commands, as root on the droplet, each when the text above says so:",
        ...commands.map(command),
      ];
}

function toPin(line: string | undefined): string[] {
  return line === undefined
    ? []
    : ["The line for the workflow, once you have compared the fingerprint:", exactly(line)];
}

/** The layers as they were first seen, and as they were last seen where that differs. */
function layerTable(entries: readonly Entry[]): string {
  const seen = entries.flatMap((entry) => (entry.kind === "diagnosed" ? [entry.diagnosis.layers] : []));
  const first = seen.find((layers) => layers.length > 0) ?? [];
  const now = seen.findLast((layers) => layers.length > 0) ?? [];
  if (now.length === 0) return "";
  const cell = (layer: Layer | undefined): string =>
    // No page, no stylesheets that one could ask for.
    layer === undefined
      ? `${LIGHT["not observed"]} there was nothing to ask for`
      : `${LIGHT[layer.state]} ${plain(layer.why)}`;
  if (sightOf(first) === sightOf(now)) {
    return [
      "| layer | seen |",
      "|---|---|",
      ...now.map((layer) => `| ${layer.name} | ${cell(layer)} |`),
    ].join("\n");
  }
  return [
    "| layer | at first | now |",
    "|---|---|---|",
    ...now.map(
      (layer) =>
        `| ${layer.name} | ${cell(first.find(({ name }) => name === layer.name))} | ${cell(layer)} |`,
    ),
  ].join("\n");
}

/** What was seen, but for how long an answer took. */
function sightOf(layers: readonly Layer[]): string {
  return JSON.stringify(layers).replaceAll(/\bin \d+\.\d+ s\b/g, "in time");
}

function deedLines(entries: readonly Entry[]): string {
  const deeds = deedsOf(entries)
    // An item without words would make a heading of the line before it.
    .map((deed) => ({ ...deed, did: deed.did.map(plain).filter((words) => words !== "") }))
    .filter(({ did }) => did.length > 0);
  if (deeds.length === 0) return "";
  return [
    "### What was done",
    "",
    "As the steps reported it from the droplet:",
    "",
    ...deeds.flatMap(({ remedy, did, undo }) => [
      `- ${code(remedy)}`,
      ...did.map((words) => `  - ${words}`),
      ...(undo === ""
        ? []
        : ["  - To take it back, as root on the droplet:", "", indented(command(undo), 4), ""]),
    ]),
  ]
    .join("\n")
    .trimEnd();
}

function backupLines(entries: readonly Entry[]): string {
  const backup = backupOf(entries);
  if (backup === undefined) return "";
  const { database, onDroplet, onRunner, fetch, bytes, sha256, seconds, tables, filestore } = backup;
  const encrypted = last(entries, "backup-encrypted")?.path;
  const ended = last(entries, "artifact-ended", "backup");
  return [
    "### Backup",
    `Of the database ${code(database)}, read back whole: ${(bytes / 1_048_576).toFixed(1)} MiB, ${tables} tables, in ${Math.round(seconds)} s. How to restore it: \`docs/restore.md\`.`,
    ...(onDroplet === undefined
      ? []
      : [
          "On the droplet, for root alone:",
          exactly(onDroplet),
          "To fetch it, on your own machine:",
          command(fetch),
        ]),
    ...(onRunner === undefined ? [] : ["On the runner, until the job ends:", exactly(onRunner)]),
    ...(encrypted === undefined || ended?.uploaded !== undefined
      ? []
      : ["Encrypted, on the runner until the job ends:", exactly(encrypted)]),
    ...backupArtifactLines(ended),
    "Its SHA-256:",
    exactly(sha256),
    ...(filestore === undefined
      ? []
      : ["The snapshot of the filestore, in Odoo's container:", exactly(filestore)]),
  ].join("\n\n");
}

/** As docs/restore.md has it. */
const OPENS_IT = "age --decrypt --identity key.txt --output restore.dump backup.dump.age";

function backupArtifactLines(ended: EventOf<"artifact-ended"> | undefined): string[] {
  if (ended === undefined) return ["Not uploaded: that is only done encrypted, to `backup_recipients`."];
  if (ended.uploaded === undefined) return [`Not uploaded: ${prose(ended.why)}`];
  return [
    `Uploaded, encrypted, as the artifact ${code(ended.name)}. To open it with the key in \`key.txt\`, on your own machine:`,
    command(OPENS_IT),
  ];
}

function foreseenLines(entries: readonly Entry[]): string {
  const foreseen = last(entries, "foreseen");
  if (foreseen === undefined) return "";
  const heading = "### What `recover` would do";
  const diagnosed = last(entries, "diagnosed");
  if (diagnosed !== undefined && isWaiting(diagnosed.diagnosis))
    return `${heading}\n\nWait, for \`boot_wait\` at most; then look again, and act if the site is still bad.`;
  if (foreseen.steps.length === 0) return `${heading}\n\nNothing: no remedy is allowed as things are.`;
  return [
    heading,
    "As things are now. Each step only while the site is bad, and only if a fresh look still allows it:",
    ...foreseen.steps.map(foreseenStep),
  ].join("\n\n");
}

function foreseenStep({ remedy, risk, backup, does, commands }: ForeseenStep, index: number): string {
  const conditions = [
    `class ${risk}`,
    ...(needsApproval(risk) ? ["only with `approve`"] : []),
    ...(backup ? ["after a backup that was read back"] : []),
  ].join(", ");
  const words = `${index + 1}. ${code(remedy)} ${prose(does)} (${conditions})`;
  return commands === ""
    ? `${words}. It is a program, which \`mode: plan\` prints whole.`
    : `${words}. By hand, as root on the droplet:\n\n${indented(commands.split("\n").map(command).join("\n\n"), 3)}`;
}

/** The lines to copy. */
function planLines(entries: readonly Entry[]): string {
  const planned = last(entries, "planned");
  if (planned === undefined) return "";
  const { approve, until, inputs } = planned;
  const others = inputs.map(([name, value]) => `${name}: ${value}\n`).join("");
  return [
    "### Plan",
    `To run these programs and nothing else, while the situation is the same, good until ${plain(until.slice(11, 16))} UTC:`,
    exactly(`mode: recover\n${others}approve: ${approve}`),
  ].join("\n\n");
}

/** Every program as it would run. */
function planPrograms(entries: readonly Entry[]): string[] {
  return (last(entries, "planned")?.programs ?? []).map(({ name, text }) =>
    folded(`${code(name)}, as it would run`, block(text)),
  );
}

/** Open where a person must go on; folded away where nothing is left to do. */
function ruledOutLines(entries: readonly Entry[]): string {
  // What is ruled out at first may be what a later look allows.
  const ran = new Set(entries.flatMap((entry) => (entry.kind === "remedy-started" ? [entry.remedy] : [])));
  const ruledOut = (firstBad(entries)?.diagnosis.ruledOut ?? []).filter(({ remedy }) => !ran.has(remedy));
  if (ruledOut.length === 0) return "";
  const lines = ruledOut.map(({ remedy, why }) => `- ${code(remedy)}: ${prose(why)}`);
  const concluded = last(entries, "concluded");
  return concluded?.status === "recovered" && concluded.next === ""
    ? folded(`Ruled out: ${lines.length} other remedies`, lines.join("\n"))
    : ["### Ruled out", ...lines].join("\n");
}

/** @param title what stands there folded, as markup */
function folded(title: string, body: string): string {
  return `<details><summary>${title}</summary>\n\n${body}\n\n</details>`;
}

/**
 * What was recognised in the logs: the root with all that is known of it, what follows from it in a line each. A step that
 * fails may bring out what stands in the way, so the last look that found a root counts.
 */
function signatureLines(entries: readonly Entry[]): string {
  const found = entries.flatMap((entry) => (entry.kind === "diagnosed" ? [entry.diagnosis.signatures] : []));
  const { root, consequences } = found.findLast((each) => each.root?.symptom === false) ??
    found.find((each) => each.root !== undefined) ?? { root: undefined, consequences: [] };
  if (root === undefined) return "";
  const shown = commandsToType(entries);
  return [
    "### What the logs say",
    "",
    prose(whatItMeans(root)),
    "",
    ...toType(commandsIn(root.advice).filter((each) => !shown.includes(each))).flatMap((each) => [each, ""]),
    block(root.line),
    `In ${prose(root.where)}${saidWhen(root)}; signature ${code(root.id)}, from ${plain(root.source)}.`,
    ...(consequences.length === 0 ? [] : ["", "Most likely its consequences:", ""]),
    ...consequences.map(
      (each) => `- ${prose(each.means)} (${prose(each.where)}: ${code(each.line)}${saidWhen(each)})`,
    ),
  ].join("\n");
}

/** `, 17 times since 02:47:13 UTC` */
function saidWhen({ at, times }: Pick<SignatureFound, "at" | "times">): string {
  const often = times === 1 ? "" : `${times} times`;
  const when = at === undefined ? "" : `${new Date(at).toISOString().slice(11, 19)} UTC`;
  if (often === "" || when === "")
    return [often, when]
      .filter(Boolean)
      .map((words) => `, ${words}`)
      .join("");
  return `, ${often} since ${when}`;
}

/** Modules to look at first; none is touched. */
function suspectLines(entries: readonly Entry[]): string {
  const suspects = firstBad(entries)?.diagnosis.suspects ?? [];
  if (suspects.length === 0) return "";
  return [
    "### Suspects",
    "",
    "Modules to look at first. None was touched.",
    "",
    ...suspects.map(({ module, why }, index) => `${index + 1}. ${code(module)}: ${prose(why)}`),
  ].join("\n");
}

const MOST_CHANGES = 10;

/** What happened before the site went bad, for the eye that looks for the culprit. */
function changeLines(entries: readonly Entry[]): string {
  const bad = firstBad(entries)?.diagnosis;
  if (bad === undefined || bad.since === "" || bad.changes.length === 0) return "";
  return [
    "### What changed",
    "",
    `Newest first (UTC, by the host's clock). ${plain(bad.since)}.`,
    "",
    ...bad.changes
      .slice(0, MOST_CHANGES)
      .map(
        ({ at, what }) => `- ${new Date(at).toISOString().slice(0, 19).replace("T", " ")}: ${plain(what)}`,
      ),
  ].join("\n");
}

function warningLines(diagnosed: EventOf<"diagnosed"> | undefined): string {
  const { warnings = [], topology = [] } = diagnosed?.diagnosis ?? {};
  if (warnings.length + topology.length === 0) return "";
  return ["### Worth knowing", "", ...[...warnings, ...topology].map((line) => `- ${prose(line)}`)].join(
    "\n",
  );
}

function factLines(diagnosed: EventOf<"diagnosed"> | undefined): string {
  const facts = diagnosed?.diagnosis.facts ?? [];
  if (facts.length === 0) return "";
  const rows = facts.map(({ what, value, from }) => `| ${plain(what)} | ${code(value)} | ${prose(from)} |`);
  return folded("How it is set up", ["| what | is | said by |", "|---|---|---|", ...rows].join("\n"));
}

function firstBad(entries: readonly Entry[]): EventOf<"diagnosed"> | undefined {
  return entries
    .filter((entry): entry is EventOf<"diagnosed"> => entry.kind === "diagnosed")
    .find((entry) => entry.diagnosis.cause !== "healthy");
}

function driftLines(diagnosed: EventOf<"diagnosed"> | undefined): string {
  const drift = diagnosed?.diagnosis.drift ?? [];
  if (drift.length === 0) return "";
  return [
    "### Drift",
    "What the compose project would do now differs from what runs. It was reported, not applied.",
    "",
    ...drift.map(({ service, what }) => `- ${code(service)}: ${plain(what)}`),
  ].join("\n");
}

function timeline(entries: readonly Entry[]): string {
  const rows = entries.flatMap((entry) => {
    const words = wordsFor(entry);
    return words === undefined
      ? []
      : [`| ${entry.at.slice(11, 19)} | ${(entry.ms / 1000).toFixed(1)}&nbsp;s | ${words} |`];
  });
  if (rows.length === 0) return "";
  const shown = rows.slice(0, MOST_EVENTS);
  const more = rows.length - shown.length;
  return [
    "### What happened",
    "",
    "| time (UTC) | after | |",
    "|---|---|---|",
    ...shown,
    ...(more === 0 ? [] : ["", `And ${more} more, in journal.jsonl.`]),
  ].join("\n");
}

/** One event as a row of the timeline; undefined for those that only make it longer. */
function wordsFor(entry: Entry): string | undefined {
  switch (entry.kind) {
    case "started":
      return `started in mode ${code(entry.mode)}, version ${plain(entry.version)}`;
    case "connected":
      return `connected to ${code(entry.host)} (host key ${code(entry.identity)})`;
    case "connection":
      return `connection ${entry.event}: ${plain(entry.detail)}`;
    case "surveyed":
      return `survey (${plain(entry.purpose)}) took ${(entry.milliseconds / 1000).toFixed(2)} s`;
    case "diagnosed":
      return `diagnosis ${code(entry.diagnosis.cause)}: ${plain(entry.diagnosis.finding)}`;
    case "lease-taken":
      return entry.takenOver === undefined
        ? "took the lease"
        : `took the lease over ${plain(entry.takenOver)}`;
    case "lease-released":
      return `lease: ${plain(entry.outcome)}`;
    case "lease-lost":
      return "the lease was lost to somebody else";
    case "evidence":
      return `evidence (${entry.when === "before" ? "before any change" : "after the change"}) is off the host, ${entry.files.length} files`;
    case "remedy-started":
      return `began ${code(entry.remedy)} as step ${code(entry.step)}`;
    case "backup-started":
      return `began a backup as step ${code(entry.step)}`;
    case "backup-ended":
      return `backup: ${plain(entry.outcome)}`;
    case "remedy-ended":
      return `${code(entry.remedy)}: ${plain(entry.outcome)}`;
    case "verified":
      return `verified: ${plain(entry.outcome)}`;
    case "artifact-ended":
      return entry.uploaded === undefined
        ? `the ${entry.holds} was not uploaded: ${prose(entry.why)}`
        : `uploaded the ${entry.holds} as ${code(entry.name)}`;
    case "backup-encrypted":
      return entry.path === undefined
        ? `no copy of the backup came to the runner: ${prose(entry.why)}`
        : `an encrypted copy of the backup came to the runner in ${entry.seconds} s`;
    case "recovery-recorded":
    case "note":
      return plain(consoleWords(entry) ?? "");
    case "concluded":
      return `concluded: ${entry.status}`;
    case "planned":
      return `planned: ${code(entry.approve)}`;
    case "foreseen":
    case "looked":
    case "remedy-output":
    case "backup-output":
    case "artifact-begun":
      return undefined;
  }
}

function remedyOutput(entries: readonly Entry[]): string {
  const output = entries.flatMap((entry) => (entry.kind === "remedy-output" ? [entry.text] : [])).join("");
  if (output.trim() === "") return "";
  const lines = output.split("\n");
  // Its end, where the failure is.
  const shown = lines.slice(-MOST_OUTPUT_LINES).join("\n").slice(-MOST_OUTPUT_CHARACTERS).toWellFormed();
  return folded("What the remedies printed", block(shown));
}

function evidenceLines(entries: readonly Entry[], files: string): string {
  const saved = entries.flatMap((entry) => {
    if (entry.kind === "evidence") return entry.files;
    return entry.kind === "planned" ? entry.programs : [];
  });
  const ended = last(entries, "artifact-ended", "evidence");
  if (saved.length === 0) return ended === undefined ? "" : `### Evidence\n\nUploaded: ${whereItIs(ended)}`;
  return [
    "### Evidence",
    ...(ended === undefined ? [] : ["", `Uploaded: ${whereItIs(ended)}`, ""]),
    folded(
      `${saved.length} files in ${code(files)} on the runner`,
      saved.map(({ name, bytes }) => `- ${code(name)} (${(bytes / 1024).toFixed(1)} KiB)`).join("\n"),
    ),
  ].join("\n");
}
