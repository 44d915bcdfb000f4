// Whether the real ssh-keygen is here to compare with. Without it those comparisons are skipped, and said to be.

import { spawnSync } from "node:child_process";

export const hasSshKeygen = spawnSync("ssh-keygen", ["-?"]).error === undefined;

if (!hasSshKeygen) {
  console.warn("ssh-keygen is not installed: comparisons with it are skipped");
}
