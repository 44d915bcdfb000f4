/** Not there yet. */

import { checkedProgram, type Remedy } from "../remedy.ts";

export const module: Remedy = {
  name: "module",
  does: "updates or uninstalls the module that was named",
  commands: () => "module",
  program: () => checkedProgram('unfit "module is not there yet"', {}),
};
