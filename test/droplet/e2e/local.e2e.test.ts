/** The runner is the droplet itself: a self-hosted runner, `host: local`. */

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { Droplet } from "../droplet.ts";
import { containerName } from "../machine.ts";
import { expectNothingLeftBehind } from "./outside.ts";

const DIST = join(import.meta.dirname, "../../../dist");
/** Outside of what a reset looks at: it is removed by hand. */
const PLACE = "/srv/runner";

let droplet: Droplet;

beforeAll(async () => {
  droplet = await Droplet.up();
  await droplet.assertHealthy();
});

afterEach(async () => {
  await droplet.script(`rm -rf ${PLACE}`);
  await droplet.reset();
});

function copyIn(from: string, to: string): void {
  const copied = spawnSync("docker", ["cp", "-L", from, `${containerName(droplet.parameters.name)}:${to}`], {
    encoding: "utf8",
  });
  if (copied.status !== 0) throw new Error(copied.stderr);
}

describe("host: local", () => {
  it("recovers the machine that it runs on, without SSH", async () => {
    await droplet.script(
      `mkdir -p ${PLACE}/temp && : >${PLACE}/output && : >${PLACE}/state && : >${PLACE}/summary`,
    );
    copyIn(DIST, `${PLACE}/dist`);
    copyIn(process.execPath, `${PLACE}/node`);
    await droplet.produce("odoo-stopped");
    const log = await droplet.script(
      `env -i PATH="$PATH" HOME=/root RUNNER_TEMP=${PLACE}/temp GITHUB_OUTPUT=${PLACE}/output GITHUB_STATE=${PLACE}/state \\
        GITHUB_STEP_SUMMARY=${PLACE}/summary INPUT_HOST=local INPUT_MODE=recover INPUT_SOAK=5s ${PLACE}/node ${PLACE}/dist/index.js 2>&1`,
    );
    await droplet.assertHealthy();
    expect(log).toMatch(/recovered: The site is back/);
    expect(await droplet.script(`head -n 1 ${PLACE}/summary`)).toContain("recovered");
    await expectNothingLeftBehind(droplet);
  });
});
