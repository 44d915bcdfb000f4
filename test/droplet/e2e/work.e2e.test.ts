/**
 * Somebody is at work while the site is down: a module update, a restore, a deploy. Never interrupted; waited for;
 * refused at the deadline. Judged from outside.
 */

import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { cases } from "./cases.ts";
import { Bench } from "./run.ts";

type Work = readonly [fault: string, words: RegExp, process: string];

const UPDATE: Work = [
  "update-running",
  /a module update is under way/,
  "odoo.* -u shop_notes.*--stop-after-init",
];
const RESTORE: Work = ["restore-running", /a restore of the database is under way/, "pg_restore"];
const PULL: Work = ["pull-running", /docker compose pull/, "docker-compose compose .*pull"];

let bench: Bench;

beforeAll(async () => {
  bench = await Bench.up();
});

afterEach(async () => {
  await bench.tidy();
});

/** Ids of the processes at work, as the droplet's own ps has them. */
async function processes(pattern: string): Promise<string> {
  return await bench.droplet.script(
    `ps -eo pid=,args= | grep -E '${pattern}' | grep -vE 'grep|sudo|bash -c|sh -c' | awk '{print $1}' | sort`,
  );
}

describe("somebody at work", () => {
  it.each(cases([UPDATE], [RESTORE, PULL]))(
    "is waited for (%s): the site is brought back when the work has ended, and not before",
    async (fault, words, pattern) => {
      await bench.break(fault);
      const at = await processes(pattern);
      expect(at).not.toBe("");
      const action = bench.action();
      action.start();
      const waiting = await action.seen(
        "the wait",
        (entry) => entry.kind === "note" && entry.text.startsWith("Waiting:"),
      );
      expect(waiting.kind === "note" && waiting.text).toMatch(words);
      await action.seen("a look", (entry) => entry.kind === "looked");
      expect(await processes(pattern)).toBe(at);
      expect((await bench.droplet.inspect("odoo"))?.State.Status).toBe("exited");
      await bench.droplet.finish(fault);
      const end = await action.main();
      await bench.droplet.assertHealthy();
      await bench.nothingLeftBehind();
      expect(end.exitCode, end.log).toBe(0);
      expect(end.outputs.get("status")).toBe("recovered");
      expect(end.outputs.get("cause")).toBe("in-progress");
    },
  );

  it.each(cases([UPDATE], [RESTORE, PULL]))(
    "is not interrupted at the deadline either (%s): refused",
    async (fault, words, pattern) => {
      await bench.break(fault, 0);
      const at = await processes(pattern);
      const { end } = await bench.run({ boot_wait: "8s" });
      expect(await processes(pattern)).toBe(at);
      expect((await bench.droplet.inspect("odoo"))?.State.Status).toBe("exited");
      await bench.droplet.assertSymptom(fault);
      expect(end.exitCode, end.log).toBe(1);
      expect(end.outputs.get("status")).toBe("refused");
      expect(end.outputs.get("headline")).toMatch(words);
      expect(end.outputs.get("changed")).toBe("false");
      await bench.nothingLeftBehind();
    },
  );
});
