/**
 * A plan: what `recover` would run for a diagnosis, to the letter, and a hash of it, to which an approval belongs.
 * Pure: the same situation gives the same plan and the same hash, whenever it is looked at.
 */

import { createHash } from "node:crypto";
import { backupProgram } from "./backup/backup.ts";
import type { Cause } from "./diagnosis/cause.ts";
import type { Diagnosis } from "./diagnosis/diagnosis.ts";
import type { RemedyName } from "./diagnosis/remedy-name.ts";
import { needsApproval, needsBackup, RISK, type RiskClass } from "./diagnosis/risk.ts";
import { stateKey, statePlace } from "./host/state.ts";
import { stepPrograms } from "./host/steps/step.ts";
import type { Inputs } from "./inputs/inputs.ts";
import { REMEDIES } from "./remedies/index.ts";
import { ifSeen } from "./survey/survey.ts";

export interface PlanStep {
  readonly remedy: RemedyName;
  readonly risk: RiskClass;
  /** The program as it runs on the host, its values in front. */
  readonly program: string;
  /** What then puts the host back as it was, where the remedy has that. */
  readonly putBack: string | undefined;
  /** What makes the backup before it, where it runs only after one. */
  readonly backup: string | undefined;
}

/** By what, where and why. */
export interface PlanSubject {
  readonly version: string;
  readonly hostKey: string;
  readonly project: string | undefined;
  readonly directory: string | undefined;
  readonly database: string | undefined;
  readonly cause: Cause;
}

export interface Plan {
  readonly subject: PlanSubject;
  /** The diagnosis's ladder. */
  readonly steps: readonly PlanStep[];
  /**
   * SHA-256 over subject and steps: neither counters nor times are in them. It is shown nowhere: a person sees a digest of it
   * and the minute (inputs/approval.ts).
   */
  readonly hash: string;
}

export interface Planning extends Pick<Inputs, "backup" | "backupTo"> {
  /** Of this tool. */
  readonly version: string;
  /** The host's identity: its key's fingerprint, or `local`. */
  readonly hostKey: string;
  /**
   * Masks what must not be shown. It stays out of the hash as well: everything else under the hash can be read in the
   * plan, so that a short password could be guessed from it.
   */
  readonly redact: (text: string) => string;
}

/** @param risks the class of each remedy */
export function planOf(
  diagnosis: Diagnosis,
  { version, hostKey, redact, backup: wish, backupTo: to }: Planning,
  risks: Readonly<Record<RemedyName, RiskClass>> = RISK,
): Plan {
  const { cause, target, place } = diagnosis;
  const subject: PlanSubject = {
    version,
    hostKey,
    project: place?.project,
    directory: place?.directory,
    database: target && ifSeen(target.database),
    cause,
  };
  const where = statePlace(stateKey(place?.project ?? "", place?.directory ?? ""));
  const steps = diagnosis.ladder.map((remedy): PlanStep => {
    const { program, putBack } = stepPrograms(where, REMEDIES[remedy].program(diagnosis));
    const backup = needsBackup(risks[remedy], wish)
      ? backupProgram(diagnosis, where, { to, filestore: removesFiles(remedy, diagnosis) })
      : undefined;
    return {
      remedy,
      risk: risks[remedy],
      program: redact(program),
      putBack: putBack && redact(putBack),
      backup: backup && redact(backup),
    };
  });
  const hash = createHash("sha256").update(canonical({ subject, steps })).digest("hex");
  return { subject, steps, hash };
}

/** Whether a remedy can remove attachments, so that a dump alone would be no backup of Odoo. */
export function removesFiles(remedy: RemedyName, { module }: Diagnosis): boolean {
  return remedy === "module" && module?.action === "uninstall";
}

/** JSON with the names of every object in order, so that the order in which they were written does not matter. */
function canonical(data: unknown): string {
  return JSON.stringify(data, (_, value: unknown) =>
    value !== null && typeof value === "object" && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
}

/**
 * Whether a step may run: without an approval where its class needs none; with one if it is a step of the approved plan,
 * to the letter, and comes after those that have run.
 */
export function mayRun(step: PlanStep, approved: Plan | undefined, tried: readonly RemedyName[]): boolean {
  if (approved === undefined) return !needsApproval(step.risk);
  const done = approved.steps.findLastIndex(({ remedy }) => tried.includes(remedy));
  return approved.steps
    .slice(done + 1)
    .some(
      ({ remedy, program, putBack, backup }) =>
        remedy === step.remedy &&
        program === step.program &&
        putBack === step.putBack &&
        backup === step.backup,
    );
}

/** What a plan is about, a line each, for people who compare two of them. */
export function describePlan({ subject, steps }: Plan): string {
  const { version, hostKey, project, directory, database, cause } = subject;
  return [
    `cause: ${cause}`,
    `project: ${project === undefined ? "not known" : `${project} in ${directory}`}`,
    `database: ${database ?? "not known"}`,
    `host key: ${hostKey}`,
    `version: ${version}`,
    `steps: ${steps.map(({ remedy }) => remedy).join(", ") || "none"}`,
  ].join("\n");
}
