// As hostile.test.ts, for what stalls: each of these takes as long as a program of the action may take on the host.

import { STALLS } from "./attacks/volume.ts";
import { judgeEach } from "./judge-each.ts";

judgeEach({ "answers that stall": STALLS });
