// One point of the sweep for some of its steps; the long run has every point of each: sweep-services and sweep-data.

import { sweep } from "./sweep/sweep.ts";

sweep(
  "a sample",
  "start-docker",
  "start-nginx",
  "start-db",
  "start-stack",
  "fix-permissions",
  "regenerate-assets",
);
