/** All remedies, by name. */

import type { RemedyName } from "../diagnosis/diagnosis.ts";
import type { Remedy } from "./remedy.ts";
import { restartOdoo } from "./restart-odoo/restart-odoo.ts";
import { startStack } from "./start-stack/start-stack.ts";

export const REMEDIES: Readonly<Record<RemedyName, Remedy>> = {
  "start-stack": startStack,
  "restart-odoo": restartOdoo,
};
