/** Not there yet. */

import { checkedProgram, type Remedy } from "../remedy.ts";

export const quarantineFiles: Remedy = {
  name: "quarantine-files",
  does: "moves compiled files aside that are not what was stored",
  commands: () => "quarantine-files",
  program: () => checkedProgram('unfit "quarantine-files is not there yet"', {}),
};
