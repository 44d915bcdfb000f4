// Which remedies a cause allows, least invasive first, and why the others are ruled out.

import { describe, expect, it } from "vitest";
import type { Diagnosis } from "../../../src/diagnosis/diagnosis.ts";
import type { RemedyName } from "../../../src/diagnosis/remedy-name.ts";
import { seen, unseen } from "../../../src/survey/survey.ts";
import {
  activity,
  answer,
  BAD_GATEWAY,
  brokenNginx,
  DB,
  database,
  db,
  diagnosisOf,
  ODOO,
  odoo,
  PROCESSES,
  process,
  project,
  REFUSED,
  type Shop,
  TIMED_OUT,
  units,
} from "../surveys.ts";

const proxy = seen(BAD_GATEWAY);
const fails = { direct: seen(answer({ code: 500 })), proxy: seen(answer({ code: 500 })) };
const hangs = { direct: seen(TIMED_OUT), proxy };
const stopped = { containers: [odoo({ state: "exited", pid: 0 }), db()], proxy };
const looping = {
  containers: [odoo({ state: "restarting", exitCode: 1, restartCount: 5, pid: 0 }), db()],
  direct: seen(REFUSED),
  proxy,
};
const why = ({ ruledOut }: Diagnosis, remedy: RemedyName): string | undefined =>
  ruledOut.find((each) => each.remedy === remedy)?.why;

describe("start-stack", () => {
  it("is for an Odoo that is stopped, and is not tried again when that did not help", () => {
    expect(diagnosisOf(stopped).ladder).toEqual(["start-stack"]);
    const again = diagnosisOf(stopped, ["start-stack"]);
    expect(again.ladder).toEqual([]);
    expect(why(again, "start-stack")).toBe("it ran already and did not help");
  });

  it("needs compose files that can be read only where a container has to be made", () => {
    const projects = [project({ services: unseen("yaml: line 3: mapping values are not allowed") })];
    expect(diagnosisOf({ ...stopped, projects }).ladder).toEqual(["start-stack"]);
    const wishes = { odooService: "odoo" };
    const worker = odoo({ name: "a worker", service: "worker", publishes: [], exposes: [] });
    expect(diagnosisOf({ containers: [worker, db()], proxy, projects }, [], wishes).ladder).toEqual([]);
    const services = seen([ODOO, DB]);
    const absent = diagnosisOf({ containers: [db()], proxy, projects: [project({ services })] });
    expect(absent).toMatchObject({ cause: "odoo-absent", ladder: ["start-stack"] });
  });

  it("is nothing for an Odoo that runs", () => {
    expect(why(diagnosisOf(hangs), "start-stack")).toContain("none of them is stopped");
  });
});

describe("start-db", () => {
  it("needs no compose files for a container that is there", () => {
    const shop = {
      ...fails,
      containers: [odoo(), db({ state: "exited" })],
      projects: [project({ services: unseen("yaml: line 3") })],
    };
    expect(diagnosisOf(shop).ladder).toEqual(["start-db"]);
  });

  it("leaves a database alone that fails at each start", () => {
    const shop = { ...fails, containers: [odoo(), db({ state: "restarting", restartCount: 3 })] };
    expect(why(diagnosisOf(shop), "start-db")).toContain("fails each time");
  });
});

describe("restart-odoo", () => {
  it("is for an Odoo that runs and does not answer, or not with its page", () => {
    for (const shop of [hangs, fails]) expect(diagnosisOf(shop).ladder).toEqual(["restart-odoo"]);
  });

  it("is never done while the database is not good", () => {
    const sick = { ...hangs, containers: [odoo(), db({ health: "unhealthy" })] };
    const diagnosis = diagnosisOf(sick);
    expect(diagnosis.ladder).toEqual([]);
    expect(why(diagnosis, "restart-odoo")).toBe("the database is not good, and Odoo cannot be before it is");
  });

  it("is not done to an Odoo that answers, nor to one that Docker restarts already", () => {
    expect(why(diagnosisOf({ proxy }), "restart-odoo")).toContain("Odoo itself answers");
    expect(why(diagnosisOf(looping), "restart-odoo")).toContain("does not run");
  });

  it("is not done after a boot check, which started it anew: one that falls slowly looks as if it did not listen", () => {
    const diagnosis = diagnosisOf(hangs, ["boot-check"]);
    expect(diagnosis.ladder).toEqual([]);
    expect(why(diagnosis, "restart-odoo")).toContain("after the boot check");
  });

  it("is done to one that does not find back to a database that was brought back", () => {
    const log = `${new Date(Date.parse("2024-05-02T02:59:50Z")).toISOString()} FATAL:  password authentication failed for user "odoo"`;
    expect(diagnosisOf({ ...fails, log }).ladder).toEqual([]);
    expect(diagnosisOf({ ...fails, log }, ["start-db"]).ladder).toEqual(["restart-odoo"]);
  });
});

describe("boot-check", () => {
  it("is for a crash loop, and for an Odoo that fails after a restart as before", () => {
    expect(diagnosisOf(looping).ladder).toEqual(["boot-check"]);
    expect(why(diagnosisOf(fails), "boot-check")).toBe("a restart is tried first");
    expect(diagnosisOf(fails, ["restart-odoo"]).ladder).toEqual(["boot-check"]);
  });

  it.each<readonly [string, Shop, string]>([
    [
      "compose files that can be read",
      { projects: [project({ services: unseen("yaml: line 3") })] },
      "yaml: line 3",
    ],
    ["Compose v2", { compose: seen({ generation: "v1", version: "1.29.2" }) }, "Compose v2"],
    [
      "the database's name",
      { databases: database(seen(activity({ odoo: [] }))) },
      "no database holds an Odoo",
    ],
    [
      "systemd, for Odoo's return after a reboot",
      { units: unseen("no systemctl") },
      "systemd was not observed",
    ],
  ])("needs %s", (_, shop, words) => {
    const diagnosis = diagnosisOf({ ...looping, ...shop });
    expect(diagnosis).toMatchObject({ cause: "odoo-crash-loop", ladder: [] });
    expect(why(diagnosis, "boot-check")).toContain(words);
  });

  it("needs a database that is good, and was seen to be", () => {
    const diagnosis = diagnosisOf({ ...looping, databases: unseen("the probe failed") }, [], {
      database: "odoo",
    });
    expect(diagnosis.ladder).toEqual([]);
    expect(why(diagnosis, "boot-check")).toBe("the database is not good");
  });
});

describe("start-nginx", () => {
  const down = { proxy: seen(REFUSED), units: units({ nginx: { active: "failed" } }) };

  it("is allowed where the configuration was not seen: its program tests it again before it acts", () => {
    expect(diagnosisOf({ ...down, nginx: unseen("sudo needs a password") }).ladder).toEqual(["start-nginx"]);
  });

  it("is ruled out where nginx -t failed", () => {
    expect(why(diagnosisOf({ ...down, nginx: brokenNginx }), "start-nginx")).toContain("invalid");
  });
});

describe("a ladder", () => {
  it("goes from the least invasive to the most", () => {
    const frozen = PROCESSES.map((each) => (each.pid === 20_737 ? { ...each, state: "Tsl" } : each));
    expect(diagnosisOf({ ...hangs, processes: seen(frozen) }).ladder).toEqual([
      "resume-odoo",
      "restart-odoo",
    ]);
  });

  it("is empty with the same reason for each remedy while somebody is at work", () => {
    const pull = process("docker compose pull odoo");
    const diagnosis = diagnosisOf({ ...stopped, processes: seen([...PROCESSES, pull]) });
    expect(diagnosis.ladder).toEqual([]);
    expect(new Set(diagnosis.ruledOut.map((each) => each.why))).toEqual(
      new Set(["somebody is at work, and is never interrupted"]),
    );
  });

  it("is empty where nothing that was seen is bad", () => {
    const diagnosis = diagnosisOf({ proxy: unseen("curl is not installed") });
    expect(new Set(diagnosis.ruledOut.map((each) => each.why))).toEqual(
      new Set(["nothing that could be seen is bad"]),
    );
  });
});
