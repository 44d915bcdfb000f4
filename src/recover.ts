/**
 * A run, from the first look to the verdict: survey, diagnose, and in `recover` mode one remedy after the other, least
 * invasive first, until every layer is good. Knows nothing of GitHub; every effect comes in as an argument.
 */

import type { Clock } from "./clock.ts";
import { type Diagnosis, diagnose, type RemedyName } from "./diagnosis/diagnosis.ts";
import { HostError, InputError, RefusedError } from "./errors.ts";
import { captureEvidence, type EvidenceStore } from "./evidence/capture.ts";
import { Host } from "./host/host.ts";
import { acquireLease, keepLease, releaseLease } from "./host/lease/lease.ts";
import { type StatePlace, stateKey, statePlace } from "./host/state.ts";
import { followStep, runStep, type StepEnd } from "./host/steps/step.ts";
import type { Transport } from "./host/transport.ts";
import type { Inputs } from "./inputs/inputs.ts";
import { type Entry, type EventOf, type Journal, recordOf, type Status } from "./journal.ts";
import type { Redactor } from "./redactor.ts";
import { REMEDIES } from "./remedies/index.ts";
import { plainText } from "./survey/parse.ts";
import { takeSurvey } from "./survey/take.ts";
import { type Look, soak, type Verified, verify } from "./verify.ts";

export interface Parts {
  readonly connect: () => Promise<Transport>;
  readonly clock: Clock;
  readonly journal: Journal;
  readonly redactor: Redactor;
  readonly evidence: EvidenceStore;
  /** 32 hexadecimal digits that were never used before. */
  readonly nonce: () => string;
  /** This run's token: it owns the lease and names the steps. */
  readonly run: string;
  /** For people who find our lease: who runs this, and where to look. */
  readonly who: string;
  /** Told values that the runner must mask in its log. */
  readonly mask: (secrets: readonly string[]) => void;
  /** Fires when a person stops the run. */
  readonly signal: AbortSignal;
}

/** How a run ended, for the first lines of the summary. */
export interface Verdict {
  readonly status: Status;
  /** One sentence: what is broken, and whether it is mended. */
  readonly headline: string;
  /** Particulars; may be empty. */
  readonly detail: string;
  /** What a person must do next; empty when nothing. */
  readonly next: string;
}

const LOG_LINES = 200;
const LOG_LINES_WHILE_WAITING = 3;
/** Odoo's registry loads silently for a minute on a small droplet; a database's crash recovery too. */
const STALL = 120_000;
const MOST_REMEDIES = 4;

/** Does what the inputs ask for, and concludes the journal with exactly one verdict. Never throws. */
export async function recover(inputs: Inputs, parts: Parts): Promise<Verdict> {
  const verdict = await attempt(inputs, parts).catch((error: unknown) => verdictOn(error, parts.signal));
  parts.journal.append({ kind: "concluded", ...verdict });
  return verdict;
}

async function attempt(inputs: Inputs, parts: Parts): Promise<Verdict> {
  const host = await openHost(parts);
  try {
    const first = await lookAt(host, inputs, parts, "first look");
    if (first.cause === "healthy") return healthy(first);
    if (inputs.mode === "check") return unhealthy(first, whatRecoverWouldDo(first));
    if (inputs.mode === "plan") return plan(first, parts);
    if (first.ladder.length === 0) return unhealthy(first, first.advice);
    return await recoverUnderLease(host, first, inputs, parts);
  } finally {
    await host.close();
  }
}

async function recoverUnderLease(
  host: Host,
  first: Diagnosis,
  inputs: Inputs,
  parts: Parts,
): Promise<Verdict> {
  const place = placeOf(first);
  await takeLease(host, place, parts);
  const work = new AbortController();
  const stopped = AbortSignal.any([parts.signal, work.signal]);
  const stopBeating = keepLease(host, place, parts.run, () => {
    parts.journal.append({ kind: "lease-lost" });
    work.abort(new RefusedError("Somebody else took the lease over, so we stopped"));
  });
  try {
    await saveEvidence(host, first, "before", parts, stopped);
    const verdict = await climb(host, place, inputs, { ...parts, signal: stopped });
    await saveEvidence(host, first, "after", parts, stopped).catch(
      noteThat(parts, "The logs after the run could not be saved"),
    );
    return verdict;
  } finally {
    stopBeating();
    await giveLeaseBack(host, place, parts);
  }
}

/** One remedy after the other, each chosen by a fresh look, until the site is good or nothing more is allowed. */
async function climb(host: Host, place: StatePlace, inputs: Inputs, parts: Parts): Promise<Verdict> {
  const tried: RemedyName[] = [];
  let diagnosis = await lookAt(host, inputs, parts, "under the lease");
  if (diagnosis.cause === "healthy") {
    return {
      ...healthy(diagnosis),
      headline: "Every layer is good: somebody mended it meanwhile; nothing was changed",
    };
  }
  const cause = diagnosis;
  while (tried.length < MOST_REMEDIES) {
    const [remedy] = diagnosis.ladder;
    if (remedy === undefined) break;
    tried.push(remedy);
    const end = await apply(remedy, tried.length, diagnosis, host, place, inputs, parts);
    if (end.outcome === "gone")
      throw new RefusedError("Somebody else took the lease over, so nothing more was changed");
    const verified = await waitUntilGood(host, inputs, tried, parts);
    if (verified.good) {
      const lasting = await watchIt(host, inputs, tried, parts);
      return lasting.good ? recovered(cause, tried, lasting.diagnosis) : fellBack(cause, tried, lasting);
    }
    diagnosis = await lookAt(host, inputs, parts, `after ${remedy}`, tried);
  }
  return unhealthy(diagnosis, diagnosis.advice || "Look at the logs in the evidence.", tried);
}

// ---- The sentences above, spelled out ------------------------------------------------------------------------------

async function openHost(parts: Parts): Promise<Host> {
  const { journal } = parts;
  const host = await Host.open({
    connect: parts.connect,
    clock: parts.clock,
    nonce: parts.nonce,
    onConnection: (event, detail) => journal.append({ kind: "connection", event, detail }),
  });
  journal.append({ kind: "connected", host: host.description, identity: host.identity });
  return host;
}

async function lookAt(
  host: Host,
  inputs: Inputs,
  parts: Parts,
  purpose: string,
  tried: readonly RemedyName[] = [],
): Promise<Diagnosis> {
  const began = parts.clock.monotonic();
  const { survey } = await takeSurvey(host, inputs, LOG_LINES, learnInto(parts), parts.signal);
  if (survey.host.observed) host.become(survey.host.value.privilege);
  parts.journal.append({
    kind: "surveyed",
    purpose,
    milliseconds: Math.round(parts.clock.monotonic() - began),
  });
  const diagnosis = diagnose(survey, inputs, tried);
  parts.journal.append({ kind: "diagnosed", diagnosis: recordOf(diagnosis) });
  return diagnosis;
}

/** A look that only asks whether the site is good now, and whether Odoo's log advances. */
async function glance(host: Host, inputs: Inputs, parts: Parts, tried: readonly RemedyName[]): Promise<Look> {
  const { survey } = await takeSurvey(host, inputs, LOG_LINES_WHILE_WAITING, learnInto(parts), parts.signal);
  const diagnosis = diagnose(survey, inputs, tried);
  const odoo = diagnosis.target?.odoo?.id;
  const log = survey.logs.observed && odoo !== undefined ? survey.logs.value.get(odoo) : undefined;
  return { diagnosis, progress: log ?? "" };
}

function learnInto({ redactor, mask }: Parts): (secrets: readonly string[]) => void {
  return (secrets) => mask(redactor.learn(secrets));
}

async function takeLease(host: Host, place: StatePlace, parts: Parts): Promise<void> {
  const acquisition = await acquireLease(host, place, parts.run, parts.who);
  if (acquisition.outcome === "held") {
    const { who, since, ageSeconds, step } = acquisition.by;
    throw new RefusedError(`Another recovery is at work on this project: ${who}`, {
      detail: `It holds the lease since ${since}; its last heartbeat was ${ageSeconds} s ago${step ? `; its last step is ${step}` : ""}.`,
      advice:
        "Wait for it, or look at it. A lease without a heartbeat for two minutes can be taken over by running again.",
    });
  }
  const takenOver =
    acquisition.outcome === "taken-over"
      ? `from ${acquisition.from.who} (${acquisition.reason})${
          acquisition.from.step
            ? `; its step ${acquisition.from.step} left the status ${acquisition.from.stepStatus}`
            : ""
        }`
      : undefined;
  parts.journal.append({ kind: "lease-taken", key: place.key, owner: parts.run, takenOver });
}

async function giveLeaseBack(host: Host, place: StatePlace, parts: Parts): Promise<void> {
  try {
    parts.journal.append({ kind: "lease-released", outcome: await releaseLease(host, place, parts.run) });
  } catch (error) {
    noteThat(parts, "The lease could not be given back; it runs out by itself")(error);
  }
}

async function saveEvidence(
  host: Host,
  diagnosis: Diagnosis,
  when: "before" | "after",
  parts: Parts,
  signal: AbortSignal,
): Promise<void> {
  const project = diagnosis.target?.project.name ?? "";
  const files = await captureEvidence(host, project, when, parts.redactor, parts.evidence, signal);
  parts.journal.append({ kind: "evidence", when, files });
}

async function apply(
  name: RemedyName,
  number: number,
  diagnosis: Diagnosis,
  host: Host,
  place: StatePlace,
  inputs: Inputs,
  parts: Parts,
): Promise<StepEnd> {
  const { target } = diagnosis;
  if (target === undefined) throw new RefusedError("There is no target to act on");
  const step = `${parts.run.slice(0, 8)}-${number}-${name}`;
  parts.journal.append({ kind: "remedy-started", remedy: name, step });
  const seconds = Math.ceil(inputs.commandTimeoutMs / 1000);
  const program = { name: step, seconds, ...REMEDIES[name].program(target) };
  const end = await runStep(host, place, parts.run, program, outputInto(parts), parts.signal);
  parts.journal.append({ kind: "remedy-ended", remedy: name, step, outcome: describeEnd(end) });
  return end;
}

function outputInto({ journal }: Parts): (text: string) => void {
  return (text) => journal.append({ kind: "remedy-output", text: plainText(text) });
}

function describeEnd(end: StepEnd): string {
  switch (end.outcome) {
    case "ended":
      return end.status === 0 ? "done" : `failed with status ${end.status}`;
    case "vanished":
      return "vanished: the host was rebooted, or the step was killed";
    case "absent":
      return "never begun: the connection was lost before it arrived";
    case "gone":
      return "not begun: the lease is no longer ours";
  }
}

async function waitUntilGood(
  host: Host,
  inputs: Inputs,
  tried: readonly RemedyName[],
  parts: Parts,
): Promise<Verified> {
  const { clock, journal, signal } = parts;
  const began = clock.monotonic();
  const verified = await verify(
    () => glance(host, inputs, parts, tried),
    { bootWaitMs: inputs.bootWaitMs, stallMs: Math.min(STALL, inputs.bootWaitMs) },
    clock,
    (good, why) => journal.append({ kind: "looked", good, why }),
    signal,
  );
  const seconds = Math.round((clock.monotonic() - began) / 1000);
  journal.append({ kind: "verified", outcome: verified.why, passes: verified.passes, seconds });
  return verified;
}

async function watchIt(
  host: Host,
  inputs: Inputs,
  tried: readonly RemedyName[],
  parts: Parts,
): Promise<Verified> {
  const { clock, journal, signal } = parts;
  const watched = await soak(
    () => glance(host, inputs, parts, tried),
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

function plan(diagnosis: Diagnosis, { journal }: Parts): Verdict {
  const { target } = diagnosis;
  if (diagnosis.cause === "ambiguous-target" || target === undefined)
    return unhealthy(diagnosis, diagnosis.advice);
  journal.append({
    kind: "planned",
    steps: diagnosis.ladder.map((name) => ({
      remedy: name,
      risk: REMEDIES[name].risk,
      program: REMEDIES[name].commands(target),
    })),
  });
  return {
    status: "planned",
    headline: `The site is down: ${diagnosis.finding}. Nothing was changed: this was a plan`,
    detail: "",
    next: whatRecoverWouldDo(diagnosis),
  };
}

function placeOf({ target }: Diagnosis): StatePlace {
  if (target === undefined) throw new RefusedError("There is no target to act on");
  return statePlace(stateKey(target.project.name, target.project.directory));
}

function noteThat({ journal }: Parts, text: string): (error: unknown) => void {
  return (error) => journal.append({ kind: "note", text: `${text}: ${messageOf(error)}` });
}

// ---- Verdicts ------------------------------------------------------------------------------------------------------

function healthy(diagnosis: Diagnosis): Verdict {
  return {
    status: "healthy",
    headline: "Every layer is good; nothing was changed",
    detail: "",
    next: aboutDrift(diagnosis),
  };
}

function recovered(cause: Diagnosis, tried: readonly RemedyName[], now: Diagnosis): Verdict {
  return {
    status: "recovered",
    headline: `The site is back. Found: ${cause.finding}. Done: ${tried.join(", then ")}`,
    detail: "",
    next: aboutDrift(now),
  };
}

function fellBack(cause: Diagnosis, tried: readonly RemedyName[], watched: Verified): Verdict {
  return {
    status: "unhealthy",
    headline: `The site came back after ${tried.join(", then ")} and fell again`,
    detail: `At first ${cause.finding}.\nThen it ${watched.why}.`,
    next: "Look at the logs in the evidence: something takes it down again.",
  };
}

/** Bad, ambiguous or not fully seen: which of them, by what the layers say. */
function unhealthy(diagnosis: Diagnosis, next: string, tried: readonly RemedyName[] = []): Verdict {
  const done = tried.length === 0 ? "" : `; ${tried.join(", then ")} did not mend it`;
  const verdict = (status: Status, opening: string): Verdict => ({
    status,
    headline: `${opening}: ${diagnosis.finding}${done}`,
    detail: diagnosis.evidence.join("\n"),
    next,
  });
  if (diagnosis.cause === "ambiguous-target") return verdict("refused", "Nothing was looked at further");
  const at = (name: string): string | undefined =>
    diagnosis.layers.find((layer) => layer.name === name)?.state;
  if (diagnosis.layers.some((layer) => layer.state === "bad"))
    return verdict("unhealthy", "The site is down");
  // People can work when either vantage hands out the login page; what else could not be seen is said.
  if (at("direct") === "good" || at("proxy") === "good") return verdict("degraded", "People can work");
  return verdict("unknown", "Whether the site is up is not known");
}

function whatRecoverWouldDo({ ladder, advice }: Diagnosis): string {
  const [remedy] = ladder;
  if (remedy === undefined) return advice;
  return `Run again with \`mode: recover\`: it would begin with ${remedy}, which ${REMEDIES[remedy].does}.`;
}

function aboutDrift({ drift }: Diagnosis): string {
  return drift.length === 0
    ? ""
    : "Look at the drift below before anyone recreates the containers; we applied none of it.";
}

/** What an error means for the run. */
export function verdictOn(error: unknown, signal?: AbortSignal): Verdict {
  if (signal?.aborted && !(error instanceof RefusedError)) {
    return {
      status: "cancelled",
      headline: "The run was stopped by hand before it had a verdict",
      detail: "",
      next: "Check the site, then run again.",
    };
  }
  if (error instanceof InputError || error instanceof RefusedError) {
    return { status: "refused", headline: error.message, detail: error.detail, next: error.advice };
  }
  if (error instanceof HostError) {
    const status = STATUS_OF_PROBLEM[error.problem];
    return { status, headline: error.message, detail: error.detail, next: error.advice };
  }
  return {
    status: "unknown",
    headline: `Odoo Recover itself failed: ${messageOf(error)}`,
    detail: error instanceof Error ? (error.stack ?? "") : "",
    next: "Check the site by hand, and report this failure.",
  };
}

const STATUS_OF_PROBLEM: Readonly<Record<HostError["problem"], Status>> = {
  unresolved: "unreachable",
  closed: "unreachable",
  silent: "unreachable",
  jump: "unreachable",
  authentication: "unreachable",
  "no-shell": "unreachable",
  "host-key": "refused",
  lost: "unknown",
  "timed-out": "unknown",
  nonsense: "unknown",
};

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/**
 * After a run that did not conclude (killed, cancelled): puts the host right. Waits for a step that still runs, gives
 * the lease back, and says how the site is now. Concludes the journal.
 *
 * @param entries the journal of that run, as far as it was saved
 */
export async function tidyUp(entries: readonly Entry[], inputs: Inputs, parts: Parts): Promise<Verdict> {
  const verdict = await tidy(entries, inputs, parts).catch((error: unknown) => verdictOn(error));
  parts.journal.append({ kind: "concluded", ...verdict });
  return verdict;
}

async function tidy(entries: readonly Entry[], inputs: Inputs, parts: Parts): Promise<Verdict> {
  const taken = entries.findLast((entry): entry is EventOf<"lease-taken"> => entry.kind === "lease-taken");
  const host = await openHost(parts);
  try {
    await lookAt(host, inputs, parts, "after the run was stopped");
    let undone = "Nothing had been changed.";
    if (taken !== undefined) {
      const place = statePlace(taken.key);
      undone = await endSteps(entries, host, place, parts);
      await giveLeaseBack(host, place, parts);
    }
    const last = await lookAt(host, inputs, parts, "last look");
    return {
      status: "cancelled",
      headline: `The run was stopped. The site now: ${last.finding}`,
      detail: `${undone}\n${last.evidence.join("\n")}`.trim(),
      next: last.cause === "healthy" ? "" : whatRecoverWouldDo(last),
    };
  } finally {
    await host.close();
  }
}

/** Follows every step that was begun and of whose end we do not know. */
async function endSteps(
  entries: readonly Entry[],
  host: Host,
  place: StatePlace,
  parts: Parts,
): Promise<string> {
  const ended = new Set(entries.filter((entry) => entry.kind === "remedy-ended").map((entry) => entry.step));
  const begun = entries.filter((entry) => entry.kind === "remedy-started");
  const told: string[] = [];
  for (const { step, remedy } of begun) {
    if (ended.has(step)) {
      told.push(`${remedy} had ended before.`);
      continue;
    }
    const end = await followStep(host, place, step, outputInto(parts), parts.signal);
    parts.journal.append({ kind: "remedy-ended", remedy, step, outcome: describeEnd(end) });
    told.push(`${remedy} ran on and is ${describeEnd(end)}.`);
  }
  return told.join(" ") || "Nothing had been changed.";
}
