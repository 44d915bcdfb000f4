// The budget of recoveries, by the product's main path over a real SSH connection: what is judged is the sandbox's own
// front and its containers, and what the run says.

import { appendFileSync, globSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { annotationOf, outputsOf } from "../../src/report/outputs.ts";
import { summaryOf } from "../../src/report/summary.ts";
import type { ActionInputs } from "../support/action.ts";
import { until } from "../support/clocks.ts";
import { type Ran, type RunOptions, runOn } from "./run.ts";
import { Sandbox } from "./sandbox.ts";

const BOOT = { database: 100, odoo: 300 };
const PATIENCE = 240_000;
const MINUTE = 60;
const DISPATCH = {
  event: "workflow_dispatch",
  environment: { GITHUB_ACTIONS: "true", GITHUB_ACTOR: "alice", GITHUB_TRIGGERING_ACTOR: "alice" },
} satisfies RunOptions;
const SCHEDULE = { ...DISPATCH, event: "schedule" } satisfies RunOptions;

const recordOf = (sandbox: Sandbox): string | undefined =>
  globSync(join(sandbox.folder, "var/lib/odoo-recover/*/recoveries"))[0];

/** Lets time pass for the record alone: each recovery began so much earlier. */
function pass(sandbox: Sandbox, seconds: number): void {
  const record = recordOf(sandbox);
  if (record === undefined) return;
  const aged = readFileSync(record, "utf8").replaceAll(
    /^(\d+) (\d+) /gm,
    (_, at, uptime) => `${Number(at) - seconds} ${Number(uptime) - seconds} `,
  );
  writeFileSync(record, aged);
}

async function stopAndRun(
  sandbox: Sandbox,
  inputs: ActionInputs = {},
  options: RunOptions = {},
): Promise<Ran> {
  await sandbox.break("odoo-stopped");
  return await runOn(sandbox, inputs, options);
}

/** Of Odoo's container: its id, whether it runs, since when and how often it was started. */
function containerOf(sandbox: Sandbox): unknown {
  const container = sandbox.engine.of(sandbox.parameters.odooService);
  expect(container).toBeDefined();
  return [container?.id, container?.state, container?.started?.getTime(), container?.restartCount];
}

const firstLine = ({ entries }: Ran): string => summaryOf(entries, "").split("\n")[0] ?? "";

async function expectRefused(sandbox: Sandbox, ran: Ran): Promise<void> {
  expect(ran.verdict.status, JSON.stringify(ran.verdict)).toBe("refused");
  expect(ran.remedies).toEqual([]);
  expect(ran.outputs.changed).toBe("false");
  expect(ran.kinds).not.toContain("lease-taken");
  expect(ran.kinds).not.toContain("recovery-recorded");
  expect(sandbox.leftBehind).toEqual([]);
}

describe.concurrent("a site that is stopped again and again", () => {
  it(
    "is recovered, then recovered as a recurrence, then left to a person, who may override that",
    async () => {
      await using sandbox = await Sandbox.start(BOOT);
      const first = await stopAndRun(sandbox);
      expect(first.verdict).toMatchObject({ status: "recovered", next: "" });
      expect(firstLine(first)).not.toContain("recurrence");
      expect(annotationOf(outputsOf(first.entries, ""), first.entries)?.level).toBe("notice");

      pass(sandbox, 40 * MINUTE);
      const second = await stopAndRun(sandbox);
      expect(second.verdict.status).toBe("recovered");
      expect(firstLine(second)).toMatch(
        /Recovered, but this is a recurrence: the same cause \(odoo-stopped\) was recovered 4[01] min ago/,
      );
      expect(annotationOf(outputsOf(second.entries, ""), second.entries)?.level).toBe("warning");
      expect((await sandbox.visit()).outcome).toBe("200");

      pass(sandbox, 20 * MINUTE);
      await sandbox.break("odoo-stopped");
      const before = containerOf(sandbox);
      const record = readFileSync(recordOf(sandbox) ?? "", "utf8");
      const third = await runOn(sandbox);
      await expectRefused(sandbox, third);
      expect(containerOf(sandbox)).toEqual(before);
      expect(readFileSync(recordOf(sandbox) ?? "", "utf8")).toBe(record);
      expect((await sandbox.visit()).outcome).toBe("502");
      expect(third.verdict.headline).toMatch(
        /The budget is spent: the same cause \(odoo-stopped\) was already recovered twice within 6 h \(6[01] min ago, 2[01] min ago\)\. Nothing was changed$/,
      );
      expect(third.verdict.next).toContain("`override_budget: true`");
      expect(third.verdict.next).toContain("in 5 h at the earliest");
      expect([...third.evidence.keys()].some((name) => name.startsWith("before/"))).toBe(true);

      for (const mode of ["check", "plan"]) {
        const looked = await runOn(sandbox, { mode });
        expect(looked.verdict.status).toBe(mode === "check" ? "unhealthy" : "planned");
        expect(looked.verdict.next).toContain("the action would refuse: the budget is spent");
      }

      const scheduled = await runOn(sandbox, { override_budget: "true" }, SCHEDULE);
      await expectRefused(sandbox, scheduled);
      expect(scheduled.verdict.headline).toContain("`override_budget` does not count, because");
      expect(scheduled.verdict.next).toContain("Remove the line `override_budget: true`");

      const overridden = await runOn(sandbox, { override_budget: "true" }, DISPATCH);
      expect(overridden.verdict.status, JSON.stringify(overridden.verdict)).toBe("recovered");
      expect((await sandbox.visit()).outcome).toBe("200");
      expect(
        readFileSync(recordOf(sandbox) ?? "", "utf8")
          .trimEnd()
          .split("\n"),
      ).toHaveLength(3);
    },
    PATIENCE,
  );

  it(
    "from four causes is left to a person as well, and a run that finds it good asks for no record",
    async () => {
      await using sandbox = await Sandbox.start(BOOT);
      await stopAndRun(sandbox);
      const record = recordOf(sandbox) ?? "";
      const [own = ""] = readFileSync(record, "utf8").split("\n");
      for (const [run, cause] of [
        ["11111111", "a-cause"],
        ["22222222", "another"],
        ["33333333", "a-third"],
      ])
        appendFileSync(record, `${own.replace(/ [0-9a-f]{8} odoo-stopped /, ` ${run} ${cause} `)}\n`);
      const good = await runOn(sandbox);
      expect(good.verdict).toMatchObject({ status: "healthy", next: "" });
      const ran = await stopAndRun(sandbox);
      await expectRefused(sandbox, ran);
      expect(ran.verdict.headline).toContain("this droplet was already recovered 4 times within 24 h");
      rmSync(record);
      expect((await runOn(sandbox, {}, SCHEDULE)).verdict.status).toBe("recovered");
    },
    PATIENCE,
  );
});

describe.concurrent("a site that crashes for good", () => {
  it(
    "is booted at most as often as the budget has it, by a schedule that heals for a day",
    async () => {
      await using sandbox = await Sandbox.start(BOOT);
      await sandbox.break("crash-loop-exit");
      const odoo = () => sandbox.engine.of(sandbox.parameters.odooService)?.restartCount ?? 0;
      await until("Docker has restarted Odoo twice", () => odoo() >= 2, 30_000);
      // Minutes of the day. What happens at every quarter of an hour between them is in test/host/budget.test.ts.
      const times = [0, 15, 30, 345, 360, 375, 390, 900, 1_425];
      const acted: number[] = [];
      let now = 0;
      for (const time of times) {
        pass(sandbox, (time - now) * MINUTE);
        now = time;
        const ran = await runOn(sandbox, {}, SCHEDULE);
        if (ran.remedies.length > 0) {
          acted.push(time);
          continue;
        }
        await expectRefused(sandbox, ran);
        expect(ran.verdict.headline).toMatch(/The budget is spent: .* already recovered/);
        expect(ran.verdict.next).toContain("Fix the cause");
      }
      expect(acted).toEqual([0, 15, 360, 375]);
    },
    PATIENCE,
  );
});
