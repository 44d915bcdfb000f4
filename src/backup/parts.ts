/** What of a run's parts a backup needs. */

import type { Parts } from "../parts.ts";
import type { RoomIn } from "./dump-file.ts";

export type BackupParts = Pick<Parts, "clock" | "journal" | "reportDirectory"> & {
  /** How much of the runner's disk may be used; of the real one unless told otherwise. */
  readonly room?: RoomIn;
};
