// Interrupted in the middle of what starts, resumes or restarts something: see sweep/sweep.ts.

import { sweep } from "./sweep/sweep.ts";

sweep("every point", "start-docker", "start-nginx", "start-db", "start-stack", "resume-odoo", "restart-odoo");
