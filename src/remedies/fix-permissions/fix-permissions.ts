/** Not there yet. */

import { checkedProgram, type Remedy } from "../remedy.ts";

export const fixPermissions: Remedy = {
  name: "fix-permissions",
  does: "gives Odoo back the files that it may not use",
  commands: () => "fix-permissions",
  program: () => checkedProgram('unfit "fix-permissions is not there yet"', {}),
};
