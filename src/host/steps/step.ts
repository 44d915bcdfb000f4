/**
 * A step: a program that changes the host. It runs detached, writing its output and its exit status there, and we
 * attach to it; when the connection goes away we attach again. It has an id and runs once, however often it is sent.
 * Idea: Ansible's async jobs, polled by id.
 */

import { readFileSync } from "node:fs";
import { HostError, type HostProblem } from "../../errors.ts";
import type { Host } from "../host.ts";
import { assignments } from "../quote.ts";
import { type StatePlace, stateProgram } from "../state.ts";
import { TextReader } from "../text.ts";
import { BoundedOutput } from "./output.ts";

const START = readFileSync(new URL("./start.sh", import.meta.url), "utf8");
const ATTACH = readFileSync(new URL("./attach.sh", import.meta.url), "utf8");
const STOP = readFileSync(new URL("./stop.sh", import.meta.url), "utf8");

/** Seconds that one look at a running step waits for its end. */
const ATTACH_WAIT = 5;
/** Bytes of a step's output brought home by one look. */
const ATTACH_MOST = 262_144;

/**
 * Seconds beyond a step's own that it is followed. start.sh gives it 10 more to end, then writes its status; a put-back before
 * that waits 300 for another one, and each of its tries may take 1,210. What it does not do in the first, the host tries again
 * without anybody who waits.
 */
const SECONDS_TO_END = 60;
const SECONDS_TO_PUT_BACK = 1_510;

export interface Step {
  /** Letters, digits and dashes; never used before: `3f9c2a71-1-start-stack`. */
  readonly name: string;
  /** POSIX sh. */
  readonly text: string;
  readonly values: Readonly<Record<string, string>>;
  /** How long it may take on the host, in seconds. */
  readonly seconds: number;
  /** Under which approval it runs and whose that is, for the audit log on the host; absent or empty: none is needed. */
  readonly approval?: string | undefined;
  /**
   * The dead-man: a program that puts the host back as it was. It runs when the step has ended or was killed, and at the
   * next boot when the host went down meanwhile; it stands on disk before the step begins. Both programs have a folder of
   * their own in PUT_BACK_DIR until then.
   */
  readonly putBack?: PutBack | undefined;
}

export interface PutBack {
  readonly text: string;
  readonly values: Readonly<Record<string, string>>;
  /**
   * Whether the step may begin only where it is sure to run after a reboot, for which systemd is needed. `wanted`: without
   * systemd it runs when the step has ended, and that is enough for a step that takes seconds.
   */
  readonly afterReboot: "required" | "wanted";
}

/**
 * How a step ended:
 * - `ended`: with this exit status;
 * - `vanished`: it began, and neither runs nor left a status (a reboot, a kill): survey before anything else;
 * - `absent`: it never began, and now cannot;
 * - `gone`: the lease was no longer ours, so it was not begun;
 * - `unarmed`: what would put the host back could not be made ready, so it was not begun.
 */
export type StepEnd =
  | { readonly outcome: "ended"; readonly status: number }
  | { readonly outcome: "unarmed"; readonly why: string }
  | { readonly outcome: "vanished" | "absent" | "gone" };

/** The starting program may have done its work before this went wrong. */
const FATE_UNKNOWN: ReadonlySet<HostProblem> = new Set(["lost", "timed-out", "nonsense"]);

/**
 * Starts a step and follows it to its end.
 *
 * @param onOutput given what it prints, cleaned, by whole lines
 * @throws HostError when the host stays away; the step goes on without us
 * @throws the signal's reason when it fires; the step goes on without us
 */
export async function runStep(
  host: Host,
  place: StatePlace,
  owner: string,
  step: Step,
  onOutput: (text: string) => void,
  signal?: AbortSignal,
): Promise<StepEnd> {
  const { program, putBack } = stepPrograms(place, step);
  // Sent again when the connection was lost meanwhile: its id makes it run once, however often it arrives.
  const started = await host
    .run(
      stateProgram(place, `start ${step.name}`, START, {
        OWNER: owner,
        STEP: step.name,
        SECONDS_ALLOWED: String(step.seconds),
        PROGRAM: program,
        PUT_BACK: putBack ?? "",
        PUT_BACK_AFTER_REBOOT: step.putBack?.afterReboot ?? "",
        APPROVAL: inOneLine(step.approval ?? ""),
        ...putBackDirectory(place),
      }),
      signal,
    )
    .catch((error: unknown) => {
      // Whether it began is not known; attaching finds out, and takes its place if it did not.
      if (error instanceof HostError && FATE_UNKNOWN.has(error.problem)) return undefined;
      throw error;
    });
  if (started !== undefined) {
    const answer = started.text.trim();
    if (answer === "gone") return { outcome: "gone" };
    if (answer.startsWith("unarmed ")) return { outcome: "unarmed", why: answer.slice("unarmed ".length) };
    if (started.status !== 0) {
      throw new HostError("nonsense", `The step ${step.name} could not be started`, {
        detail: `${answer}\n${started.stderr}`.trim(),
      });
    }
  }
  return followStep(host, place, followed(step.name, step.seconds, putBack !== undefined), onOutput, signal);
}

/** What the audit log keeps of an approval, in characters: the token, who ran it, and six reviewers at most. */
const APPROVAL_MOST = 500;

/** A line of the audit log stays one line, whatever a name holds. */
function inOneLine(text: string): string {
  return text.replaceAll(/[\p{C}\p{Zl}\p{Zp}]+/gu, " ").slice(0, APPROVAL_MOST);
}

/** A step's two programs as they run on the host, their values in front: what is sent, and what a plan shows. */
export function stepPrograms(
  place: StatePlace,
  { text, values, putBack }: Pick<Step, "text" | "values" | "putBack">,
): { readonly program: string; readonly putBack: string | undefined } {
  const front = (own: Readonly<Record<string, string>>): string =>
    assignments({ ...putBackDirectory(place), ...own });
  return {
    // The trap: as in renderProgram, so that the time limit reaches what ignores SIGTERM.
    program: `LC_ALL=C\nexport LC_ALL\ntrap 'exit 124' TERM\n${front(values)}${text}`,
    putBack: putBack && `${front(putBack.values)}${putBack.text}`,
  };
}

function putBackDirectory({ auditRoot, key }: StatePlace): { readonly PUT_BACK_DIR: string } {
  return { PUT_BACK_DIR: `${auditRoot}/${key}/put-back` };
}

/** Ends a step that runs, and has it put the host back. Its end is then to be followed. */
export async function stopStep(host: Host, place: StatePlace, name: string): Promise<void> {
  await host.run(stateProgram(place, `stop ${name}`, STOP, { STEP: name }, 170));
}

/** A step that was begun, and for how many seconds it is followed at most. */
export interface FollowedStep {
  readonly name: string;
  readonly seconds: number;
}

/**
 * For how long a step is followed.
 *
 * @param seconds that it may take on the host
 */
export function followed(name: string, seconds: number, isPutBack: boolean): FollowedStep {
  return { name, seconds: seconds + SECONDS_TO_END + (isPutBack ? SECONDS_TO_PUT_BACK : 0) };
}

/**
 * Attaches to a step that was begun, by its name, and follows it to its end.
 *
 * @param onOutput given what it prints, cleaned, by whole lines, as much of it as `BoundedOutput` lets through
 * @throws HostError `timed-out` when the host says for longer than `step.seconds` that it runs; otherwise as `runStep` does
 */
export async function followStep(
  host: Host,
  place: StatePlace,
  step: FollowedStep,
  onOutput: (text: string) => void,
  signal?: AbortSignal,
): Promise<StepEnd> {
  const output = new BoundedOutput(onOutput);
  return await followTo(host, place, step, output, signal).finally(() => output.end());
}

async function followTo(
  host: Host,
  place: StatePlace,
  { name, seconds }: FollowedStep,
  output: BoundedOutput,
  signal: AbortSignal | undefined,
): Promise<StepEnd> {
  const { clock } = host;
  const deadline = clock.monotonic() + seconds * 1000;
  const reader = new TextReader();
  let offset = 0;
  for (;;) {
    const look = await host.run(
      stateProgram(
        place,
        `attach ${name}`,
        ATTACH,
        { STEP: name, OFFSET: String(offset), WAIT: String(ATTACH_WAIT), MOST: String(ATTACH_MOST) },
        60,
        ATTACH_MOST + 4096,
      ),
      signal,
    );
    const part = (name: string) => look.sections.find((section) => section.name === name);
    const log = part("log")?.body ?? Buffer.alloc(0);
    offset += log.length;
    output.push(reader.push(log));
    const state = part("state")?.text.trim() ?? "";
    const goesOn = log.length === ATTACH_MOST || state === "running";
    // Looked at once more after a connection that was away: the step may have ended meanwhile.
    if (goesOn && clock.monotonic() < deadline) continue;
    output.push(reader.end());
    if (goesOn)
      throw new HostError("timed-out", `The step ${name} did not end within ${seconds} s`, {
        detail:
          state === "running" ? "The host says that it still runs." : "The host goes on sending its output.",
        advice: "Check on the droplet what it is doing, and whether the site is up.",
      });
    const ended = /^ended (\d{1,3})$/.exec(state);
    if (ended) return { outcome: "ended", status: Number(ended[1]) };
    if (state === "vanished" || state === "absent") return { outcome: state };
    if (state.startsWith("unarmed ")) return { outcome: "unarmed", why: state.slice("unarmed ".length) };
    throw new HostError("nonsense", `The step ${name} could not be followed`, {
      detail: `${state}\n${look.stderr}`.trim(),
    });
  }
}
