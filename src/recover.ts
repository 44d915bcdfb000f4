/**
 * A run, from the first look to the verdict: survey, diagnose, and in `recover` mode one remedy after the other, least
 * invasive first, until every layer is good. Knows nothing of GitHub; every effect comes in as an argument.
 */

import { takeBackup } from "./backup/backup.ts";
import { bringHomeEncrypted } from "./backup/home.ts";
import {
  type Diagnosis,
  hostUnreachable,
  isGood,
  isWaiting,
  type RemedyName,
} from "./diagnosis/diagnosis.ts";
import { publicLayer } from "./diagnosis/layers.ts";
import { describeFailure, whereThreadsStand } from "./diagnosis/log.ts";
import { needsBackup, RISK } from "./diagnosis/risk.ts";
import { type SignatureFound, signatureInOutput } from "./diagnosis/signatures/index.ts";
import { HostError, RefusedError } from "./errors.ts";
import { captureEvidence, captureFreeze } from "./evidence/capture.ts";
import { foresee, planningFor, refusedWithPlan } from "./foresee.ts";
import type { Host } from "./host/host.ts";
import type { StatePlace } from "./host/state.ts";
import { runStep, type StepEnd } from "./host/steps/step.ts";
import type { Inputs } from "./inputs/inputs.ts";
import { type BackupMade, recordOf } from "./journal.ts";
import { Leases } from "./leases.ts";
import { openHost, Watch } from "./look.ts";
import { noteThat, type Parts } from "./parts.ts";
import { Permission, type Refusal } from "./permission.ts";
import { removesFiles } from "./plan.ts";
import { bootFailure } from "./remedies/boot-check/boot-check.ts";
import { REMEDIES } from "./remedies/index.ts";
import { INEFFECTIVE, targetOf, UNFIT } from "./remedies/remedy.ts";
import { plainText } from "./survey/raw.ts";
import { ifSeen } from "./survey/survey.ts";
import * as verdicts from "./verdicts.ts";
import { type Verdict, verdictOn } from "./verdicts.ts";
import { confirm, insist, soak, type Verified, verify, waitForOthers } from "./verify.ts";

/** Docker, the database, the stack, nginx and Odoo once more; then its files, what it compiles, and a module. */
const MOST_REMEDIES = 10;
/** A site that comes back during a look is half bad in it; in milliseconds. */
const DOUBT = 3_000;

/** Does what the inputs ask for, and concludes the journal with exactly one verdict. Never throws. */
export async function recover(inputs: Inputs, parts: Parts): Promise<Verdict> {
  const verdict = await attempt(inputs, parts).catch((error: unknown) => verdictOn(error, parts.signal));
  parts.journal.append({ kind: "concluded", ...verdict });
  return verdict;
}

async function attempt(inputs: Inputs, parts: Parts): Promise<Verdict> {
  const host = await reach(inputs, parts).catch((error: unknown) => error);
  if (!isHost(host)) return await lookFromOutside(host, inputs, parts);
  try {
    const watch = new Watch(host, inputs, parts);
    const first = await lookTwiceWhereInDoubt(watch, parts);
    if (isFine(first)) return verdicts.good(first);
    const patience = inputs.mode === "recover" ? inputs.bootWaitMs : graceFor(inputs, parts);
    const quiet = await afterOthers(first, watch, patience, parts);
    const believed = await confirmed(quiet, watch, inputs, parts);
    // Somebody may have begun meanwhile.
    const settled = await afterOthers(believed, watch, patience, parts);
    if (isFine(settled)) return verdicts.cameBack(first, settled);
    const permission = new Permission(inputs, planningFor(host, inputs, parts), parts.clock, parts.event);
    const ending = await endingWithoutAct(settled, host, watch, permission, inputs, parts);
    if (ending === undefined) return await recoverUnderLease(host, watch, settled, permission, inputs, parts);
    await saveEvidence(host, settled, "before", parts, parts.signal).catch(
      noteThat(parts, "The logs could not be saved"),
    );
    return ending;
  } finally {
    await host.close();
  }
}

/** How a run ends that changes nothing on a site that is not fine; undefined where we may act. */
async function endingWithoutAct(
  settled: Diagnosis,
  host: Host,
  watch: Watch,
  permission: Permission,
  inputs: Inputs,
  parts: Parts,
): Promise<Verdict | undefined> {
  if (inputs.mode !== "recover") return foresee(settled, host, inputs, parts);
  if (isWaiting(settled)) return verdicts.waitedInVain(settled, inputs.bootWaitMs);
  const refusal = permission.objectionTo(settled, []);
  if (refusal !== undefined) return await refuse(refusal, settled, host, watch, [], inputs, parts);
  if (inputs.approve !== undefined)
    parts.journal.append({
      kind: "note",
      text: "The plan that was approved is the one for this situation",
    });
  return settled.ladder.length === 0
    ? verdicts.unhealthy(settled, verdicts.whatRecoverWouldDo(settled))
    : undefined;
}

async function recoverUnderLease(
  host: Host,
  watch: Watch,
  first: Diagnosis,
  permission: Permission,
  inputs: Inputs,
  parts: Parts,
): Promise<Verdict> {
  const leases = new Leases(host, parts);
  try {
    await leases.take(first);
    const stopped = AbortSignal.any([parts.signal, leases.lost]);
    await saveEvidence(host, first, "before", parts, stopped);
    const under = { ...parts, signal: stopped };
    const progress = nothingYet();
    const verdict = await climb(host, watch, leases, permission, progress, inputs, under).catch(
      (error: unknown) => refusedOnTheWay(error, progress, stopped),
    );
    await saveEvidence(host, first, "after", parts, stopped).catch(
      noteThat(parts, "The logs after the run could not be saved"),
    );
    await bringBackupHome(progress.backup, host, inputs, under);
    return verdict;
  } finally {
    await leases.giveBack();
  }
}

/** What a run has done so far, and what it learnt on the way. */
interface Progress {
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

function nothingYet(): Progress {
  return {
    tried: [],
    done: [],
    setbacks: [],
    obstacle: undefined,
    hung: "",
    boot: undefined,
    backup: undefined,
  };
}

/** One remedy after the other, each chosen by a fresh look, until the site is good or nothing more is allowed. */
async function climb(
  host: Host,
  watch: Watch,
  leases: Leases,
  permission: Permission,
  progress: Progress,
  inputs: Inputs,
  parts: Parts,
): Promise<Verdict> {
  const { tried, done } = progress;
  let diagnosis = await watch.look("under the lease");
  if (isFine(diagnosis)) return verdicts.good(diagnosis, "Every layer is good: somebody mended it meanwhile");
  const cause = diagnosis;
  while (tried.length < MOST_REMEDIES) {
    diagnosis = await afterOthers(diagnosis, watch, inputs.bootWaitMs, parts, tried);
    if (isWaiting(diagnosis)) return verdicts.waitedInVain(diagnosis, inputs.bootWaitMs);
    if (isFine(diagnosis) && tried.length === 0)
      return verdicts.good(diagnosis, "The site came back by itself");
    if (!isFine(diagnosis)) {
      const refusal = permission.objectionTo({ ...diagnosis, since: cause.since }, tried);
      if (refusal !== undefined) return await refuse(refusal, diagnosis, host, watch, tried, inputs, parts);
      const [remedy] = diagnosis.ladder;
      if (remedy === undefined) break;
      const place = await leases.take(diagnosis);
      const end = await takeStep(remedy, diagnosis, host, place, progress, inputs, parts);
      if (!mayHaveMended(remedy, end)) {
        diagnosis = await watch.look(`after ${remedy}`, tried);
        continue;
      }
      // The lighter looks that follow must not hold pages against rows and files that are no more.
      if (RISK[remedy] !== "restart") await watch.look(`after ${remedy}`, tried);
    }
    const verified = await waitUntilGood(watch, inputs, tried, parts);
    if (verified.good) {
      const lasting = await watchIt(watch, inputs, tried, parts);
      if (!lasting.good) return verdicts.fellBack(cause, done, lasting);
      if (done.length === 0) return verdicts.good(lasting.diagnosis, "The site came back by itself");
      if (done.every((remedy) => RISK[remedy] === "restart"))
        return verdicts.recovered(cause, done, lasting.diagnosis, progress.hung);
      // Lighter looks ask for pages; whether rows and files are in order, only a whole one sees.
      diagnosis = await watch.look("at the end", tried);
      if (isFine(diagnosis)) return verdicts.mended(cause, done, diagnosis);
      continue;
    }
    diagnosis = await watch.look(`after ${tried.at(-1)}`, tried);
  }
  const next =
    progress.obstacle?.advice ??
    (verdicts.whatRecoverWouldDo(diagnosis) || "Look at the logs in the evidence.");
  const verdict = verdicts.unhealthy(
    { ...diagnosis, since: cause.since },
    next,
    done,
    progress.boot?.(cause) ?? withObstacle(diagnosis.finding, progress.obstacle),
  );
  return { ...verdict, detail: [...progress.setbacks, verdict.detail].filter(Boolean).join("\n") };
}

/** A refusal half-way ends the run as any other verdict does: with the logs after it, and what had run before it told. */
function refusedOnTheWay(error: unknown, { done }: Progress, stopped: AbortSignal): Verdict {
  if (!(error instanceof RefusedError) || stopped.aborted) throw error;
  return verdicts.refusedAfter(error, done);
}

/**
 * The copy of the backup that is to be uploaded, when the site was dealt with: whoever waits for the site does not wait for
 * it, and nothing that goes wrong with it changes how the run ended.
 */
async function bringBackupHome(
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
async function takeStep(
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
  tried.push(remedy);
  const { end, output } = await apply(remedy, number, diagnosis, host, place, inputs, parts);
  if (end.outcome === "gone")
    throw new RefusedError("Somebody else took the lease over, so nothing more was changed");
  if (hasActed(end)) done.push(remedy);
  const setback = setbackOf(end, output);
  if (setback !== undefined) setbacks.push(`${remedy}: ${setback}`);
  progress.obstacle = whatStoodInTheWay(remedy, end, output, parts) ?? progress.obstacle;
  if (remedy === "boot-check") progress.boot = whatTheBootSaid(output, parts);
  return end;
}

/**
 * Whether there is nothing that we might mend. A site whose login page is good may be of no use to who has logged in: then
 * its layers are good, and its ladder is not empty.
 */
function isFine(diagnosis: Diagnosis): boolean {
  return isGood(diagnosis) && diagnosis.ladder.length === 0;
}

/** These prepare what comes after them, and mend nothing by themselves. */
const PREPARES: ReadonlySet<RemedyName> = new Set(["boot-check", "quarantine-files"]);

/** A step that changed nothing mended nothing: there is nothing to wait for. */
function mayHaveMended(remedy: RemedyName, end: StepEnd): boolean {
  return !PREPARES.has(remedy) && hasActed(end);
}

function hasActed(end: StepEnd): boolean {
  return end.outcome === "ended" ? end.status !== UNFIT : end.outcome === "vanished";
}

/** Why a step was not done or did not work, in its own words; undefined when it says nothing of the kind. */
function setbackOf(end: StepEnd, output: string): string | undefined {
  if (end.outcome === "ended" && end.status === 0) return undefined;
  const said = output.split("\n").findLast((line) => /^(?:not done|it did not work): /.test(line));
  return said?.trim() ?? describeEnd(end);
}

// ---- The sentences above, spelled out ------------------------------------------------------------------------------

function isHost(opened: unknown): opened is Host {
  return !(opened instanceof Error);
}

function isUnreachable(error: unknown): error is HostError {
  return error instanceof HostError && verdicts.STATUS_OF_PROBLEM[error.problem] === "unreachable";
}

/** Whether it may be there a moment later. A login that was refused is one of few before its address is locked out. */
function isAway(error: unknown): boolean {
  return isUnreachable(error) && error.problem !== "authentication" && error.problem !== "no-shell";
}

/** The host does not answer: what the public gets is all that can be seen. */
async function lookFromOutside(error: unknown, inputs: Inputs, parts: Parts): Promise<Verdict> {
  if (!isUnreachable(error) || parts.signal.aborted || inputs.url === undefined) throw error;
  const layer = publicLayer(await parts.askPublic(inputs.url, parts.signal));
  const diagnosis = hostUnreachable(error.message, error.advice, [layer]);
  parts.journal.append({ kind: "diagnosed", diagnosis: recordOf(diagnosis) });
  const detail = [error.detail, `public: ${layer.why}`].filter(Boolean).join("\n");
  if (layer.state === "good") {
    const headline = `People can work, but we cannot look at the host: ${error.message}`;
    return { status: "degraded", headline, detail, next: error.advice };
  }
  return {
    status: "unreachable",
    headline: `Neither the host nor the site answers: ${error.message}; the site: ${layer.why}`,
    detail,
    next: error.advice || "Look at the droplet on the provider's console.",
  };
}

/** What is bad for no known reason, or for one that may pass, is looked at again before anybody is told so. */
async function lookTwiceWhereInDoubt(watch: Watch, { clock, signal }: Parts): Promise<Diagnosis> {
  const first = await watch.look("first look");
  if (isGood(first) || isWaiting(first) || first.ladder.length > 0) return first;
  await clock.sleep(DOUBT, signal);
  return await watch.look("second look");
}

/** Connects. A host that is away is believed to be so as the user wishes; who was turned away once does not knock again. */
async function reach({ confirmMs }: Inputs, parts: Parts): Promise<Host> {
  return await insist(() => openHost(parts), isAway, confirmMs, parts.clock, parts.signal);
}

/** Who started the run by hand has waited already. */
function graceFor({ graceMs }: Inputs, { event }: Parts): number {
  return event === "" || event === "workflow_dispatch" ? 0 : graceMs;
}

/** Looks on where the site is bad, as long as the user wants that before it is called so. */
async function confirmed(
  diagnosis: Diagnosis,
  watch: Watch,
  { confirmMs }: Inputs,
  { clock, journal, signal }: Parts,
): Promise<Diagnosis> {
  if (isGood(diagnosis) || isWaiting(diagnosis) || confirmMs === 0) return diagnosis;
  journal.append({ kind: "note", text: `Looking on before this is believed: ${diagnosis.finding}` });
  return await confirm(diagnosis, () => watch.look("to confirm"), confirmMs, clock, signal);
}

/** Waits for whoever is at work, so many milliseconds; the diagnosis is then one of a whole look. */
async function afterOthers(
  diagnosis: Diagnosis,
  watch: Watch,
  patienceMs: number,
  { clock, journal, signal }: Parts,
  tried: readonly RemedyName[] = [],
): Promise<Diagnosis> {
  const end = clock.monotonic() + patienceMs;
  let now = diagnosis;
  while (isWaiting(now) && clock.monotonic() < end) {
    journal.append({ kind: "note", text: `Waiting: ${now.finding}` });
    const after = await waitForOthers(
      now,
      () => watch.glance(tried),
      end - clock.monotonic(),
      clock,
      (good, why) => journal.append({ kind: "looked", good, why }),
      signal,
    );
    // One work may be followed by another: an update, and then a boot.
    now = isWaiting(after) ? after : await watch.look("after the wait", tried);
  }
  return now;
}

/** A refusal for want of an approval shows the plan: as the next run will find things, which knows of none that was tried. */
async function refuse(
  { verdict, lacksApproval }: Refusal,
  diagnosis: Diagnosis,
  host: Host,
  watch: Watch,
  tried: readonly RemedyName[],
  inputs: Inputs,
  parts: Parts,
): Promise<Verdict> {
  if (!lacksApproval) return verdict;
  const now = tried.length === 0 ? diagnosis : await watch.look("for the plan");
  return refusedWithPlan(verdict, now, host, inputs, parts);
}

async function saveEvidence(
  host: Host,
  diagnosis: Diagnosis,
  when: "before" | "after",
  parts: Parts,
  signal: AbortSignal,
): Promise<void> {
  const files = await captureEvidence(
    host,
    diagnosis.target?.project,
    when,
    parts.redactor,
    parts.evidence,
    signal,
  );
  parts.journal.append({ kind: "evidence", when, files });
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
  inputs: Inputs,
  parts: Parts,
): Promise<{ end: StepEnd; output: string }> {
  const step = `${parts.run.slice(0, 8)}-${number}-${name}`;
  parts.journal.append({ kind: "remedy-started", remedy: name, step, key: place.key });
  const seconds = Math.ceil(inputs.commandTimeoutMs / 1000);
  const program = { name: step, seconds, ...REMEDIES[name].program(diagnosis) };
  let output = "";
  const told = tellOutput(parts);
  const end = await runStep(
    host,
    place,
    parts.run,
    program,
    (text) => {
      output += plainText(text);
      told.push(plainText(text));
    },
    parts.signal,
  ).finally(told.end);
  parts.journal.append({ kind: "remedy-ended", remedy: name, step, outcome: describeEnd(end) });
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
      return `not begun: what would put the host back could not be made ready (${end.why})`;
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

function withObstacle(finding: string, obstacle: SignatureFound | undefined): string {
  return obstacle === undefined || finding.includes(obstacle.means)
    ? finding
    : `${finding}: ${obstacle.means}`;
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

async function waitUntilGood(
  watch: Watch,
  inputs: Inputs,
  tried: readonly RemedyName[],
  { clock, journal, signal }: Parts,
): Promise<Verified> {
  const began = clock.monotonic();
  const verified = await verify(
    () => watch.glance(tried),
    inputs.bootWaitMs,
    clock,
    (good, why) => journal.append({ kind: "looked", good, why }),
    signal,
  );
  const seconds = Math.round((clock.monotonic() - began) / 1000);
  journal.append({ kind: "verified", outcome: verified.why, passes: verified.passes, seconds });
  return verified;
}

async function watchIt(
  watch: Watch,
  inputs: Inputs,
  tried: readonly RemedyName[],
  { clock, journal, signal }: Parts,
): Promise<Verified> {
  const watched = await soak(
    () => watch.glance(tried),
    inputs.soakMs,
    clock,
    (good, why) => journal.append({ kind: "looked", good, why }),
    signal,
  );
  journal.append({ kind: "diagnosed", diagnosis: recordOf(watched.diagnosis) });
  journal.append({
    kind: "verified",
    outcome: watched.why,
    passes: watched.passes,
    seconds: Math.round(inputs.soakMs / 1000),
  });
  return watched;
}
