// Interrupted in the middle of what looks for a reason, repairs, removes or saves something: see sweep/sweep.ts.

import { sweep } from "./sweep/sweep.ts";

sweep("every point", "boot-check", "fix-permissions", "regenerate-assets", "wipe-assets", "backup", "module");
