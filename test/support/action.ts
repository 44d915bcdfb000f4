/**
 * Starts the bundled action as GitHub's runner starts it: inputs as INPUT_* variables, files for outputs, state and
 * summary, a main step and a post step in processes of their own.
 */

import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Entry } from "../../src/journal.ts";
import { until } from "./clocks.ts";

export const BUNDLE = join(import.meta.dirname, "../../dist/index.js");

export type ActionInputs = Readonly<Record<string, string>>;

/** What a step left behind, read from the files that the runner would read. */
export interface StepEnd {
  /** null when a signal ended it. */
  readonly exitCode: number | null;
  readonly seconds: number;
  readonly outputs: ReadonlyMap<string, string>;
  readonly summary: string;
  /** stdout and stderr. */
  readonly log: string;
}

/** One job's use of the action: a main step, and the post step that the runner starts after it. */
export class Action {
  readonly #folder = mkdtempSync(join(tmpdir(), "odoo-recover-e2e-"));
  readonly #inputs: ActionInputs;
  readonly #environment: Readonly<Record<string, string>>;
  readonly #bundle: string;
  #main: { child: ChildProcess; end: Promise<StepEnd> } | undefined;

  /** @param environment of the workflow, beside what every step gets */
  constructor(
    inputs: ActionInputs,
    environment: Readonly<Record<string, string>> = {},
    bundle: string = BUNDLE,
  ) {
    this.#inputs = inputs;
    this.#environment = environment;
    this.#bundle = bundle;
  }

  /** Starts the main step and does not wait for it. */
  start(): void {
    this.#main = this.#spawn("main", {});
  }

  /** The main step, to its end. */
  async main(): Promise<StepEnd> {
    if (this.#main === undefined) this.start();
    if (this.#main === undefined) throw new Error("the main step did not start");
    return this.#main.end;
  }

  /** The post step, with the state that the main step saved. */
  async post(): Promise<StepEnd> {
    const state = new Map(
      [...parseFile(this.#read("main.state"))].map(([name, value]) => [`STATE_${name}`, value]),
    );
    return this.#spawn("post", Object.fromEntries(state)).end;
  }

  kill(signal: NodeJS.Signals): void {
    this.#main?.child.kill(signal);
  }

  /** The main step's process. */
  get pid(): number {
    return this.#main?.child.pid ?? 0;
  }

  /** What the main step printed so far. */
  get log(): string {
    return this.#read("main.log");
  }

  /** The journal as it is on disk now. */
  journal(): Entry[] {
    const directory = parseFile(this.#read("main.state")).get("report_directory");
    if (directory === undefined) return [];
    try {
      return readFileSync(join(directory, "journal.jsonl"), "utf8")
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line));
    } catch {
      return [];
    }
  }

  /** Waits until the journal holds such an entry. */
  async seen(what: string, wanted: (entry: Entry) => boolean, seconds = 60): Promise<Entry> {
    let found: Entry | undefined;
    await until(
      `${what} appears in the journal`,
      () => {
        found = this.journal().find(wanted);
        return found !== undefined;
      },
      seconds * 1000,
    );
    if (found === undefined) throw new Error(`${what} did not appear in the journal`);
    return found;
  }

  get evidenceDirectory(): string {
    return join(parseFile(this.#read("main.state")).get("report_directory") ?? "", "evidence");
  }

  get reportDirectory(): string {
    return parseFile(this.#read("main.state")).get("report_directory") ?? "";
  }

  discard(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #read(name: string): string {
    try {
      return readFileSync(join(this.#folder, name), "utf8");
    } catch {
      return "";
    }
  }

  #spawn(
    step: "main" | "post",
    state: Readonly<Record<string, string>>,
  ): { child: ChildProcess; end: Promise<StepEnd> } {
    const file = (kind: string): string => {
      const path = join(this.#folder, `${step}.${kind}`);
      writeFileSync(path, "");
      return path;
    };
    const log = file("log");
    const descriptor = openSync(log, "w");
    const began = performance.now();
    const program = step === "post" ? join(dirname(this.#bundle), "post.js") : this.#bundle;
    const child = spawn(process.execPath, [program], {
      cwd: this.#folder,
      stdio: ["ignore", descriptor, descriptor],
      env: {
        PATH: process.env.PATH,
        HOME: process.env.HOME,
        RUNNER_TEMP: this.#folder,
        GITHUB_OUTPUT: file("output"),
        GITHUB_STATE: file("state"),
        GITHUB_STEP_SUMMARY: file("summary"),
        ...this.#environment,
        ...Object.fromEntries(
          Object.entries(this.#inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]),
        ),
        ...state,
      },
    });
    closeSync(descriptor);
    const { promise, resolve, reject } = Promise.withResolvers<StepEnd>();
    child.once("error", reject);
    child.once("close", (exitCode) =>
      resolve({
        exitCode,
        seconds: (performance.now() - began) / 1000,
        outputs: parseFile(this.#read(`${step}.output`)),
        summary: this.#read(`${step}.summary`),
        log: this.#read(`${step}.log`),
      }),
    );
    return { child, end: promise };
  }
}

/** Name and value pairs as @actions/core writes them: `name<<delimiter`, the value, the delimiter. */
function parseFile(text: string): Map<string, string> {
  const pairs = new Map<string, string>();
  for (const match of text.matchAll(/^(\w+)<<(ghadelimiter_\S+)\n([\s\S]*?)\n\2$/gm)) {
    const [, name, , value] = match;
    if (name !== undefined && value !== undefined) pairs.set(name, value);
  }
  return pairs;
}
