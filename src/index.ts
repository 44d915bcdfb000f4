/**
 * Where the action begins: the main step, and the post step that puts the host right after a run that was killed.
 * The only file that reads the environment.
 */

import "./commonjs-globals.ts";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import * as core from "@actions/core";
import type { Clock } from "./clock.ts";
import { messageOf } from "./errors.ts";
import { evidenceIn } from "./evidence/store.ts";
import { connect } from "./host/connect.ts";
import type { Inputs } from "./inputs/inputs.ts";
import { type InputName, NAME_INPUTS, type RawInputs, SECRET_INPUTS } from "./inputs/names.ts";
import { parseInputs } from "./inputs/parse.ts";
import { type Entry, Journal, type JournalSink } from "./journal.ts";
import { oneLine, sentence } from "./lib/line.ts";
import { appendOwn, makeFolders, readOwn, writeOwn } from "./lib/own-file.ts";
import type { Parts } from "./parts.ts";
import { recover } from "./recover.ts";
import { Redactor } from "./redaction/redactor.ts";
import { type Shipment, shipBackup, shipEvidence, worthKeeping } from "./report/artifacts.ts";
import { consoleLine, openConsoleLine } from "./report/console.ts";
import {
  annotationOf,
  exitCodeOf,
  hasSeen,
  type Outputs,
  openOutputsOf,
  outputsOf,
} from "./report/outputs.ts";
import { reportOf, type Workflow } from "./report/report-json.ts";
import { openSummaryOf, summaryOf } from "./report/summary.ts";
import { type Visibility, visibilityOf } from "./report/visibility.ts";
import { startedBy, starterOf, whyUnattended } from "./starter.ts";
import { askPublic } from "./survey/public.ts";
import { leasesHeld, tidyUp } from "./tidy-up.ts";
import { cutShort, verdictOn } from "./verdicts.ts";
import { VERSION } from "./version.ts";

/** The file that the runner starts for the post step (post.ts). */
const POST_FILE = "post.js";
const STATE_DIRECTORY = "report_directory";
/** Written last: where it is, the run was told whole. */
const REPORT = "report.json";
/** After the verdict nothing is awaited any more: a socket that will not close must not keep the runner. */
const LAST_BREATH = 2_000;
/**
 * Milliseconds that a stopped run has to leave the host in order. The runner kills the step after 7.5 s, and summary and
 * outputs must be written by then, whatever the link does. The post step has minutes for the rest.
 */
const TIME_TO_STOP = 4_000;
/** What the lease keeps of who holds it; in characters. */
const LONGEST_WHO = 200;

const clock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: async (ms, signal) => {
    // Node's own rejection is an AbortError that only names the reason as its cause.
    await sleep(ms, undefined, { signal }).catch(() => signal?.throwIfAborted());
  },
};
const nonce = (): string => randomBytes(16).toString("hex");

async function main(): Promise<void> {
  const run = nonce();
  const directory = join(process.env.RUNNER_TEMP || tmpdir(), `odoo-recover-${run.slice(0, 8)}`);
  whereThereIsRoom(directory, () => makeFolders(directory));
  whereThereIsRoom("GITHUB_STATE", () => core.saveState(STATE_DIRECTORY, directory));
  const { redactor, raw } = redactorKnowingInputs();
  const journal = new Journal(clock, redactor, [fileSink(directory), logSink()]);
  const stop = stopSignal();
  let inputs: Inputs | undefined;
  try {
    inputs = parseInputs(raw, (path) => readFileSync(path, "utf8"));
    journal.append({
      kind: "started",
      mode: inputs.mode,
      version: VERSION,
      run,
      host: hostName(inputs),
      unattended: whyUnattended(starterOf(process.env)) !== undefined,
    });
    const recovering = recover(inputs, partsFor(run, inputs, directory, journal, redactor, stop));
    if ((await Promise.race([recovering, afterStop(stop)])) === undefined)
      journal.append({ kind: "concluded", ...cutShort() });
  } catch (error) {
    journal.append({ kind: "concluded", ...verdictOn(error) });
  }
  journal.close();
  await report(journal.entries, directory);
  annotate(journal.entries, directory);
  process.exitCode = exitCodeOf(outputsOf(journal.entries, directory).status, inputs?.failOn ?? "unhealthy");
  // The few seconds of a run that was stopped are not enough; its post step has minutes.
  if (stop.aborted) process.exit();
  if (inputs !== undefined) await ship([], journal, directory, inputs, stop);
}

/** Resolves when a run that was stopped has had its time. */
async function afterStop(stop: AbortSignal): Promise<undefined> {
  if (!stop.aborted) await once(stop, "abort");
  await sleep(TIME_TO_STOP, undefined, { ref: false });
}

/**
 * Runs after the main step, however that ended, with minutes where a cancelled main step has seconds.
 *
 * @param directory empty where the main step ended before it did anything
 */
async function post(directory: string): Promise<void> {
  if (directory === "") return;
  try {
    const before = savedEntries(directory);
    const started = before.find((entry) => entry.kind === "started");
    if (started === undefined) return;
    const told = before.some((entry) => entry.kind === "concluded") && leasesHeld(before).length === 0;
    // Killed between its verdict and its report, or before that was uploaded.
    if (told && existsSync(join(directory, REPORT)) && !owesArtifact(before)) return;
    const { redactor, raw } = redactorKnowingInputs();
    const inputs = parseInputs(raw, (path) => readFileSync(path, "utf8"));
    const journal = new Journal(clock, redactor, [fileSink(directory), logSink(before)]);
    const stop = stopSignal();
    if (!told)
      await tidyUp(before, inputs, partsFor(started.run, inputs, directory, journal, redactor, stop));
    await report([...before, ...journal.entries], directory);
    if (!told) annotate([...before, ...journal.entries], directory);
    await ship(before, journal, directory, inputs, stop);
  } catch (error) {
    warn(
      visibility() === "open"
        ? "Putting the host right after the stopped run failed"
        : `Putting the host right after the stopped run failed: ${messageOf(error)}`,
    );
  }
}

function redactorKnowingInputs(): { redactor: Redactor; raw: RawInputs } {
  const raw: Record<string, string | undefined> = {};
  for (const [name, value] of Object.entries(process.env)) {
    if (name.startsWith("INPUT_")) raw[name.slice("INPUT_".length).toLowerCase()] = value;
  }
  const redactor = new Redactor();
  const valuesOf = (names: readonly InputName[]): string[] => names.flatMap((name) => raw[name] ?? []);
  mask(redactor.learn(valuesOf(SECRET_INPUTS), valuesOf(NAME_INPUTS)));
  return { redactor, raw };
}

function mask(secrets: readonly string[]): void {
  for (const secret of secrets) core.setSecret(secret);
}

function partsFor(
  run: string,
  inputs: Inputs,
  directory: string,
  journal: Journal,
  redactor: Redactor,
  signal: AbortSignal,
): Parts {
  return {
    connect: () => connect(inputs.connection, { log: (text) => journal.append({ kind: "note", text }) }),
    askPublic: (url, signal) => askPublic(url, clock, signal),
    clock,
    journal,
    redactor,
    evidence: evidenceIn(join(directory, "evidence")),
    reportDirectory: directory,
    nonce,
    run,
    who: whoRuns(),
    starter: starterOf(process.env),
    confirmReview: async ({ environment, token }, signal) => {
      const [{ GitHubApi }, { confirmReview }] = await Promise.all([
        import("./github/api.ts"),
        import("./github/review.ts"),
      ]);
      const { GITHUB_API_URL: url, GITHUB_REPOSITORY: repository, GITHUB_RUN_ID: run } = process.env;
      const api = new GitHubApi({ url: url || "https://api.github.com", token, clock });
      return await confirmReview(api, { repository: repository ?? "", run: run ?? "", environment }, signal);
    },
    mask,
    signal,
  };
}

/** The runner cancels with SIGINT, then SIGTERM after 7.5 s, and kills after another 2.5 s. */
function stopSignal(): AbortSignal {
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => stop.abort(new Error(`stopped by ${signal}`)));
  }
  return stop.signal;
}

/** For the lease: who runs this, and where to look. */
function whoRuns(): string {
  const { url } = workflow();
  return url === ""
    ? `a run outside of a workflow (process ${process.pid})`
    : oneLine(`${startedBy(starterOf(process.env))}, ${url}`, LONGEST_WHO);
}

/** An annotation is one line, whatever an error says. */
function warn(text: string): void {
  core.warning(sentence(text));
}

function workflow(): Workflow {
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository = "", GITHUB_RUN_ID: run } = process.env;
  const url = server && repository && run ? `${server}/${repository}/actions/runs/${run}` : "";
  return { repository, event: process.env.GITHUB_EVENT_NAME ?? "", url };
}

function hostName({ connection }: Inputs): string {
  return connection.kind === "local" ? "local" : `${connection.target.host}:${connection.target.port}`;
}

function fileSink(directory: string): JournalSink {
  const path = join(directory, "journal.jsonl");
  return {
    append: (entry) =>
      whereThereIsRoom(path, () => {
        if (!appendOwn(path, `${JSON.stringify(entry)}\n`))
          warnOnce(path, "its name belonged to something else, which was removed, and the file begins again");
      }),
  };
}

const warned = new Set<string>();

function warnOnce(path: string, why: string): void {
  if (!warned.has(path)) warn(`${path} could not be written: ${why}`);
  warned.add(path);
}

/** A runner's disk that is full changes no verdict: the file is missing then, which is said once. */
function whereThereIsRoom(path: string, write: () => void): void {
  try {
    write();
  } catch (error) {
    warnOnce(path, messageOf(error));
  }
}

/**
 * The step's log; a look that saw the same as the one before says nothing new.
 *
 * @param before what an earlier step of the same run wrote
 */
function logSink(before: readonly Entry[] = []): JournalSink {
  let lookedLast: string | undefined;
  const entries = [...before];
  return {
    append: (entry) => {
      entries.push(entry);
      const looked = entry.kind === "looked" ? entry.why : undefined;
      if (looked !== undefined && looked === lookedLast) return;
      lookedLast = looked;
      // What ended before anything was seen tells of the inputs alone.
      const told = entry.kind !== "concluded" || hasSeen(entries);
      const line = visibility() === "open" && told ? openConsoleLine(entry, entries) : consoleLine(entry);
      if (line !== undefined) core.info(line);
    },
  };
}

/** The journal as a killed run left it; its last line may be cut. */
function savedEntries(directory: string): Entry[] {
  const lines = readOwn(join(directory, "journal.jsonl")).split("\n");
  return lines.flatMap((line) => {
    try {
      return [JSON.parse(line) as Entry];
    } catch {
      return [];
    }
  });
}

/** Tells the run, in whole; what was told of it before is replaced. */
async function report(entries: readonly Entry[], directory: string): Promise<void> {
  const whole = summaryOf(entries, join(directory, "evidence"));
  const summary = join(directory, "summary.md");
  whereThereIsRoom(summary, () => writeOwn(summary, whole));
  for (const [name, value] of Object.entries(outputs(entries, directory)))
    whereThereIsRoom("GITHUB_OUTPUT", () => core.setOutput(name, value));
  const shown = visibility() === "open" ? openSummaryOf(entries) : whole;
  if (process.env.GITHUB_STEP_SUMMARY)
    await core.summary
      .emptyBuffer()
      .addRaw(shown)
      .write({ overwrite: true })
      .catch((error: unknown) =>
        whereThereIsRoom("GITHUB_STEP_SUMMARY", () => {
          throw error;
        }),
      );
  const forPrograms = `${JSON.stringify(reportOf(entries, workflow()), undefined, 2)}\n`;
  const path = join(directory, REPORT);
  whereThereIsRoom(path, () => writeOwn(path, forPrograms));
}

function outputs(entries: readonly Entry[], directory: string): Outputs {
  return visibility() === "open" ? openOutputsOf(entries, directory) : outputsOf(entries, directory);
}

function annotate(entries: readonly Entry[], directory: string): void {
  const annotation = annotationOf(outputs(entries, directory), entries);
  if (annotation === undefined) return;
  const tell = { notice: core.notice, warning: core.warning, error: core.error }[annotation.level];
  tell(annotation.text, { title: annotation.title });
}

/** Uploads what is worth it, and tells of it. Nothing of this is loaded for a healthy check, or outside of a workflow. */
async function ship(
  before: readonly Entry[],
  journal: Journal,
  directory: string,
  inputs: Inputs,
  signal: AbortSignal,
): Promise<void> {
  const entries = (): readonly Entry[] => [...before, ...journal.entries];
  if (!owesArtifact(entries())) return;
  const shipment: Shipment = {
    directory,
    entries,
    journal,
    visibility: visibility(),
    recipients: inputs.recipients,
    uploadLimit: inputs.uploadLimit,
    page: workflow().url,
    means: {
      uploader: () => import("./report/artifact.ts"),
      cipher: () => import("./backup/encrypt.ts"),
    },
    signal,
  };
  await shipBackup(shipment);
  // Once more on disk with what became of the backup, before it is uploaded itself.
  await report(entries(), directory);
  await shipEvidence(shipment);
  await report(entries(), directory);
  for (const entry of entries()) {
    if (entry.kind === "artifact-ended" && entry.uploaded === undefined)
      warn(
        `The ${entry.holds} was not uploaded: ${entry.why}. ${entry.holds === "evidence" ? `It is still in ${directory}.` : "It stays where it was made; the summary tells where."}`,
      );
  }
}

function owesArtifact(entries: readonly Entry[]): boolean {
  return (
    Boolean(process.env.ACTIONS_RUNTIME_TOKEN) &&
    worthKeeping(entries) &&
    !entries.some((entry) => entry.kind === "artifact-ended" && entry.holds === "evidence")
  );
}

let known: Visibility | undefined;

function visibility(): Visibility {
  known ??= visibilityOf(process.env.GITHUB_REPOSITORY ?? "", eventPayload());
  return known;
}

function eventPayload(): string | undefined {
  try {
    return readFileSync(process.env.GITHUB_EVENT_PATH ?? "", "utf8");
  } catch {
    return undefined;
  }
}

// Not by the saved state alone: a main step that was killed before it saved any must not be run again after it.
if (basename(process.argv[1] ?? "") === POST_FILE) await post(core.getState(STATE_DIRECTORY));
else await main();

setTimeout(() => process.exit(), LAST_BREATH).unref();
