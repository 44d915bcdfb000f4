/** Not there yet: the backup gate. */

import type { Diagnosis, Setup } from "../diagnosis/diagnosis.ts";
import type { Target } from "../diagnosis/target.ts";
import { RefusedError } from "../errors.ts";
import type { Host } from "../host/host.ts";
import type { StatePlace } from "../host/state.ts";
import type { BackupPlace } from "../inputs/inputs.ts";
import type { BackupMade } from "../journal.ts";
import type { Parts } from "../parts.ts";

export interface BackupSubject {
  readonly target: Target;
  readonly database: string;
  readonly setup: Setup | undefined;
}

export interface BackupOptions {
  readonly to: BackupPlace;
  readonly timeoutMs: number;
  /** Whether what comes after it can remove attachments: then the filestore is kept as well. */
  readonly filestore: boolean;
}

/** The program of a backup as a plan shows it: the same for the same situation. */
export function backupProgram(
  _diagnosis: Diagnosis,
  _place: StatePlace,
  _options: Pick<BackupOptions, "to" | "filestore">,
): string {
  return "unfit 'backups are not there yet'";
}

/** @throws RefusedError when there is no backup that was read back whole; nothing was destroyed then */
export async function takeBackup(
  _host: Host,
  _place: StatePlace,
  _owner: string,
  _step: string,
  _subject: BackupSubject,
  _options: BackupOptions,
  _parts: Parts,
  _signal: AbortSignal,
): Promise<BackupMade> {
  throw new RefusedError("Backups are not there yet");
}
