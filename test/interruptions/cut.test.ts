// A connection that is cut while a step is on its way: the step is sent again, runs once, and the site comes back by the
// remedy that was chosen and no riskier one. By the product's main path, on the sandbox, judged by its own HTTP front.

import { describe, it } from "vitest";
import { TcpProxy } from "../host/ssh/tcp-proxy.ts";
import { runOn } from "../sandbox/run.ts";
import { Sandbox } from "../sandbox/sandbox.ts";

const BOOT = { database: 100, odoo: 300 };
const PATIENCE = 180_000;

/** Bytes towards the host after the journal says that the remedy begins: its program has about 16 kB. */
const POINTS = process.env.EVERY_CASE
  ? [1, 700, 2_500, 4_000, 6_000, 8_000, 9_500, 11_000, 12_800, 14_000, 15_200, 17_000]
  : [700, 9_500, 15_200];

describe.concurrent.each([
  ["odoo-stopped", "start-stack"],
  ["odoo-paused", "resume-odoo"],
] as const)("%s, with the connection cut while the step is sent", (fault, remedy) => {
  it.for(POINTS)(
    `after %i bytes: ${remedy} runs once, and nothing else`,
    { timeout: PATIENCE },
    async (bytes, { expect }) => {
      await using sandbox = await Sandbox.start(BOOT);
      await using proxy = await TcpProxy.to(sandbox.sshPort);
      await sandbox.break(fault);
      expect((await sandbox.visit()).outcome).not.toBe("200");
      let begun = 0;
      const { verdict, remedies, entries } = await runOn(
        sandbox,
        { port: String(proxy.port), ceiling: "repair" },
        {
          onEntry: ({ kind }) => {
            if (kind !== "remedy-started") return;
            begun += 1;
            if (begun === 1) proxy.cutAfter(bytes);
          },
        },
      );
      expect(entries.some((entry) => entry.kind === "connection" && entry.event === "lost")).toBe(true);
      expect((await sandbox.visit()).outcome, JSON.stringify(verdict)).toBe("200");
      expect(verdict.status, JSON.stringify(verdict)).toBe("recovered");
      expect(remedies).toEqual([remedy]);
      expect(sandbox.leftBehind).toEqual([]);
    },
  );
});
