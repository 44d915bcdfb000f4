/**
 * Where the action begins: the main step, and the post step that puts the host right after a run that was killed.
 * The only file that reads the environment.
 */

import "./commonjs-globals.ts";
import { randomBytes } from "node:crypto";
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import * as core from "@actions/core";
import type { Clock } from "./clock.ts";
import { connect } from "./host/connect.ts";
import type { Inputs } from "./inputs/inputs.ts";
import { type InputName, NAME_INPUTS, parseInputs, type RawInputs, SECRET_INPUTS } from "./inputs/parse.ts";
import { type Entry, Journal, type JournalSink } from "./journal.ts";
import type { Parts } from "./parts.ts";
import { recover } from "./recover.ts";
import { Redactor } from "./redactor.ts";
import { consoleLine } from "./report/console.ts";
import { annotationOf, exitCodeOf, outputsOf } from "./report/outputs.ts";
import { reportOf, type Workflow } from "./report/report-json.ts";
import { summaryOf } from "./report/summary.ts";
import { askPublic } from "./survey/public.ts";
import { leasesHeld, tidyUp } from "./tidy-up.ts";
import { verdictOn } from "./verdicts.ts";
import { VERSION } from "./version.ts";

const STATE_DIRECTORY = "report_directory";
/** Written last: where it is, the run was told whole. */
const REPORT = "report.json";
/** After the verdict nothing is awaited any more: a socket that will not close must not keep the runner. */
const LAST_BREATH = 2_000;

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
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  core.saveState(STATE_DIRECTORY, directory);
  const { redactor, raw } = redactorKnowingInputs();
  const journal = new Journal(clock, redactor, [fileSink(directory), logSink()]);
  let failOn: Inputs["failOn"] = "unhealthy";
  try {
    const inputs = parseInputs(raw, (path) => readFileSync(path, "utf8"));
    failOn = inputs.failOn;
    journal.append({ kind: "started", mode: inputs.mode, version: VERSION, run, host: hostName(inputs) });
    await recover(inputs, partsFor(run, inputs, directory, journal, redactor));
  } catch (error) {
    journal.append({ kind: "concluded", ...verdictOn(error) });
  }
  await report(journal.entries, directory);
  process.exitCode = exitCodeOf(outputsOf(journal.entries, directory).status, failOn);
}

/** Runs after the main step, however that ended, with minutes where a cancelled main step has seconds. */
async function post(directory: string): Promise<void> {
  try {
    const before = savedEntries(directory);
    const started = before.find((entry) => entry.kind === "started");
    const concluded = before.some((entry) => entry.kind === "concluded");
    if (started === undefined) return;
    if (concluded && leasesHeld(before).length === 0) {
      // Killed between its verdict and its report.
      if (!existsSync(join(directory, REPORT))) await report(before, directory);
      return;
    }
    const { redactor, raw } = redactorKnowingInputs();
    const inputs = parseInputs(raw, (path) => readFileSync(path, "utf8"));
    const journal = new Journal(clock, redactor, [fileSink(directory), logSink()]);
    await tidyUp(before, inputs, partsFor(started.run, inputs, directory, journal, redactor));
    await report([...before, ...journal.entries], directory);
  } catch (error) {
    core.warning(
      `Putting the host right after the stopped run failed: ${error instanceof Error ? error.message : error}`,
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
): Parts {
  const stop = new AbortController();
  // The runner cancels with SIGINT, then SIGTERM after 7.5 s, and kills after another 2.5 s.
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => stop.abort(new Error(`stopped by ${signal}`)));
  }
  return {
    connect: () => connect(inputs.connection, { log: (text) => journal.append({ kind: "note", text }) }),
    askPublic: (url, signal) => askPublic(url, clock, signal),
    clock,
    journal,
    redactor,
    evidence: {
      write: (name, text) => {
        const path = join(directory, "evidence", name);
        mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
        writeFileSync(path, text, { mode: 0o600 });
      },
    },
    reportDirectory: directory,
    nonce,
    run,
    who: whoRuns(),
    event: process.env.GITHUB_EVENT_NAME ?? "",
    mask,
    signal: stop.signal,
  };
}

/** For the lease: who runs this, and where to look. */
function whoRuns(): string {
  const { url } = workflow();
  return url === ""
    ? `a run outside of a workflow (process ${process.pid})`
    : `${process.env.GITHUB_ACTOR ?? "somebody"}, ${url}`;
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
  return { append: (entry) => appendFileSync(path, `${JSON.stringify(entry)}\n`, { mode: 0o600 }) };
}

/** The step's log; a look that saw the same as the one before says nothing new. */
function logSink(): JournalSink {
  let lookedLast: string | undefined;
  return {
    append: (entry) => {
      const looked = entry.kind === "looked" ? entry.why : undefined;
      if (looked !== undefined && looked === lookedLast) return;
      lookedLast = looked;
      const line = consoleLine(entry);
      if (line !== undefined) core.info(line);
    },
  };
}

/** The journal as a killed run left it; its last line may be cut. */
function savedEntries(directory: string): Entry[] {
  const lines = readFileSync(join(directory, "journal.jsonl"), "utf8").split("\n");
  return lines.flatMap((line) => {
    try {
      return [JSON.parse(line) as Entry];
    } catch {
      return [];
    }
  });
}

async function report(entries: readonly Entry[], directory: string): Promise<void> {
  const outputs = outputsOf(entries, directory);
  const summary = summaryOf(entries, join(directory, "evidence"));
  writeFileSync(join(directory, "summary.md"), summary, { mode: 0o600 });
  for (const [name, value] of Object.entries(outputs)) core.setOutput(name, value);
  const annotation = annotationOf(outputs);
  if (annotation !== undefined) {
    const annotate = { notice: core.notice, warning: core.warning, error: core.error }[annotation.level];
    annotate(annotation.text, { title: annotation.title });
  }
  if (process.env.GITHUB_STEP_SUMMARY) await core.summary.addRaw(summary).write();
  const whole = `${JSON.stringify(reportOf(entries, workflow()), undefined, 2)}\n`;
  writeFileSync(join(directory, REPORT), whole, { mode: 0o600 });
}

if (core.getState(STATE_DIRECTORY) === "") await main();
else await post(core.getState(STATE_DIRECTORY));

setTimeout(() => process.exit(), LAST_BREATH).unref();
