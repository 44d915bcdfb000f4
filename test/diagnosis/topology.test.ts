// Hosts that are built otherwise than the runbook's: recognised, said plainly, and not acted upon by guesses.

import { describe, expect, it } from "vitest";
import { seen, unseen } from "../../src/survey/survey.ts";
import {
  answer,
  BAD_GATEWAY,
  db,
  diagnosisOf,
  logged,
  ODOO,
  odoo,
  PROCESSES,
  process,
  project,
  REFUSED,
  type Shop,
} from "./surveys.ts";

describe("a database that is managed elsewhere", () => {
  const managed: Shop = {
    containers: [odoo({ databaseHost: "db-1.managed.example" })],
    projects: [project({ services: seen([ODOO]) })],
  };

  it("is told, and judged by what Odoo answers", () => {
    const diagnosis = diagnosisOf(managed);
    expect(diagnosis.cause).toBe("healthy");
    expect(diagnosis.layers.map(({ name }) => name)).toEqual(["odoo", "direct", "proxy", "assets"]);
    expect(diagnosis.topology).toEqual([
      "PostgreSQL is not in this compose project (Odoo is told db-1.managed.example): it is judged by Odoo's answers alone",
    ]);
    expect(diagnosisOf({ ...managed, direct: seen(answer({ code: 500 })) }).cause).toBe("odoo-unhealthy");
  });

  it("is not missed when Odoo is stopped, and nothing of ours starts it", () => {
    const diagnosis = diagnosisOf({
      ...managed,
      containers: [odoo({ state: "exited" })],
      proxy: seen(BAD_GATEWAY),
    });
    expect(diagnosis).toMatchObject({ cause: "odoo-stopped", ladder: ["start-stack"] });
    expect(diagnosis.ruledOut.map(({ remedy }) => remedy)).toContain("start-db");
  });

  it("that lets nobody in is told by Odoo's words, with its host", () => {
    const diagnosis = diagnosisOf({
      ...managed,
      direct: seen(answer({ code: 500 })),
      proxy: seen(answer({ code: 500 })),
      log: logged(
        3,
        'psycopg2.OperationalError: connection to server at "db-1.managed.example" (10.0.0.9), port 25060 failed: timeout expired',
      ),
    });
    expect(diagnosis).toMatchObject({ cause: "database-unreachable", ladder: [] });
    expect(diagnosis.finding).toContain("port 25060 failed: timeout expired");
    expect(diagnosis.advice).toContain("PostgreSQL at db-1.managed.example itself is not in this project");
  });
});

describe("an Odoo that Compose did not make", () => {
  const bare: Shop = { containers: [], projects: [], proxy: seen(REFUSED) };
  const container = {
    name: "shop",
    image: "registry.example/odoo-prod:16",
    status: "Up 3 days",
    ports: "0.0.0.0:8069->8069/tcp",
  };
  const service = { unit: "odoo.service", active: "active" };
  const bin = process("/opt/odoo/venv/bin/python3 /opt/odoo/odoo-bin -c /etc/odoo.conf", { pid: 700 });

  it.each<readonly [string, string, Shop]>([
    [
      "by `docker run`",
      "in the container shop (registry.example/odoo-prod:16; Up 3 days)",
      { others: seen({ containers: [container], services: [] }) },
    ],
    [
      "as a service of the system",
      "as the service odoo.service (active)",
      { others: seen({ containers: [], services: [service] }) },
    ],
    ["by hand", "as process 700", { processes: seen([...PROCESSES, bin]) }],
  ])("but %s, is told, and not touched", (_, where, shop) => {
    const diagnosis = diagnosisOf({ ...bare, ...shop });
    expect(diagnosis).toMatchObject({ cause: "other-topology", ladder: [], target: undefined });
    expect(diagnosis.finding).toBe(`Odoo runs ${where}, and not in a project of Compose`);
    expect(diagnosis.evidence[0]).toContain("no container made by Compose");
  });

  it("is not set a second one beside it for the sake of a compose file that was left behind", () => {
    const left = { ...bare, projects: [project({ origin: "files" })] };
    const running = { others: seen({ containers: [], services: [service] }) };
    expect(diagnosisOf({ ...left, ...running })).toMatchObject({ cause: "other-topology", ladder: [] });
    const stopped = {
      others: seen({
        containers: [{ ...container, status: "Exited (0) 3 months ago" }],
        services: [{ unit: "odoo.service", active: "inactive" }],
      }),
    };
    expect(diagnosisOf({ ...left, ...stopped })).toMatchObject({
      cause: "stack-down",
      ladder: ["start-stack"],
    });
  });

  it("does not hide the project that Compose made", () => {
    const others = seen({ containers: [container], services: [service] });
    expect(diagnosisOf({ others }).cause).toBe("healthy");
    expect(
      diagnosisOf({ others, containers: [odoo({ state: "exited" }), db()], proxy: seen(BAD_GATEWAY) }).cause,
    ).toBe("odoo-stopped");
  });

  it("is not found where there is none, and then nothing is known", () => {
    for (const others of [seen({ containers: [], services: [] }), unseen("no answer in time")])
      expect(diagnosisOf({ ...bare, others })).toMatchObject({
        cause: "unknown",
        ladder: [],
        target: undefined,
      });
  });
});

describe("a host with only Compose v1", () => {
  const old: Shop = {
    compose: seen({ generation: "v1", version: "1.29.2" }),
    projects: [project({ services: unseen("docker: 'compose' is not a docker command.") })],
  };

  it("is looked at as any other, and told", () => {
    expect(diagnosisOf(old)).toMatchObject({ cause: "healthy", topology: ["Compose is v1 (1.29.2)"] });
  });

  it("has nothing done to it that needs Compose; a container that is there is started without it", () => {
    const stopped = diagnosisOf({
      ...old,
      containers: [odoo({ state: "exited" }), db()],
      proxy: seen(BAD_GATEWAY),
    });
    expect(stopped).toMatchObject({ cause: "odoo-stopped", ladder: ["start-stack"] });
    const looping = odoo({ state: "restarting", restartCount: 5, exitCode: 1 });
    const loop = diagnosisOf({
      ...old,
      containers: [looping, db()],
      direct: seen(REFUSED),
      proxy: seen(BAD_GATEWAY),
    });
    expect(loop).toMatchObject({ cause: "odoo-crash-loop", ladder: [] });
    expect(loop.ruledOut.find(({ remedy }) => remedy === "boot-check")?.why).toBe("it needs Compose v2");
  });
});

describe("a clock that is off", () => {
  it.each([
    [3_600, "the host's clock is 3600 s ahead of ours"],
    [-90, "the host's clock is 90 s behind ours"],
  ])("by %d s is told", (clockSkew, words) => {
    expect(diagnosisOf({ clockSkew }).warnings).toEqual([words]);
  });

  it("by less than a minute, or not known, is not", () => {
    for (const clockSkew of [59, -59, 0, undefined]) expect(diagnosisOf({ clockSkew }).warnings).toEqual([]);
  });
});
