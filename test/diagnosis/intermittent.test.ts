// Good at this moment, and bad again and again lately: from how often on, and for how long after.

import { describe, expect, it } from "vitest";
import { type Minute, seen } from "../../src/survey/survey.ts";
import {
  accessLog,
  BAD_GATEWAY,
  db,
  diagnosisOf,
  logged,
  minute,
  odoo,
  type Shop,
  stamp,
} from "./surveys.ts";

const requests = (...minutes: readonly Minute[]): Shop => ({ accessLogs: seen([accessLog(minutes)]) });
const restarted = (restartCount: number, secondsAgo: number, more = {}): Shop => ({
  containers: [odoo({ restartCount, startedAt: stamp(secondsAgo), ...more }), db()],
});

describe("a site that works at this moment is intermittent", () => {
  it("when good and bad answers took turns three times in a quarter of an hour", () => {
    const diagnosis = diagnosisOf(
      requests(minute(600, { bad: 11, flips: 1 }), minute(120, { bad: 20, flips: 2 })),
    );
    expect(diagnosis).toMatchObject({ cause: "intermittent", ladder: [] });
    expect(diagnosis.layers.every(({ state }) => state === "good")).toBe(true);
    expect(diagnosis.finding).toBe(
      "31 of 60 requests of the last 15 minutes ended with 5xx, and good ones came between (/var/log/nginx/access.log)",
    );
  });

  it("when Docker restarted Odoo twice by itself, and last within an hour", () => {
    expect(diagnosisOf(restarted(2, 900)).finding).toBe(
      "Docker restarted Odoo 2 times by itself, last 15 min ago",
    );
    const killed = diagnosisOf(restarted(3, 120, { oomKilled: true }));
    expect(killed).toMatchObject({ cause: "intermittent", ladder: [] });
    expect(killed.finding).toContain("killed for want of memory");
    expect(killed.advice).toContain("more memory");
  });

  it.each([
    "2024-05-02 02:59:51,000 1 WARNING odoo odoo.service.server: Server memory limit (2684354560) reached.",
    "2024-05-02 02:59:51,000 71 INFO ? odoo.service.server: Worker (71) virtual memory limit (2684354560) reached.",
    "2024-05-02 02:59:51,000 71 INFO ? odoo.service.server: Thread x virtual real time limit (121/120s) reached.",
    "2024-05-02 02:59:51,000 1 ERROR ? odoo.service.server: WorkerHTTP (71) timeout after 120s",
    "2024-05-02 02:59:51,000 71 INFO odoo odoo.service.server: CPU time limit exceeded.",
  ])("when Odoo ended its workers three times: %s", (line) => {
    const log = (times: number) => logged(400, Array.from({ length: times }, () => line).join("\n"));
    expect(diagnosisOf({ log: log(3) })).toMatchObject({ cause: "intermittent", ladder: [] });
    expect(diagnosisOf({ log: log(3) }).finding).toContain("Odoo ended its workers 3 times in 15 minutes");
    expect(diagnosisOf({ log: log(2) }).cause).toBe("healthy");
  });

  it("for all of these reasons at once", () => {
    const { finding } = diagnosisOf({ ...restarted(2, 900), ...requests(minute(60, { bad: 9, flips: 3 })) });
    expect(finding).toMatch(/^9 of 30 requests .*; Docker restarted Odoo 2 times/);
  });
});

describe("it is not intermittent", () => {
  it.each<readonly [string, Shop]>([
    ["after one outage that is over", requests(minute(300, { bad: 30, flips: 1 }), minute(60, { flips: 1 }))],
    ["when bad answers took turns long ago", requests(minute(901, { bad: 20, flips: 9 }), minute(60))],
    ["when Docker restarted Odoo once", restarted(1, 60)],
    ["when the last restart is longer ago than an hour", restarted(9, 3_700)],
    ["when the limits were reached long ago", { log: logged(1_000, "CPU time limit exceeded\n".repeat(3)) }],
  ])("%s", (_, shop) => {
    expect(diagnosisOf(shop).cause).toBe("healthy");
  });

  it("while it is down: then it has a cause of its own", () => {
    const shop = requests(minute(60, { bad: 20, flips: 9 }));
    expect(
      diagnosisOf({ ...shop, containers: [odoo({ state: "exited" }), db()], proxy: seen(BAD_GATEWAY) }).cause,
    ).toBe("odoo-stopped");
  });

  it("by what happened before we acted", () => {
    expect(diagnosisOf(requests(minute(60, { bad: 20, flips: 9 })), ["start-stack"]).cause).toBe("healthy");
  });
});
