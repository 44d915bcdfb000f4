/**
 * A run, from the first look to the verdict: survey, diagnose, and in `recover` mode one remedy after the other, least
 * invasive first, until every layer is good. Knows nothing of GitHub; every effect comes in as an argument.
 */

import { calledRecurrence, foreseeBudget, objectionOfBudget, spendBudget } from "./budget.ts";
import { type Diagnosis, hostUnreachable, isGood, isWaiting } from "./diagnosis/diagnosis.ts";
import { publicLayer } from "./diagnosis/layers.ts";
import type { RemedyName } from "./diagnosis/remedy-name.ts";
import { RISK } from "./diagnosis/risk.ts";
import type { SignatureFound } from "./diagnosis/signatures/index.ts";
import { RefusedError } from "./errors.ts";
import { captureEvidence, describeLeftOut } from "./evidence/capture.ts";
import { foresee, planningFor, refusedWithPlan } from "./foresee.ts";
import type { Host } from "./host/host.ts";
import { removeLeftovers } from "./host/leftovers/leftovers.ts";
import { statePlace } from "./host/state.ts";
import type { Inputs } from "./inputs/inputs.ts";
import { recordOf } from "./journal.ts";
import { Leases } from "./leases.ts";
import { Watch } from "./look.ts";
import { noteThat, type Parts } from "./parts.ts";
import { Permission, type Refusal } from "./permission.ts";
import { bringBackupHome, mayHaveMended, nothingYet, type Progress, takeStep } from "./take-step.ts";
import * as verdicts from "./verdicts.ts";
import { isUnreachable, type Verdict, verdictOn } from "./verdicts.ts";
import {
  afterOthers,
  confirmed,
  graceFor,
  lookOnceMore,
  lookTwiceWhereInDoubt,
  reach,
  waitUntilGood,
  watchIt,
} from "./waiting.ts";

/** Docker, the database, the stack, nginx and Odoo once more; then its files, what it compiles, and a module. */
const MOST_REMEDIES = 10;

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
    const verdict = await actOrSay(host, inputs, parts);
    if (inputs.mode === "recover") await tellLeftovers(host, parts);
    return verdict;
  } finally {
    await host.close();
  }
}

async function actOrSay(host: Host, inputs: Inputs, parts: Parts): Promise<Verdict> {
  const watch = new Watch(host, inputs, parts);
  const first = await lookTwiceWhereInDoubt(watch, parts);
  if (isFine(first)) return verdicts.good(first);
  const patience = inputs.mode === "recover" ? inputs.bootWaitMs : graceFor(inputs, parts);
  const quiet = await afterOthers(first, watch, patience, parts);
  const believed = await confirmed(quiet, watch, inputs, parts);
  // Somebody may have begun meanwhile; who was waited for in vain is not waited for twice.
  const settled = isWaiting(quiet) ? quiet : await afterOthers(believed, watch, patience, parts);
  if (isFine(settled)) return verdicts.cameBack(first, settled);
  const permission = new Permission(inputs, planningFor(host, inputs, parts), parts);
  const ending = await endingWithoutAct(settled, host, watch, permission, inputs, parts);
  if (ending === undefined) return await recoverUnderLease(host, watch, settled, permission, inputs, parts);
  await saveEvidence(host, settled, "before", parts, parts.signal).catch(
    noteThat(parts, "The logs could not be saved"),
  );
  return ending;
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
  if (inputs.mode !== "recover")
    return await foreseeBudget(foresee(settled, host, inputs, parts), settled, host, inputs, parts);
  if (isWaiting(settled)) return verdicts.waitedInVain(settled, inputs.bootWaitMs);
  const refusal =
    permission.objectionTo(settled, []) ?? (await permission.objectionToReview(settled, parts.signal));
  if (refusal !== undefined) return await refuse(refusal, settled, host, watch, [], inputs, parts);
  if (inputs.approve !== undefined) noteApproval(permission, parts);
  return settled.ladder.length === 0
    ? verdicts.unhealthy(settled, verdicts.whatRecoverWouldDo(settled))
    : await objectionOfBudget(settled, host, inputs, parts);
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
    const progress = nothingYet(permission.approval);
    const verdict = await climb(host, watch, leases, permission, progress, inputs, under).catch(
      (error: unknown) => refusedOnTheWay(error, progress, stopped),
    );
    const recorded = parts.journal.entries.findLast((entry) => entry.kind === "recovery-recorded");
    const told = calledRecurrence(verdict, recorded);
    await saveEvidence(host, first, "after", parts, stopped).catch(
      noteThat(parts, "The logs after the run could not be saved"),
    );
    await bringBackupHome(progress.backup, host, inputs, under);
    return told;
  } finally {
    await leases.giveBack();
  }
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
    if (watch.stops.stopped() !== undefined) diagnosis = await lookOnceMore(watch, tried, parts);
    const stopped = watch.stops.stopped();
    if (stopped !== undefined) return verdicts.stoppedByOthers(diagnosis, stopped.name, done);
    if (isFine(diagnosis) && tried.length === 0)
      return verdicts.good(diagnosis, "The site came back by itself");
    if (!isFine(diagnosis)) {
      const refusal = permission.objectionTo({ ...diagnosis, since: cause.since }, tried);
      if (refusal !== undefined) return await refuse(refusal, diagnosis, host, watch, tried, inputs, parts);
      const [remedy] = diagnosis.ladder;
      if (remedy === undefined) break;
      const place = await leases.take(diagnosis);
      if (tried.length === 0) {
        const spent = await spendBudget(diagnosis, remedy, host, place, inputs, parts);
        if (spent !== undefined) return spent;
      }
      watch.stops.forget();
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
      if (!lasting.good) return verdicts.fellBack(cause, done, lasting, watch.stops.stopped()?.name);
      if (done.length === 0) return verdicts.good(lasting.diagnosis, "The site came back by itself");
      // Lighter looks ask for pages. Whether rows and files are in order only a whole one sees, and it alone knows of nothing
      // that could not be seen while the site was down.
      diagnosis = await watch.look("at the end", tried);
      const restarted = done.every((remedy) => RISK[remedy] === "restart");
      if (restarted && isGood(diagnosis)) return verdicts.recovered(cause, done, diagnosis, progress.hung);
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
 * Whether there is nothing that we might mend. A site whose login page is good may be of no use to who has logged in: then
 * its layers are good, and its ladder is not empty.
 */
function isFine(diagnosis: Diagnosis): boolean {
  return isGood(diagnosis) && diagnosis.ladder.length === 0;
}

// ---- The sentences above, spelled out ------------------------------------------------------------------------------

function isHost(opened: unknown): opened is Host {
  return !(opened instanceof Error);
}

/** A run that may write removes what runs that were killed left, and says so. That it cannot is no matter of this run. */
async function tellLeftovers(host: Host, { journal, signal }: Parts): Promise<void> {
  const removed = await removeLeftovers(host, statePlace("any"), signal).catch(() => []);
  for (const { run, step } of removed)
    journal.append({
      kind: "note",
      text: `An earlier run${run === undefined ? "" : ` (${run})`} was killed and left files on the droplet${step === undefined ? "" : `, the last of its step ${step}`}: they are removed`,
    });
}

function noteApproval({ approval, reviewedByItsStarter }: Permission, { journal }: Parts): void {
  const text = `The plan that was approved is the one for this situation (${approval})`;
  journal.append({ kind: "note", text });
  if (reviewedByItsStarter)
    journal.append({
      kind: "note",
      text: "The reviewer is also the person who started the run. To rule that out, switch on “Prevent self-review” in the environment",
    });
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
  const captured = await captureEvidence(
    host,
    diagnosis.target?.project,
    when,
    parts.redactor,
    parts.evidence,
    signal,
  );
  parts.journal.append({ kind: "evidence", when, files: captured.files });
  const leftOut = describeLeftOut(captured);
  if (leftOut !== undefined) parts.journal.append({ kind: "note", text: leftOut });
}

function withObstacle(finding: string, obstacle: SignatureFound | undefined): string {
  return obstacle === undefined || finding.includes(obstacle.means)
    ? finding
    : `${finding}: ${obstacle.means}`;
}
