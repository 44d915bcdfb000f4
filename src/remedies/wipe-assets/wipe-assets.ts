/** Not there yet. */

import { checkedProgram, type Remedy } from "../remedy.ts";

export const wipeAssets: Remedy = {
  name: "wipe-assets",
  does: "deletes the rows of all compiled stylesheets and scripts, after a backup, and moves their files aside",
  commands: () => "wipe-assets",
  program: () => checkedProgram('unfit "wipe-assets is not there yet"', {}),
};
