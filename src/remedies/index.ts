/** All remedies, by name. */

import type { RemedyName } from "../diagnosis/remedy-name.ts";
import { bootCheck } from "./boot-check/boot-check.ts";
import { fixPermissions } from "./fix-permissions/fix-permissions.ts";
import { module } from "./module/module.ts";
import { regenerateAssets } from "./regenerate-assets/regenerate-assets.ts";
import type { Remedy } from "./remedy.ts";
import { restartOdoo } from "./restart-odoo/restart-odoo.ts";
import { resumeOdoo } from "./resume-odoo/resume-odoo.ts";
import { startDb } from "./start-db/start-db.ts";
import { startDocker } from "./start-docker/start-docker.ts";
import { startNginx } from "./start-nginx/start-nginx.ts";
import { startStack } from "./start-stack/start-stack.ts";
import { wipeAssets } from "./wipe-assets/wipe-assets.ts";

export const REMEDIES: Readonly<Record<RemedyName, Remedy>> = {
  "start-docker": startDocker,
  "start-nginx": startNginx,
  "start-db": startDb,
  "start-stack": startStack,
  "resume-odoo": resumeOdoo,
  "restart-odoo": restartOdoo,
  "boot-check": bootCheck,
  "fix-permissions": fixPermissions,
  "regenerate-assets": regenerateAssets,
  "wipe-assets": wipeAssets,
  module,
};
