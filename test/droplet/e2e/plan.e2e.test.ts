/**
 * Plans and their approval, and scenarios, on the test droplet: what was approved is what runs, only in the situation for
 * which it was approved; else nothing is changed. Judged by the tests' own curl, docker inspect and psql.
 */

import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Action, ActionInputs, StepEnd } from "./action.ts";
import { inLongRun } from "./cases.ts";
import { Bench } from "./run.ts";

let bench: Bench;

beforeAll(async () => {
  bench = await Bench.up();
});

afterEach(async () => {
  await bench.tidy();
});

/** The part of a plan's token in front of its minute; empty for what is no token. */
const digestOf = (token: string): string => /^[0-9a-f]{16}(?=-\d{8}T\d{4}Z$)/.exec(token)?.[0] ?? "";

/** The programs of a plan, by their files. */
function programsIn({ evidenceDirectory }: Action): [string, string][] {
  const files = globSync("plan/*", { cwd: evidenceDirectory }).sort();
  expect(files).not.toEqual([]);
  return files.map((file) => [file, readFileSync(join(evidenceDirectory, file), "utf8")]);
}

async function approval(): Promise<string> {
  const { end } = await bench.run({ mode: "plan" });
  expect(end.outputs.get("status"), end.log).toBe("planned");
  const token = end.outputs.get("plan") ?? "";
  expect(digestOf(token)).not.toBe("");
  return token;
}

/** Such a run ends refused, and the droplet is seen to be as it was before it. */
async function expectRefused(inputs: ActionInputs, words: RegExp): Promise<StepEnd> {
  const before = await bench.look();
  const { end, action } = await bench.run(inputs);
  expect(await bench.look()).toEqual(before);
  await bench.nothingLeftBehind();
  expect(end.exitCode, end.log).toBe(1);
  expect(end.outputs.get("status")).toBe("refused");
  expect(end.outputs.get("changed")).toBe("false");
  expect(end.outputs.get("headline")).toMatch(words);
  expect(action.journal().some(({ kind }) => kind === "lease-taken" || kind === "remedy-started")).toBe(
    false,
  );
  return end;
}

describe("a plan", () => {
  it("made twice has the same programs and changes nothing; approved it is run, and the site is back", async () => {
    await bench.break("odoo-stopped");
    const before = await bench.look();
    const first = await bench.run({ mode: "plan" });
    const second = await bench.run({ mode: "plan" }, "root");
    expect(await bench.look()).toEqual(before);
    await bench.nothingLeftBehind();
    const token = first.end.outputs.get("plan") ?? "";
    expect(digestOf(token)).not.toBe("");
    expect(programsIn(second.action)).toEqual(programsIn(first.action));

    const file = readFileSync(join(first.action.evidenceDirectory, "plan/1-start-stack.sh"), "utf8");
    const { directory, odooService } = bench.droplet.parameters;
    expect(file).toContain(`DIRECTORY='${directory}'\n`);
    // The very container, by its id.
    const { Id: odoo } = (await bench.droplet.inspect("odoo")) ?? {};
    expect(file).toContain(`start ${odooService} ${odoo} `);
    expect(first.end.summary).toContain(`approve: ${token}`);
    expect(first.end.summary).toContain(file.trimEnd().split("\n").at(-1));
    expect(first.end.summary + first.end.log.replaceAll(/^::add-mask::.*$/gm, "")).not.toContain(
      bench.droplet.databasePassword,
    );

    const database = await bench.droplet.inspect("db");
    const { end } = await bench.run({ approve: token });
    await bench.droplet.assertHealthy();
    await bench.nothingLeftBehind();
    expect((await bench.droplet.inspect("db"))?.State.StartedAt).toBe(database?.State.StartedAt);
    expect(end.exitCode, end.log).toBe(0);
    expect(end.outputs.get("status")).toBe("recovered");
    expect(end.outputs.get("remedies")).toBe("start-stack");
  });

  it("that was approved is refused when another fault is there instead", async () => {
    await bench.break("odoo-stopped");
    const token = await approval();
    await bench.droplet.reset();
    await bench.break("nginx-stopped");
    const end = await expectRefused(
      { approve: token },
      /state has changed since the plan was approved.*; now: nginx/,
    );
    expect(end.summary).toContain("cause: nginx-down");
    expect(end.outputs.get("next")).toContain("`mode: plan` again");
    await bench.droplet.assertSymptom("nginx-stopped");
  });

  inLongRun("that has expired or whose minute was edited is refused, with the plan of now", async () => {
    await bench.break("odoo-stopped");
    const token = await approval();
    for (const [minutesAgo, words] of [
      [32, /^The approval has expired/],
      [7, /the minute in `approve` was edited/],
    ] as const) {
      const at = new Date(Date.now() - minutesAgo * 60_000);
      const minute = at.toISOString().slice(0, 16).replaceAll(/[-:]/g, "");
      const end = await expectRefused({ approve: `${digestOf(token)}-${minute}Z` }, words);
      expect(digestOf(end.outputs.get("plan") ?? "")).not.toBe("");
      expect(end.summary).toContain("### Plan");
    }
    await bench.droplet.assertSymptom("odoo-stopped");
  });

  it("is not approved by mode check: that is a mistake in the inputs", async () => {
    await bench.break("odoo-stopped");
    const token = await approval();
    const end = await expectRefused(
      { mode: "check", approve: token },
      /`approve`: is for `mode: recover` alone/,
    );
    expect(end.log).not.toContain("connected to deploy@");
  });

  inLongRun("of a site that is good by then changes nothing", async () => {
    await bench.break("odoo-stopped");
    const token = await approval();
    await bench.droplet.reset();
    await bench.droplet.assertHealthy();
    const before = await bench.look();
    const { end } = await bench.run({ approve: token });
    expect(await bench.look()).toEqual(before);
    expect(end.outputs.get("status"), end.log).toBe("healthy");
    expect(end.outputs.get("changed")).toBe("false");
  });
});

describe("a scenario", () => {
  it("that does not fit what is found is refused, and named with what does", async () => {
    await bench.break("odoo-stopped");
    const end = await expectRefused(
      { scenario: "500" },
      /odoo-stopped, of scenario 502, and `scenario: 500` was/,
    );
    expect(end.outputs.get("cause")).toBe("odoo-stopped");
    expect(end.outputs.get("next")).toContain("`scenario: auto`");
    await bench.droplet.assertSymptom("odoo-stopped");
  });

  inLongRun("that fits is recovered", async () => {
    await bench.break("odoo-stopped");
    const { end } = await bench.run({ scenario: "502" });
    await bench.droplet.assertHealthy();
    await bench.nothingLeftBehind();
    expect(end.outputs.get("status"), end.log).toBe("recovered");
    expect(end.outputs.get("remedies")).toBe("start-stack");
  });
});
