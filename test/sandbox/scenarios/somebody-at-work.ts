import { readFileSync } from "node:fs";
import { join } from "node:path";
import { until } from "../../support/clocks.ts";
import type { Sandbox } from "../sandbox.ts";
import type { Scenario } from "./scenario.ts";

/** Requests of a whole look, one by the proxy and one from outside, and the first of the next look. */
const UNTIL_THE_SECOND_LOOK = 3;
const PATIENCE = 170_000;

/** How often the login page was asked for, as nginx's log has it. */
function asked({ folder }: Sandbox): number {
  return (
    readFileSync(join(folder, "var/log/nginx/odoo.access.log"), "utf8").split("GET /web/login").length - 1
  );
}

export const somebodyAtWork: Scenario = {
  what: "Odoo is stopped, for somebody updates a module just now.",
  watch: "It waits until the update has ended by itself, looks again, and only then starts Odoo.",

  expected: {
    before: "502",
    status: "recovered",
    cause: "in-progress",
    remedies: ["start-stack"],
    site: "up",
    ups: 1,
  },
  async prepare(sandbox) {
    await sandbox.break("update-running");
    const before = asked(sandbox);
    // The test itself asks once more before the run begins.
    const ended = until(
      "the run looks a second time",
      () => asked(sandbox) >= before + 1 + UNTIL_THE_SECOND_LOOK,
      PATIENCE,
    ).then(() => sandbox.finish("update-running"));
    ended.catch(() => {});
    return { end: () => ended };
  },
};
