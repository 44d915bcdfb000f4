/**
 * Scenario 1 of the runbook, fault by fault, by the bundle on the test droplet: the cause that the fault's script
 * expects, and the right outcome, judged from outside.
 */

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { faultNamed } from "../faults.ts";
import { cases, inLongRun } from "./cases.ts";
import { Bench } from "./run.ts";

let bench: Bench;

beforeAll(async () => {
  bench = await Bench.up();
});

afterEach(async () => {
  await bench.tidy();
});

async function expectRecovered(fault: string, remedies: string): Promise<string> {
  const { droplet } = bench;
  await bench.break(fault);
  const { end } = await bench.run();
  await droplet.assertHealthy();
  expect((await droplet.inspect("odoo"))?.State.Status).toBe("running");
  expect((await droplet.inspect("db"))?.State.Status).toBe("running");
  await bench.nothingLeftBehind();
  expect(end.exitCode, end.log).toBe(0);
  expect(end.outputs.get("status")).toBe("recovered");
  expect(end.outputs.get("cause")).toBe(faultNamed(fault).expectedCause);
  expect(end.outputs.get("remedies")).toBe(remedies);
  expect(end.summary.split("\n")[0]).toContain("recovered: The site is back");
  return end.summary;
}

describe("brought back", () => {
  it.each(
    cases<[string, string]>(
      [["port-proxy-lost", "restart-odoo"]],
      [
        // CI has these two interrupted (sweep.e2e.test.ts), and on the sandbox.
        ["docker-stopped", "start-docker"],
        ["nginx-stopped", "start-nginx"],
        ["docker-left-out", "start-docker,start-stack"],
        ["dockerd-killed", "start-stack"],
      ],
    ),
  )("%s, by %s", async (fault, remedies) => {
    await expectRecovered(fault, remedies);
  });

  it("odoo-killed-once, by start-stack; that it was killed for want of memory is told, and what to do about it", async () => {
    const summary = await expectRecovered("odoo-killed-once", "start-stack");
    expect(summary).toMatch(/killed for want of memory, status 137/);
    expect(summary).toMatch(/\*\*Next:\*\* Give it more memory/);
  });

  it.each(cases(["db-stopped"], ["db-stopped-odoo-restarted"]))(
    "%s, by starting the database alone; Odoo finds back to it by itself",
    async (fault) => {
      const odoo = (await bench.droplet.inspect("odoo"))?.Id;
      const db = (await bench.droplet.inspect("db"))?.Id;
      await expectRecovered(fault, "start-db");
      expect((await bench.droplet.inspect("odoo"))?.Id).toBe(odoo);
      expect((await bench.droplet.inspect("db"))?.Id).toBe(db);
    },
  );

  it.each(cases(["odoo-sigstop"], ["odoo-paused"]))(
    "%s, by letting it go on: Odoo's process is the same one",
    async (fault) => {
      const before = await bench.droplet.inspect("odoo");
      await expectRecovered(fault, "resume-odoo");
      const after = await bench.droplet.inspect("odoo");
      expect(after?.State.Pid).toBe(before?.State.Pid);
      expect(after?.State.StartedAt).toBe(before?.State.StartedAt);
    },
  );

  inLongRun(
    "odoo-hangs, by a restart; where its threads stood, and what PostgreSQL did, is saved before",
    async () => {
      await bench.break("odoo-hangs");
      const database = await bench.droplet.inspect("db");
      const { end, action } = await bench.run();
      await bench.droplet.assertHealthy();
      await bench.nothingLeftBehind();
      expect((await bench.droplet.inspect("db"))?.State.StartedAt).toBe(database?.State.StartedAt);
      expect(end.outputs.get("status"), end.log).toBe("recovered");
      expect(end.outputs.get("cause")).toBe("odoo-frozen");
      expect(end.outputs.get("remedies")).toBe("restart-odoo");
      const saved = (name: string): string =>
        readFileSync(join(action.evidenceDirectory, "freeze", name), "utf8");
      expect(saved("stacks.txt")).toMatch(/File: "\/mnt\/extra-addons\/shop_notes\/models\.py"/);
      expect(saved("activity.txt")).toContain("application_name");
      expect(existsSync(join(action.evidenceDirectory, "freeze", "locks.txt"))).toBe(true);
      expect(end.outputs.get("next")).toContain("shop_notes/models.py");
    },
  );
});

describe("named, and left alone", () => {
  it.each(
    cases<[string, RegExp]>(
      [
        [
          "nginx-invalid",
          /unknown directive &quot;proxy_passs&quot;|unknown directive "proxy_passs" in \S*odoo:\d+/,
        ],
        ["port-mapping-missing", /docker-compose\.prod\.yml:\d+/],
        ["disk-full", /is full/],
      ],
      [
        [
          "nginx-wrong-port",
          /127\.0\.0\.1:8079 \(\/etc\/nginx\/sites-enabled\/odoo:2; nothing listens there\)/,
        ],
        ["odoo-not-listening", /http&#95;port = 8079|http_port = 8079/],
        ["db-locked", /pg&#95;terminate&#95;backend|pg_terminate_backend\(\d+\)/],
        ["inodes-full", /has no inodes left/],
      ],
    ),
  )("%s", async (fault, words) => {
    await bench.break(fault);
    // A database without space starts again and again by itself, and answers nobody.
    const look = async (): Promise<unknown> => (fault === "disk-full" ? undefined : await bench.look());
    const before = await look();
    const { end } = await bench.run();
    await bench.droplet.assertSymptom(fault);
    expect(await look()).toEqual(before);
    await bench.nothingLeftBehind();
    expect(end.exitCode, end.log).toBe(1);
    expect(end.outputs.get("status")).toBe("unhealthy");
    expect(end.outputs.get("cause")).toBe(faultNamed(fault).expectedCause);
    expect(end.outputs.get("changed")).toBe("false");
    expect(`${end.outputs.get("headline")} ${end.outputs.get("next")}`).toMatch(words);
    expect(end.outputs.get("next")).not.toBe("");
  });

  it.each(
    cases<[string, RegExp]>(
      [["odoo-out-of-memory", /killed for want of memory at each start/]],
      [["db-password-wrong", /password authentication failed/]],
    ),
  )("%s, though Docker restarts Odoo again and again", async (fault, words) => {
    await bench.break(fault);
    const database = await bench.droplet.inspect("db");
    const odoo = await bench.droplet.inspect("odoo");
    const { end } = await bench.run();
    await bench.droplet.assertSymptom(fault);
    await bench.nothingLeftBehind();
    expect((await bench.droplet.inspect("db"))?.State.StartedAt).toBe(database?.State.StartedAt);
    expect((await bench.droplet.inspect("odoo"))?.Id).toBe(odoo?.Id);
    expect(end.outputs.get("status"), end.log).toBe("unhealthy");
    expect(end.outputs.get("cause")).toBe(faultNamed(fault).expectedCause);
    expect(end.outputs.get("changed")).toBe("false");
    expect(end.outputs.get("headline")).toMatch(words);
  });
});

describe("a site that works, but", () => {
  it.each(cases(["nginx-invalid-unapplied"], ["intermittent-crashes"]))(
    "%s, is degraded, and nothing is changed",
    async (fault) => {
      await bench.break(fault);
      const before = await bench.look();
      const { end } = await bench.run();
      await bench.droplet.assertHealthy();
      expect(await bench.look()).toEqual(before);
      await bench.nothingLeftBehind();
      expect(end.exitCode, end.log).toBe(0);
      expect(end.outputs.get("status")).toBe("degraded");
      expect(end.outputs.get("cause")).toBe(faultNamed(fault).expectedCause);
      expect(end.outputs.get("changed")).toBe("false");
    },
  );

  it("intermittent-upstream, is named by file and line, whichever answer the look got", async () => {
    await bench.break("intermittent-upstream", 0);
    const { end } = await bench.run({ mode: "check" });
    expect(end.outputs.get("cause"), end.log).toBe("intermittent");
    expect(end.outputs.get("changed")).toBe("false");
  });
});

describe("the database, starting up", () => {
  it("is waited for and never touched; the site is then good by itself", async () => {
    await bench.break("db-starting", 0);
    const database = await bench.droplet.inspect("db");
    const action = bench.action();
    action.start();
    await action.seen("the wait", (entry) => entry.kind === "note" && entry.text.startsWith("Waiting:"));
    await bench.droplet.finish("db-starting");
    const end = await action.main();
    await bench.droplet.assertHealthy();
    expect((await bench.droplet.inspect("db"))?.State.StartedAt).toBe(database?.State.StartedAt);
    expect(end.outputs.get("status"), end.log).toBe("healthy");
    expect(end.outputs.get("cause")).toBe("database-starting");
    expect(end.outputs.get("changed")).toBe("false");
  });
});

describe("the whole host, rebooted", () => {
  it("while Odoo was down is looked at as soon as it is there, and the site is good in the end", async () => {
    await bench.break("docker-left-out");
    await bench.droplet.reboot();
    const { end } = await bench.run({ timeout: "60s" });
    await bench.droplet.assertHealthy();
    await bench.nothingLeftBehind();
    expect(end.exitCode, end.log).toBe(0);
    expect(["healthy", "recovered"]).toContain(end.outputs.get("status"));
  });
});

describe("the public side", () => {
  it("that is good makes a host which does not answer degraded, and not unreachable", async () => {
    const { end } = await bench.run({ mode: "check", port: "1", timeout: "3s" });
    expect(end.outputs.get("status"), end.log).toBe("degraded");
    expect(end.outputs.get("cause")).toBe("host-unreachable");
    expect(end.exitCode).toBe(0);
  });

  it("that is bad too makes it unreachable", async () => {
    await bench.break("nginx-stopped", 0);
    const { end } = await bench.run({ mode: "recover", port: "1", timeout: "3s" });
    expect(end.outputs.get("status"), end.log).toBe("unreachable");
    expect(end.exitCode).toBe(1);
  });

  it("that cannot be reached while all is good on the host is a cause of its own", async () => {
    const { end } = await bench.run({ mode: "recover", url: "http://127.0.0.1:1" });
    expect(end.outputs.get("status"), end.log).toBe("unhealthy");
    expect(end.outputs.get("cause")).toBe("public-unreachable");
    expect(end.outputs.get("changed")).toBe("false");
  });
});
