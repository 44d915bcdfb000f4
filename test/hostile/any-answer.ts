/**
 * Any bytes as the answer of any program of the host: random ones, and real ones that were bent by chance, the nonce kept.
 * In the test's own process, on the product's main path, with a clock that runs faster.
 */

import fc from "fast-check";
import { CAUSES } from "../../src/diagnosis/cause.ts";
import type { Transport } from "../../src/host/transport.ts";
import { parseInputs } from "../../src/inputs/parse.ts";
import { Journal } from "../../src/journal.ts";
import { recover } from "../../src/recover.ts";
import { Redactor } from "../../src/redaction/redactor.ts";
import { outputsOf } from "../../src/report/outputs.ts";
import { reportOf } from "../../src/report/report-json.ts";
import { summaryOf } from "../../src/report/summary.ts";
import { starterOf } from "../../src/starter.ts";
import { askPublic } from "../../src/survey/public.ts";
import { fasterClock } from "../support/clocks.ts";
import { HOSTILE } from "../support/hostile.ts";
import { nonce } from "../support/hosts.ts";
import { type Received, read, type SiteState, type Stages, scripted } from "./droplet.ts";

/** Ten seconds of passes, and a minute of patience, in less than a second. */
const TIMES = 200;
/** Milliseconds for a run, on a machine on which others work too. */
const DEADLINE = 30_000;

/** One thing that chance does to an answer: where, how much, and with what. */
interface Bend {
  readonly kind: "flip" | "cut" | "splice" | "double" | "rename" | "number" | "drop";
  /** Places in the answer, as parts of its length. */
  readonly from: number;
  readonly to: number;
  readonly bytes: Uint8Array;
}

const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 200 }),
  fc.constantFrom(...HOSTILE).map((text) => new Uint8Array(Buffer.from(text))),
  fc
    .constantFrom("-1", "1e309", "9".repeat(40), "0", "null", "[]", "{}", '"', "\\", "}", "]")
    .map((text) => new Uint8Array(Buffer.from(text))),
);
const place = fc.double({ min: 0, max: 1, noNaN: true });
const bend: fc.Arbitrary<Bend> = fc.record({
  kind: fc.constantFrom("flip", "cut", "splice", "double", "rename", "number", "drop"),
  from: place,
  to: place,
  bytes,
});

/** What a droplet does in one run. */
export interface Behaviour {
  readonly state: SiteState;
  readonly mode: "check" | "plan" | "recover";
  /** For each program that arrives, in turn; `undefined`: the whole answer is these bytes. */
  readonly answers: readonly (readonly Bend[] | Uint8Array)[];
}

export const behaviour: fc.Arbitrary<Behaviour> = fc.record({
  state: fc.constantFrom("healthy", "odoo-stopped"),
  mode: fc.constantFrom("check", "plan", "recover"),
  answers: fc.array(
    fc.oneof(
      { weight: 4, arbitrary: fc.array(bend, { maxLength: 12 }) },
      { weight: 1, arbitrary: fc.uint8Array({ maxLength: 2_000 }) },
    ),
    { minLength: 1, maxLength: 8 },
  ),
});

/** Runs the product against such a droplet. @throws what nothing of the product may throw, or when it does not end */
export async function endsInAVerdict(stages: Stages, { state, mode, answers }: Behaviour): Promise<void> {
  let turn = 0;
  let acted = false;
  const exec: Transport["exec"] = async (command, { stdin, onStdout }) => {
    const received = read(String(stdin), 0);
    const real = await honest(stages, acted ? "healthy" : state, command, received);
    if (received.name === "start") acted = true;
    const answer = answers[turn++ % answers.length] ?? [];
    await onStdout(
      answer instanceof Uint8Array ? Buffer.from(answer) : bent(real.stdout, answer, received.nonce),
    );
    return { code: real.exit, signal: null };
  };
  const clock = fasterClock(TIMES);
  const redactor = new Redactor();
  const journal = new Journal(clock, redactor, []);
  const { sandbox } = await stages.of(state);
  const inputs = parseInputs(
    sandbox.inputs({ mode, soak: "0s", grace: "0s", boot_wait: "10s", command_timeout: "10s" }),
    () => "",
  );
  const stop = new AbortController();
  const deadline = setTimeout(() => stop.abort(new Error("too late")), DEADLINE);
  const verdict = await recover(inputs, {
    connect: async () => ({ description: "a droplet", identity: "local", exec, close: async () => {} }),
    askPublic: (url, signal) => askPublic(url, clock, signal),
    clock,
    journal,
    redactor,
    evidence: { write: () => {} },
    reportDirectory: sandbox.folder,
    nonce,
    run: nonce(),
    who: "a test",
    starter: starterOf({}),
    confirmReview: async () => {
      throw new Error("nothing here asks for a review");
    },
    mask: () => {},
    signal: stop.signal,
  }).finally(() => clearTimeout(deadline));
  if (stop.signal.aborted) throw new Error(`the run did not end: ${JSON.stringify(verdict)}`);
  const { entries } = journal;
  // Nor may what tells of the run fail.
  const outputs = outputsOf(entries, "");
  summaryOf(entries, "");
  JSON.stringify(reportOf(entries, { repository: "", event: "", url: "" }));
  if (outputs.status !== verdict.status || !(outputs.cause in CAUSES))
    throw new Error(JSON.stringify(outputs));
}

async function honest(stages: Stages, state: SiteState, command: string, received: Received) {
  return scripted(received) ?? (await (await stages.of(state)).answer(command, received.text));
}

function bent(real: Buffer, bends: readonly Bend[], kept: string): Buffer {
  return bends.reduce((answer, each) => bentOnce(answer, each, kept), real);
}

function bentOnce(answer: Buffer, { kind, from, to, bytes: by }: Bend, kept: string): Buffer {
  const [one, other] = [from, to].map((part) => Math.floor(part * answer.length));
  const [start, end] = [Math.min(one ?? 0, other ?? 0), Math.max(one ?? 0, other ?? 0)];
  const within = (change: (text: string) => string): Buffer =>
    Buffer.concat([
      answer.subarray(0, start),
      Buffer.from(change(answer.subarray(start, end).toString("latin1")), "latin1"),
      answer.subarray(end),
    ]);
  const text = Buffer.from(by).toString("latin1");
  switch (kind) {
    case "flip": {
      const flipped = Buffer.from(answer);
      for (const [index, mask] of by.entries()) {
        const at = (start + index * 37) % Math.max(1, flipped.length);
        flipped[at] = (flipped[at] ?? 0) ^ mask;
      }
      return flipped;
    }
    case "cut":
      return answer.subarray(0, end);
    case "drop":
      return Buffer.concat([answer.subarray(0, start), answer.subarray(end)]);
    case "splice":
      return Buffer.concat([answer.subarray(0, start), by, answer.subarray(start)]);
    case "double":
      // A bound keeps what doubles again and again small.
      return Buffer.concat([answer.subarray(0, end), answer.subarray(start)]).subarray(0, 2_000_000);
    case "rename":
      return within((part) =>
        part.replaceAll(`${kept} section `, () => `${kept} section ${text.replaceAll("\n", " ")}`),
      );
    case "number":
      return within((part) => part.replaceAll(/\d+/g, () => text));
  }
}
