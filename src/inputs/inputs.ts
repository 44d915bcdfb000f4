/** What the user asked for, parsed once: types that cannot hold nonsense. */

import type { Approval } from "./approval.ts";
import type { Connection } from "./connection.ts";

/** `check` looks, `plan` says what it would do, `recover` does it. */
export type Mode = "check" | "plan" | "recover";

/** The riskiest class of remedy that may run (src/diagnosis/risk.ts). */
export type Ceiling = "restart" | "repair" | "wipe";

/** Which of the runbook's scenarios the user says it is; it only narrows what is done. */
export type Scenario = "auto" | "502" | "500";

/** `auto`: before what cannot be taken back otherwise; `always`: before repairs too; `never`: rules out what needs one. */
export type BackupWish = "auto" | "always" | "never";

/** Where a backup goes. */
export type BackupPlace = "droplet" | "runner" | "both";

/** A module that the user named. */
export interface ModuleWish {
  /** Its technical name. */
  readonly name: string;
  readonly action: "update" | "uninstall";
}

/** Where GitHub is asked for the review of this run. */
export interface ReviewWish {
  /** The environment in which the job runs. */
  readonly environment: string;
  /** A token of GitHub that may read it: a secret. */
  readonly token: string;
}

export interface Inputs {
  readonly connection: Connection;
  readonly mode: Mode;
  readonly scenario: Scenario;
  readonly ceiling: Ceiling;
  /** The plan that is to be run, and no other; undefined: whatever the diagnosis allows without an approval. */
  readonly approve: Approval | undefined;
  /** A person wants one more recovery, though the budget is spent. */
  readonly overrideBudget: boolean;
  /** Reviewers approve the plan: GitHub must confirm that they did. undefined: the person who started the run does. */
  readonly review: ReviewWish | undefined;
  /** The site's public address; its name is sent as the Host header on the host too. */
  readonly url: URL | undefined;
  readonly directory: string | undefined;
  readonly composeFile: string | undefined;
  readonly odooService: string | undefined;
  readonly dbService: string | undefined;
  readonly database: string | undefined;
  readonly dbUser: string | undefined;
  readonly backup: BackupWish;
  readonly backupTo: BackupPlace;
  /** Public keys of age: who can read what is uploaded encrypted; none: nothing is. */
  readonly recipients: readonly string[];
  /** A larger dump is not uploaded; in bytes. */
  readonly uploadLimit: number;
  /** How long a backup may take, in milliseconds. */
  readonly backupTimeoutMs: number;
  readonly module: ModuleWish | undefined;
  /** How long a site on which somebody is at work, or which starts, is waited for before it is judged, in milliseconds. */
  readonly graceMs: number;
  /** A site is called bad when it was bad at three looks over so many milliseconds; 0: at the first. */
  readonly confirmMs: number;
  /** How long the site must stay good after it was brought back, in milliseconds. */
  readonly soakMs: number;
  /** Longest wait for Odoo's first good answer, and for somebody else's work on the site to end, in milliseconds. */
  readonly bootWaitMs: number;
  /** How long one remedy may run on the host, in milliseconds; then it is ended there. */
  readonly commandTimeoutMs: number;
  readonly failOn: "unhealthy" | "degraded";
}
