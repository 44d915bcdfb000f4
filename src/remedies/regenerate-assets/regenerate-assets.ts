/** Not there yet. */

import { checkedProgram, type Remedy } from "../remedy.ts";

export const regenerateAssets: Remedy = {
  name: "regenerate-assets",
  does: "has Odoo compile its stylesheets and scripts anew",
  commands: () => "regenerate-assets",
  program: () => checkedProgram('unfit "regenerate-assets is not there yet"', {}),
};
