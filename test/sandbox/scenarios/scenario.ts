/** What a scenario is: how the sandbox is broken, and how a recovery of it ends. */

import type { Cause } from "../../../src/diagnosis/cause.ts";
import type { RemedyName } from "../../../src/diagnosis/remedy-name.ts";
import type { Status } from "../../../src/journal.ts";
import type { ActionInputs } from "../../support/action.ts";
import type { Sandbox } from "../sandbox.ts";

export interface Scenario {
  /** What is wrong, in a sentence. */
  readonly what: string;
  /** What to watch while it is recovered, in a sentence. */
  readonly watch: string;
  /** So many times shorter than on a droplet does anybody wait for an answer that does not come; 1 by default. */
  readonly hurry?: number;
  readonly expected: {
    /** What a visitor gets before the run: the HTTP status, or `refused`. */
    readonly before: string;
    readonly status: Status;
    /** undefined: the run does not get as far as a diagnosis. */
    readonly cause: Cause | undefined;
    /** Whether the login page answers in the end. */
    readonly site: "up" | "down";
    /** What the run does to the host. */
    readonly remedies: readonly RemedyName[];
    /** How often the run tells Compose to bring the stack up. */
    readonly ups: number;
  };
  /** Breaks the sandbox, which is healthy. */
  readonly prepare: (sandbox: Sandbox) => Promise<Prepared>;
}

export interface Prepared {
  /** Inputs beside those that reach the sandbox and recover it, or in their place. */
  readonly inputs?: ActionInputs;
  /** What must be ended after the run. */
  readonly end?: () => Promise<void>;
}
