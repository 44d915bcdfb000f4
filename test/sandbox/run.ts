/** The product's main path on a sandbox, in the test's own process: what it ended with, and what it told on the way. */

import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Clock } from "../../src/clock.ts";
import { RefusedError } from "../../src/errors.ts";
import { connect } from "../../src/host/connect.ts";
import { parseInputs } from "../../src/inputs/parse.ts";
import { type Entry, Journal } from "../../src/journal.ts";
import type { Parts } from "../../src/parts.ts";
import { recover } from "../../src/recover.ts";
import { Redactor } from "../../src/redaction/redactor.ts";
import { outputsOf } from "../../src/report/outputs.ts";
import type { Review } from "../../src/review.ts";
import { starterOf } from "../../src/starter.ts";
import { askPublic } from "../../src/survey/public.ts";
import type { Verdict } from "../../src/verdicts.ts";
import type { ActionInputs } from "../support/action.ts";
import { fasterClock } from "../support/clocks.ts";
import { nonce } from "../support/hosts.ts";
import type { Sandbox } from "./sandbox.ts";

/** The product's waits are constants (three passes over 10 s): its clock runs faster instead. */
const TIMES = 10;

async function noReview(): Promise<Review> {
  throw new RefusedError("Nobody reviewed this run");
}

export interface Ran {
  readonly verdict: Verdict;
  readonly outputs: Readonly<Record<string, string>>;
  readonly entries: readonly Entry[];
  readonly evidence: ReadonlyMap<string, string>;
  readonly kinds: readonly string[];
  readonly remedies: readonly string[];
}

export interface RunOptions {
  /** What the run's clock is ahead of the machine's. */
  readonly minutesLater?: number;
  /** What started the workflow, as GitHub names it; empty outside of one. */
  readonly event?: string;
  /** The variables with which GitHub's runner says who started the run, beside the event. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Stands for what GitHub says of a review; it confirms none unless told otherwise. */
  readonly confirmReview?: Parts["confirmReview"];
  /** Told each line of the journal as it is written. */
  readonly onEntry?: (entry: Entry) => void;
}

export async function runOn(
  sandbox: Sandbox,
  inputs: ActionInputs = {},
  {
    minutesLater = 0,
    event = "",
    environment = {},
    confirmReview = noReview,
    onEntry = () => {},
  }: RunOptions = {},
): Promise<Ran> {
  const fast = fasterClock(TIMES);
  const clock: Clock = { ...fast, now: () => fast.now() + minutesLater * 60_000 };
  const redactor = new Redactor();
  const journal = new Journal(clock, redactor, [{ append: onEntry }]);
  const evidence = new Map<string, string>();
  const parsed = parseInputs(sandbox.inputs(inputs), () => "");
  const verdict = await recover(parsed, {
    connect: () => connect(parsed.connection, { log: () => {} }),
    askPublic: (url, signal) => askPublic(url, clock, signal),
    clock,
    journal,
    redactor,
    evidence: { write: (name, text) => evidence.set(name, text) },
    reportDirectory: join(tmpdir(), "odoo-recover-sandbox"),
    nonce,
    run: nonce(),
    who: "a test",
    starter: starterOf({ GITHUB_EVENT_NAME: event, ...environment }),
    confirmReview,
    mask: () => {},
    signal: new AbortController().signal,
  });
  const { entries } = journal;
  const kinds = entries.map((entry) => entry.kind);
  const remedies = entries.flatMap((entry) => (entry.kind === "remedy-started" ? [entry.remedy] : []));
  return { verdict, outputs: { ...outputsOf(entries, "") }, entries, evidence, kinds, remedies };
}
