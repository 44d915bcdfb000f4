/** One remedy of a run: what must come before it, the step itself, and what the run learns from it. */

import { takeBackup } from "./backup/backup.ts";
import { bringHomeEncrypted } from "./backup/home.ts";
import type { Diagnosis } from "./diagnosis/diagnosis.ts";
import { describeFailure, whereThreadsStand } from "./diagnosis/log.ts";
import type { RemedyName } from "./diagnosis/remedy-name.ts";
import { needsBackup, RISK } from "./diagnosis/risk.ts";
import { type SignatureFound, signatureInOutput } from "./diagnosis/signatures/index.ts";
import { HostError, RefusedError } from "./errors.ts";
import { captureFreeze, describeLeftOut } from "./evidence/capture.ts";
import type { Host } from "./host/host.ts";
import type { StatePlace } from "./host/state.ts";
import { runStep, type StepEnd } from "./host/steps/step.ts";
import type { Inputs } from "./inputs/inputs.ts";
import type { BackupMade } from "./journal.ts";
import { noteThat, type Parts } from "./parts.ts";
import { removesFiles } from "./plan.ts";
import { bootFailure } from "./remedies/boot-check/boot-check.ts";
import { REMEDIES } from "./remedies/index.ts";
import { INEFFECTIVE, targetOf, UNFIT } from "./remedies/remedy.ts";
import { ifSeen } from "./survey/survey.ts";

/** What a run has done so far, and what it learnt on the way. */
export interface Progress {
  /** Under which approval the steps run, for the audit log on the host; empty where none is needed. */
  readonly approval: string;
  /** The remedies whose turn it was, whatever came of it. */
  readonly tried: RemedyName[];
  /** Those of them that changed something, or may have. */
  readonly done: RemedyName[];
  /** Why others were not done, or did not work: `regenerate-assets: not done: …`. */
  readonly setbacks: string[];
  obstacle: SignatureFound | undefined;
  /** Where the threads of a hanging Odoo stood. */
  hung: string;
  /** What a boot in the foreground adds to the finding. */
  boot: ((cause: Diagnosis) => string) | undefined;
  backup: Backup | undefined;
}

interface Backup {
  readonly made: BackupMade;
  readonly place: StatePlace;
  covers(remedy: RemedyName): boolean;
}

export function nothingYet(approval: string): Progress {
  return {
    approval,
    tried: [],
    done: [],
    setbacks: [],
    obstacle: undefined,
    hung: "",
    boot: undefined,
    backup: undefined,
  };
}

/**
 * The copy of the backup that is to be uploaded, when the site was dealt with: whoever waits for the site does not wait for
 * it, and nothing that goes wrong with it changes how the run ended.
 */
export async function bringBackupHome(
  backup: Backup | undefined,
  host: Host,
  inputs: Inputs,
  parts: Parts,
): Promise<void> {
  if (backup === undefined || inputs.recipients.length === 0) return;
  const { made, place } = backup;
  const { onDroplet, onRunner } = made;
  // One that is on the runner is encrypted there.
  if (onDroplet === undefined || onRunner !== undefined) return;
  await bringHomeEncrypted(host, place, { ...made, onDroplet }, inputs, parts, parts.signal);
}

/** Applies a remedy, with what must come before it. */
export async function takeStep(
  remedy: RemedyName,
  diagnosis: Diagnosis,
  host: Host,
  place: StatePlace,
  progress: Progress,
  inputs: Inputs,
  parts: Parts,
): Promise<StepEnd> {
  const { tried, done, setbacks } = progress;
  const number = tried.length + 1;
  if (needsBackup(RISK[remedy], inputs.backup) && progress.backup?.covers(remedy) !== true)
    progress.backup = await backUp(remedy, number, diagnosis, host, place, inputs, parts);
  if (remedy === "restart-odoo") progress.hung = await saveFreeze(host, diagnosis, parts);
  const { end, output } = await apply(remedy, number, diagnosis, host, place, progress, inputs, parts);
  // What never ran was not tried: nothing follows from it, and no riskier remedy takes its turn.
  if (end.outcome === "absent")
    throw new HostError("lost", `The step ${remedy} could not be sent: the connection was lost each time`, {
      advice: "Check the connection to the droplet, then run again.",
    });
  tried.push(remedy);
  if (end.outcome === "gone")
    throw new RefusedError("Somebody else took the lease over, so nothing more was changed");
  if (hasActed(end)) done.push(remedy);
  const setback = setbackOf(end, output);
  if (setback !== undefined) setbacks.push(`${remedy}: ${setback}`);
  progress.obstacle = whatStoodInTheWay(remedy, end, output, parts) ?? progress.obstacle;
  if (remedy === "boot-check") progress.boot = whatTheBootSaid(output, parts);
  return end;
}

/** It finds out what comes after it, and mends nothing by itself. */
const PREPARES: ReadonlySet<RemedyName> = new Set(["boot-check"]);

/** A step that changed nothing mended nothing: there is nothing to wait for. */
export function mayHaveMended(remedy: RemedyName, end: StepEnd): boolean {
  return !PREPARES.has(remedy) && hasActed(end);
}

function hasActed(end: StepEnd): boolean {
  return end.outcome === "ended" ? end.status !== UNFIT : end.outcome === "vanished";
}

/** How it ended; of one that was not done, why, in its own words. */
function outcomeOf(end: StepEnd, output: string): string {
  const unfit = end.outcome === "ended" && end.status === UNFIT;
  // Only in this form: whether anything was changed is read from it.
  const why = unfit ? setbackOf(end, output) : undefined;
  return why?.startsWith("not done: ") ? why : describeEnd(end);
}

/** Why a step was not done or did not work, in its own words; undefined when it says nothing of the kind. */
function setbackOf(end: StepEnd, output: string): string | undefined {
  if (end.outcome === "ended" && end.status === 0) return undefined;
  const said = output.split("\n").findLast((line) => /^(?:not done|it did not work): /.test(line));
  return said?.trim() ?? describeEnd(end);
}

/**
 * A restart destroys what tells why Odoo hangs: where its threads stand, and which locks they wait for. A host that
 * cannot tell is no reason to leave the site down.
 */
async function saveFreeze(host: Host, { target }: Diagnosis, parts: Parts): Promise<string> {
  if (target === undefined) return "";
  const { redactor, evidence, journal, signal } = parts;
  const freeze = await captureFreeze(host, target, redactor, evidence, signal).catch(
    noteThat(parts, "The stacks of the hanging Odoo could not be saved"),
  );
  signal.throwIfAborted();
  if (freeze === undefined) return "";
  const { files, stacks } = freeze;
  journal.append({ kind: "evidence", when: "before", files });
  const leftOut = describeLeftOut(freeze);
  if (leftOut !== undefined) journal.append({ kind: "note", text: leftOut });
  const place = whereThreadsStand(stacks);
  if (place === "") return "";
  journal.append({ kind: "note", text: `Odoo's threads stood in ${place}` });
  return `Its threads stood in ${place}: look there, or it will hang again.`;
}

/** The gate before what cannot be taken back otherwise: without a backup that was read back whole, nothing more is done. */
async function backUp(
  remedy: RemedyName,
  number: number,
  diagnosis: Diagnosis,
  host: Host,
  place: StatePlace,
  inputs: Inputs,
  parts: Parts,
): Promise<Backup> {
  const target = targetOf(diagnosis);
  const database = ifSeen(target.database);
  if (database === undefined)
    throw new RefusedError("Which database to back up is not known", {
      advice: "Name it with `database`.",
    });
  const filestore = removesFiles(remedy, diagnosis);
  const made = await takeBackup(
    host,
    place,
    parts.run,
    `${parts.run.slice(0, 8)}-${number}-backup`,
    { target, database, setup: diagnosis.setup },
    {
      to: inputs.backupTo,
      timeoutMs: inputs.backupTimeoutMs,
      filestore,
      connection: inputs.connection,
    },
    parts,
    parts.signal,
  );
  return { made, place, covers: (other) => filestore || !removesFiles(other, diagnosis) };
}

async function apply(
  name: RemedyName,
  number: number,
  diagnosis: Diagnosis,
  host: Host,
  place: StatePlace,
  { approval }: Progress,
  inputs: Inputs,
  parts: Parts,
): Promise<{ end: StepEnd; output: string }> {
  const step = `${parts.run.slice(0, 8)}-${number}-${name}`;
  parts.journal.append({ kind: "remedy-started", remedy: name, step, key: place.key });
  const seconds = Math.ceil(inputs.commandTimeoutMs / 1000);
  const program = { name: step, seconds, approval, ...REMEDIES[name].program(diagnosis) };
  let output = "";
  const told = tellOutput(parts);
  const end = await runStep(
    host,
    place,
    parts.run,
    program,
    (text) => {
      output += text;
      told.push(text);
    },
    parts.signal,
  ).finally(told.end);
  parts.journal.append({ kind: "remedy-ended", remedy: name, step, outcome: outcomeOf(end, output) });
  return { end, output };
}

/** What a step prints, into the journal: by whole lines, since a secret or a customer's data may go over two pieces. */
export function tellOutput({ journal, redactor }: Parts): { push(text: string): void; end(): void } {
  const stream = redactor.stream();
  const tell = (text: string): void => {
    if (text !== "") journal.append({ kind: "remedy-output", text });
  };
  return { push: (text) => tell(stream.push(text)), end: () => tell(stream.end()) };
}

export function describeEnd(end: StepEnd): string {
  switch (end.outcome) {
    case "ended":
      if (end.status === UNFIT) return "not done: the situation was another by then";
      if (end.status === INEFFECTIVE) return "done, and it did not work";
      return end.status === 0 ? "done" : `failed with status ${end.status}`;
    case "vanished":
      return "vanished: the host was rebooted, or the step was killed";
    case "absent":
      return "never begun: the connection was lost before it arrived";
    case "gone":
      return "not begun: the lease is no longer ours";
    case "unarmed":
      return `not begun: what would put the host back could not be made ready (the droplet said: ${end.why})`;
  }
}

/** Why a step failed, where what it printed tells: a port that is taken, an image that is not there. */
function whatStoodInTheWay(
  remedy: RemedyName,
  end: StepEnd,
  output: string,
  { journal }: Parts,
): SignatureFound | undefined {
  if (end.outcome !== "ended" || end.status === 0 || end.status === UNFIT) return undefined;
  const said = signatureInOutput(output);
  if (said !== undefined) journal.append({ kind: "note", text: `${remedy}: ${said.means} (${said.line})` });
  return said;
}

/** Keeps the evidence of the boot. @returns the finding with what the boot adds to it; undefined when it adds nothing */
function whatTheBootSaid(
  output: string,
  { evidence, journal, redactor }: Parts,
): ((cause: Diagnosis) => string) | undefined {
  const text = redactor.text(output);
  evidence.write("boot-check.log", text);
  const files = [{ name: "boot-check.log", bytes: Buffer.byteLength(text) }];
  journal.append({ kind: "evidence", when: "before", files });
  const { status, failure } = bootFailure(output);
  if (failure !== undefined) return () => `Odoo falls at its start: ${describeFailure(failure)}`;
  return status === 0
    ? ({ finding }) => `${finding}; booted alone it comes up, so it is how it is started or served`
    : undefined;
}
