// Which cause is the root: of a shop that is well, and of several faults at once.

import { describe, expect, it } from "vitest";
import type { Cause } from "../../../src/diagnosis/cause.ts";
import { seen, unseen } from "../../../src/survey/survey.ts";
import {
  ago,
  BAD_GATEWAY,
  database,
  db,
  diagnosisOf,
  disk,
  LISTENERS,
  LOGIN_PAGE,
  logged,
  nginx,
  odoo,
  PROCESSES,
  process,
  publicProbe,
  REFUSED,
  type Shop,
  units,
  upstream,
} from "../surveys.ts";

import { causeOf, down, exited, fails, falling, hangs, proxy } from "./states.ts";

describe("a healthy shop", () => {
  it("has no cause, nothing to do, and nothing to tell", () => {
    const diagnosis = diagnosisOf();
    expect(diagnosis).toMatchObject({
      cause: "healthy",
      ladder: [],
      ruledOut: [],
      drift: [],
      evidence: [],
      warnings: [],
      topology: [],
      advice: "",
      since: "",
      outage: undefined,
    });
    expect(diagnosis.layers.map(({ name, state }) => [name, state])).toEqual([
      ["database", "good"],
      ["odoo", "good"],
      ["direct", "good"],
      ["proxy", "good"],
      ["assets", "good"],
    ]);
  });

  it("is judged by its public side too, where that is known", () => {
    const diagnosis = diagnosisOf({ public: seen(publicProbe()) });
    expect(diagnosis.cause).toBe("healthy");
    expect(diagnosis.layers.at(-1)).toEqual({ name: "public", state: "good", why: "200 in 0.12 s" });
  });

  it("is healthy although Odoo's own health check lags behind, and the check's opinion is told", () => {
    const diagnosis = diagnosisOf({ containers: [odoo({ health: "unhealthy" }), db()] });
    expect(diagnosis.cause).toBe("healthy");
    expect(diagnosis.warnings).toEqual([expect.stringContaining("own health check says unhealthy")]);
  });

  it.each([
    ["the direct probe", { direct: unseen("no answer in time") }, "direct"],
    ["the proxy probe", { proxy: unseen("curl is not installed") }, "proxy"],
    ["the look from outside", { public: unseen("this runner has no network") }, "public"],
    ["PostgreSQL", { databases: unseen("psql: not found") }, "database"],
  ] as const)(
    "is not called healthy where %s failed: what was not observed is not fine",
    (_, shop, blind) => {
      const diagnosis = diagnosisOf(shop);
      expect(diagnosis).toMatchObject({ cause: "unknown", ladder: [] });
      expect(diagnosis.layers.find(({ name }) => name === blind)?.state).toBe("not observed");
      expect(diagnosis.finding).toContain(blind);
    },
  );

  it("takes PostgreSQL's own health check for its word where PostgreSQL could not be asked", () => {
    expect(causeOf({ containers: [odoo(), db({ health: "healthy" })], databases: unseen("no psql") })).toBe(
      "healthy",
    );
  });
});

describe("of several faults at once", () => {
  const disks = seen([disk("/", { available: 0 })]);
  const stoppedNginx = { units: units({ nginx: { active: "inactive", downSince: ago(60) } }) };
  const wrongNginx = { nginx: nginx([upstream("127.0.0.1:8079")]) };
  const pull = process("docker compose pull odoo", { pid: 900 });

  it.each<readonly [string, Shop, Cause]>([
    [
      "a full disk is before somebody at work, who cannot end the work either",
      { ...fails, disks, processes: seen([...PROCESSES, pull]) },
      "disk-full",
    ],
    [
      "a full disk is before a stopped stack",
      { containers: [odoo(exited), db(exited)], proxy, disks },
      "disk-full",
    ],
    [
      "a stopped stack is before a stopped nginx",
      { containers: [odoo(exited), db(exited)], ...stoppedNginx, proxy: seen(REFUSED) },
      "stack-down",
    ],
    [
      "a stopped database is before a crash loop",
      { containers: [odoo(falling), db(exited)], ...down },
      "database-down",
    ],
    [
      "a stopped database is before a paused Odoo",
      { containers: [odoo({ state: "paused" }), db(exited)], ...hangs },
      "database-down",
    ],
    [
      "a database that recovers is before a stopped Odoo",
      {
        containers: [odoo(exited), db()],
        proxy,
        databases: database(unseen("psql: error: FATAL:  the database system is starting up")),
      },
      "database-starting",
    ],
    [
      "a database that is locked up is before a crash loop",
      {
        containers: [odoo(falling), db()],
        ...down,
        log: logged(9, 'FATAL:  password authentication failed for user "odoo"'),
      },
      "database-unreachable",
    ],
    [
      "a stopped Odoo is before a stopped nginx",
      { containers: [odoo(exited), db()], ...stoppedNginx, proxy: seen(REFUSED) },
      "odoo-stopped",
    ],
    ["a hanging Odoo is before a wrong upstream", { ...hangs, ...wrongNginx }, "odoo-frozen"],
    [
      "a lost port is before a wrong upstream",
      { ...down, ...wrongNginx, probe: { inner: LOGIN_PAGE } },
      "port-mapping-missing",
    ],
    [
      "a stopped nginx is before a wrong upstream",
      { ...wrongNginx, ...stoppedNginx, proxy: seen(REFUSED), listeners: seen(LISTENERS.slice(0, 1)) },
      "nginx-down",
    ],
    [
      "a wrong upstream is before what the public gets",
      { ...wrongNginx, proxy, public: seen(publicProbe({ answer: BAD_GATEWAY })) },
      "nginx-elsewhere",
    ],
  ])("%s", (_, shop, cause) => {
    expect(causeOf(shop)).toBe(cause);
  });
});
