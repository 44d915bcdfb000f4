// How long a run waits before it calls a site bad: `grace` after a deploy, `confirm` by the clock. Judged by the sandbox's
// own front; the product's clock runs ten times faster than the machine's.

import { describe, expect, it } from "vitest";
import type { Entry } from "../../src/journal.ts";
import { type Ran, runOn } from "./run.ts";
import { Sandbox } from "./sandbox.ts";

const BOOT = { database: 100, odoo: 300 };
const PATIENCE = 180_000;

async function startOdoo({ engine }: Sandbox): Promise<void> {
  const odoo = engine.of("odoo");
  if (odoo === undefined) throw new Error("the sandbox has no Odoo");
  await engine.start(odoo);
}

const looksOf = ({ entries }: Ran): number => entries.filter(({ kind }) => kind === "surveyed").length;
const looksToConfirm = ({ entries }: Ran): number[] =>
  entries.flatMap((entry) => (entry.kind === "surveyed" && entry.purpose === "to confirm" ? [entry.ms] : []));
const isWaiting = (entry: Entry): boolean => entry.kind === "note" && entry.text.startsWith("Waiting: ");
const waited = ({ entries }: Ran): boolean => entries.some(isWaiting);

/** Does it once, at the first line of the journal that is such; `done` when it is done. */
function atFirst(
  such: (entry: Entry) => boolean,
  act: () => Promise<void>,
): { readonly onEntry: (entry: Entry) => void; readonly done: () => Promise<void> } {
  let acted: Promise<void> | undefined;
  return {
    onEntry: (entry) => {
      if (such(entry)) acted ??= act();
    },
    done: async () => await acted,
  };
}

describe.concurrent("grace", () => {
  it.each([
    ["push", "healthy", true],
    ["workflow_dispatch", "unhealthy", false],
    ["", "unhealthy", false],
  ] as const)(
    "of a check that %j started, while somebody deploys: %s",
    async (event, status, waits) => {
      await using sandbox = await Sandbox.start(BOOT);
      await sandbox.break("update-running");
      expect((await sandbox.visit()).outcome).toBe("502");
      const deploy = atFirst(isWaiting, async () => {
        await sandbox.finish("update-running");
        await startOdoo(sandbox);
      });
      const ran = await runOn(sandbox, { mode: "check" }, { event, onEntry: deploy.onEntry });
      await deploy.done();
      expect(ran.verdict.status, JSON.stringify(ran.verdict)).toBe(status);
      expect(ran.outputs.changed).toBe("false");
      expect(waited(ran)).toBe(waits);
      if (waits) {
        expect(ran.verdict.headline).toBe("The site came back by itself; nothing was changed");
        expect(ran.verdict.detail).toMatch(/^At first: /);
        expect((await sandbox.visit()).outcome).toBe("200");
      } else {
        expect(ran.outputs.cause).toBe("in-progress");
      }
    },
    PATIENCE,
  );

  it(
    "is over when it is over: the check says who is still at work",
    async () => {
      await using sandbox = await Sandbox.start(BOOT);
      await sandbox.break("update-running");
      const began = performance.now();
      const ran = await runOn(sandbox, { mode: "check", grace: "20s" }, { event: "push" });
      expect(performance.now() - began).toBeGreaterThanOrEqual(2_000);
      const waits = ran.entries.filter(
        (entry) => entry.kind === "note" && entry.text.startsWith("Waiting: "),
      );
      expect(waits).toHaveLength(1);
      expect(ran.verdict.status).toBe("unhealthy");
      expect(ran.outputs.cause).toBe("in-progress");
      await sandbox.finish("update-running");
    },
    PATIENCE,
  );

  it(
    "is not for a site at which nobody is at work, nor for one that falls at each start",
    async () => {
      for (const fault of ["odoo-stopped", "crash-loop-exit"]) {
        await using sandbox = await Sandbox.start(BOOT);
        await sandbox.break(fault);
        const ran = await runOn(sandbox, { mode: "check" }, { event: "push" });
        expect(ran.verdict.status).toBe("unhealthy");
        expect(waited(ran), fault).toBe(false);
      }
    },
    PATIENCE,
  );
});

describe.concurrent("confirm", () => {
  it(
    "calls a site bad after three bad looks over that long, and says what was found",
    async () => {
      await using sandbox = await Sandbox.start(BOOT);
      await sandbox.break("odoo-stopped");
      const ran = await runOn(sandbox, { mode: "check", confirm: "60s" }, { event: "schedule" });
      expect(ran.verdict.status).toBe("unhealthy");
      expect(ran.outputs.cause).toBe("odoo-stopped");
      expect(looksToConfirm(ran)).toHaveLength(2);
      expect(looksToConfirm(ran)[1]).toBeGreaterThanOrEqual(60_000);
      expect((await sandbox.visit()).outcome).toBe("502");
    },
    PATIENCE,
  );

  it(
    "calls nothing down that is good at the next look",
    async () => {
      await using sandbox = await Sandbox.start(BOOT);
      await sandbox.break("odoo-stopped");
      const start = atFirst(
        (entry) => entry.kind === "note" && entry.text.startsWith("Looking on "),
        () => startOdoo(sandbox),
      );
      const ran = await runOn(
        sandbox,
        { mode: "check", confirm: "60s" },
        { event: "schedule", onEntry: start.onEntry },
      );
      await start.done();
      expect(ran.verdict).toMatchObject({
        status: "healthy",
        headline: "The site came back by itself; nothing was changed",
      });
      expect(ran.verdict.detail).toContain("At first: the Odoo container");
      expect(looksToConfirm(ran)).toHaveLength(1);
    },
    PATIENCE,
  );

  it(
    "comes before a recovery, and costs a healthy site nothing",
    async () => {
      await using sandbox = await Sandbox.start(BOOT);
      const healthy = await runOn(sandbox, { mode: "recover", confirm: "60s" }, { event: "schedule" });
      expect(healthy.verdict.status).toBe("healthy");
      expect(looksOf(healthy)).toBe(1);
      await sandbox.break("odoo-stopped");
      const ran = await runOn(sandbox, { mode: "recover", confirm: "60s" }, { event: "schedule" });
      expect(ran.verdict.status).toBe("recovered");
      expect(looksToConfirm(ran)).toHaveLength(2);
      expect(ran.kinds.lastIndexOf("surveyed")).toBeGreaterThan(0);
      expect(ran.entries.find(({ kind }) => kind === "remedy-started")?.ms).toBeGreaterThanOrEqual(60_000);
      expect((await sandbox.visit()).outcome).toBe("200");
    },
    PATIENCE,
  );

  it(
    "tries a host that is away three times, and one that turns us away once",
    async () => {
      await using sandbox = await Sandbox.start(BOOT);
      const away = await runOn(
        sandbox,
        { mode: "check", confirm: "60s", port: "1", url: "" },
        { event: "schedule" },
      );
      expect(away.verdict.status).toBe("unreachable");
      expect(away.entries.at(-1)?.ms).toBeGreaterThanOrEqual(60_000);
      const refused = await runOn(
        sandbox,
        { mode: "check", confirm: "60s", username: "nobody", url: "" },
        { event: "schedule" },
      );
      expect(refused.verdict.status).toBe("unreachable");
      expect(refused.verdict.headline).toMatch(/log in|login|authenti/i);
      expect(refused.entries.at(-1)?.ms).toBeLessThan(30_000);
    },
    PATIENCE,
  );
});
