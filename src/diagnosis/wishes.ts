/** What the user says about the site, and what may be done to it. */

import type { BackupWish, Ceiling, ModuleWish, Scenario } from "../inputs/inputs.ts";
import type { TargetWishes } from "./target.ts";

export interface Wishes extends TargetWishes {
  readonly url: URL | undefined;
  readonly scenario: Scenario;
  readonly ceiling: Ceiling;
  readonly backup: BackupWish;
  readonly module: ModuleWish | undefined;
}
