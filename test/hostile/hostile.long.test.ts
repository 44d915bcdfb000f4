// As hostile.test.ts: the rows that CI leaves out because others say much the same, and what stalls for as long as a program
// of the action may take on the host.

import { OTHER_ATTACKS } from "./attacks/index.ts";
import { judgeEach } from "./judge-each.ts";

judgeEach(OTHER_ATTACKS);
