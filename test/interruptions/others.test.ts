// Somebody else acts during a run: theirs wins, nothing of theirs is undone, and the verdict says so. On the
// sandbox, judged by its own Docker and HTTP front.

import { describe, it } from "vitest";
import type { Entry } from "../../src/journal.ts";
import { runOn } from "../sandbox/run.ts";
import { Sandbox } from "../sandbox/sandbox.ts";

const BOOT = { database: 100, odoo: 300 };
const PATIENCE = 180_000;

const isLook = ({ kind }: Entry): boolean => kind === "looked";
const isVerified = ({ kind }: Entry): boolean => kind === "verified";

async function stop({ engine }: Sandbox, service: string): Promise<void> {
  const container = engine.of(service);
  if (container === undefined) throw new Error(`the sandbox has no ${service}`);
  await engine.stop(container);
}

/** When the journal says so for the first time. */
function once(such: (entry: Entry) => boolean, act: () => Promise<void>) {
  let acted: Promise<void> | undefined;
  return {
    onEntry: (entry: Entry): void => {
      if (such(entry)) acted ??= act();
    },
    done: async (): Promise<void> => {
      if (acted === undefined) throw new Error("it never came to that");
      await acted;
    },
  };
}

describe.concurrent("a person stops", () => {
  it.for([
    ["Odoo, while the action waits for it to answer", "odoo", isLook, "unhealthy"],
    ["the database, while the action waits for Odoo to answer", "db", isLook, "unhealthy"],
    ["Odoo, while the action watches that it lasts", "odoo", isVerified, "unhealthy"],
    ["the database, while the action watches that it lasts", "db", isVerified, "unhealthy"],
  ] as const)(
    "%s: it stays stopped, and the run says why",
    { timeout: PATIENCE },
    async ([, service, moment, status], { expect }) => {
      await using sandbox = await Sandbox.start(BOOT);
      await sandbox.break("odoo-paused");
      expect((await sandbox.visit()).outcome).not.toBe("200");
      const person = once(moment, async () => await stop(sandbox, service));
      const { verdict, remedies } = await runOn(
        sandbox,
        { ceiling: "repair", soak: "20s" },
        { onEntry: person.onEntry },
      );
      await person.done();
      expect(sandbox.engine.of(service)?.state, JSON.stringify(verdict)).toBe("exited");
      expect(verdict.status, JSON.stringify(verdict)).toBe(status);
      expect(verdict.headline).toMatch(
        new RegExp(`he container \\S*${service}\\S* was stopped.*, not by the action, .*left stopped`),
      );
      expect(remedies).toEqual(["resume-odoo"]);
      expect(sandbox.leftBehind).toEqual([]);
    },
  );

  it("Odoo, between the first look and the first step: nothing is done, and the run is refused", {
    timeout: PATIENCE,
  }, async ({ expect }) => {
    await using sandbox = await Sandbox.start(BOOT);
    await sandbox.break("odoo-paused");
    const person = once(
      ({ kind }) => kind === "lease-taken",
      async () => await stop(sandbox, "odoo"),
    );
    const { verdict, remedies, outputs } = await runOn(sandbox, {}, { onEntry: person.onEntry });
    await person.done();
    expect(sandbox.engine.of("odoo")?.state, JSON.stringify(verdict)).toBe("exited");
    expect(verdict.status, JSON.stringify(verdict)).toBe("refused");
    expect(verdict.headline).toMatch(
      /^The container \S*odoo\S* was stopped during this run, not by the action/,
    );
    expect(remedies).toEqual([]);
    expect(outputs.changed).toBe("false");
    expect(sandbox.leftBehind).toEqual([]);
  });

  it("Odoo before the run: that is what the run is for, and it is started", { timeout: PATIENCE }, async ({
    expect,
  }) => {
    await using sandbox = await Sandbox.start(BOOT);
    await sandbox.break("odoo-stopped");
    const { verdict, remedies } = await runOn(sandbox);
    expect(verdict.status, JSON.stringify(verdict)).toBe("recovered");
    expect(remedies).toEqual(["start-stack"]);
    expect((await sandbox.visit()).outcome).toBe("200");
  });
});
