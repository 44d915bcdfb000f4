// A plan is what would run, to the letter; its hash is the same for the same situation, and another for every other one.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Diagnosis, diagnose } from "../src/diagnosis/diagnosis.ts";
import type { RemedyName } from "../src/diagnosis/remedy-name.ts";
import { RISK, type RiskClass } from "../src/diagnosis/risk.ts";
import { describePlan, mayRun, type Plan, type Planning, type PlanStep, planOf } from "../src/plan.ts";
import { Redactor } from "../src/redaction/redactor.ts";
import { type Container, type Survey, seen } from "../src/survey/survey.ts";
import {
  ago,
  anySurvey,
  BAD_GATEWAY,
  db,
  diagnosisOf,
  host,
  NO_WISHES,
  odoo,
  PROCESSES,
  project,
  REFUSED,
  type Shop,
  stamp,
  TIMED_OUT,
} from "./diagnosis/surveys.ts";

const PLANNING: Planning = {
  version: "1.2.3",
  hostKey: "SHA256:oneHostKey",
  redact: (text) => new Redactor().text(text),
  backup: "auto",
  backupTo: "droplet",
};
const proxy = seen(BAD_GATEWAY);
const stopped: Shop = { containers: [odoo({ state: "exited", pid: 0 }), db()], proxy };
const halted: Shop = {
  direct: seen(TIMED_OUT),
  proxy,
  processes: seen(PROCESSES.map((each) => (each.pid === 20_737 ? { ...each, state: "Tsl" } : each))),
};
const looping = (more: Partial<Container> = {}): Shop => ({
  containers: [odoo({ state: "restarting", exitCode: 1, restartCount: 5, pid: 0, ...more }), db()],
  direct: seen(REFUSED),
  proxy,
});
const hashOf = (diagnosis: Diagnosis, planning: Partial<Planning> = {}): string =>
  planOf(diagnosis, { ...PLANNING, ...planning }).hash;

describe("a plan", () => {
  it("has a step for each remedy of the ladder, in its order, with its class and the program as it is sent", () => {
    const diagnosis = diagnosisOf(halted);
    const { steps, subject } = planOf(diagnosis, PLANNING);
    expect(steps.map(({ remedy }) => remedy)).toEqual(["resume-odoo", "restart-odoo"]);
    expect(steps.map(({ remedy }) => remedy)).toEqual(diagnosis.ladder);
    expect(steps.map(({ risk }) => risk)).toEqual(["restart", "restart"]);
    expect(steps[1]?.program).toMatch(/^CONTAINER='odoo-ce-odoo-id'$/m);
    expect(steps[1]?.program).toMatch(/^PATIENCE='10'$/m);
    expect(steps[1]?.program).toContain('docker restart --time "$PATIENCE" "$CONTAINER"');
    // Odoo must come back, also when the power fails while Docker waits for it to end.
    expect(steps[0]?.putBack).toBeUndefined();
    expect(steps[1]?.putBack).toMatch(/^CONTAINER='odoo-ce-odoo-id'$/m);
    expect(subject).toEqual({
      version: "1.2.3",
      hostKey: "SHA256:oneHostKey",
      project: "odoo-ce",
      directory: "/opt/odoo-ce",
      database: "odoo",
      cause: "odoo-frozen",
    });
  });

  it("has what puts the host back, where a remedy has that", () => {
    const [step] = planOf(diagnosisOf(looping()), PLANNING).steps;
    expect(step).toMatchObject({ remedy: "boot-check", putBack: expect.stringContaining("DATABASE='odoo'") });
    expect(step?.program).toMatch(
      /^PUT_BACK_DIR='\/var\/lib\/odoo-recover\/odoo-ce-[0-9a-f]{8}\/put-back'$/m,
    );
  });

  it.each([
    [["--db_password", "hunter"], "--db_password\n***"],
    [["--db_password=hunter"], "--db_password=***"],
    [["-w", "hunter"], "-w\n***"],
    [["--db_password", "hun'ter"], "--db_password\n***"],
  ])("shows no password that Odoo is started with, written as %j", (words, masked) => {
    const command = ["odoo", "--workers=2", ...words, "--max-cron-threads=1"];
    const plan = planOf(diagnosisOf(looping({ command })), PLANNING);
    expect(plan.steps[0]?.program).toContain(`OPTIONS='--workers=2\n${masked}\n--max-cron-threads=1'\n`);
  });

  it("is told to people in the words by which two of them are compared", () => {
    expect(describePlan(planOf(diagnosisOf(stopped), PLANNING)).split("\n")).toEqual([
      "cause: odoo-stopped",
      "project: odoo-ce in /opt/odoo-ce",
      "database: odoo",
      "host key: SHA256:oneHostKey",
      "version: 1.2.3",
      "steps: start-stack",
    ]);
    const blind = describePlan(planOf(diagnosisOf({ projects: [] }), PLANNING));
    expect(blind).toContain("project: not known\ndatabase: not known");
    expect(blind).toContain("steps: none");
  });
});

describe("the hash of a plan", () => {
  it("is the same for the same situation, looked at twice", () => {
    expect(hashOf(diagnosisOf(stopped))).toBe(hashOf(diagnosisOf(stopped)));
    expect(hashOf(diagnosisOf(stopped))).toMatch(/^[0-9a-f]{64}$/);
  });

  it.each<readonly [string, Shop]>([
    [
      "cause",
      { containers: [odoo({ state: "exited", oomKilled: true, exitCode: 137, pid: 0 }), db()], proxy },
    ],
    [
      "container, so another parameter",
      { ...stopped, containers: [odoo({ state: "created" }), db({ state: "exited" })] },
    ],
    [
      "project",
      {
        ...stopped,
        projects: [project({ name: "shop" })],
        containers: [odoo({ project: "shop", state: "exited" }), db({ project: "shop" })],
      },
    ],
    ["directory", { ...stopped, projects: [project({ directory: "/srv/odoo" })] }],
    ["compose file", { ...stopped, projects: [project({ files: ["/opt/odoo-ce/other.yml"] })] }],
  ])("is another for another %s", (_, shop) => {
    expect(planOf(diagnosisOf(shop), PLANNING).steps).not.toEqual([]);
    expect(hashOf(diagnosisOf(shop))).not.toBe(hashOf(diagnosisOf(stopped)));
  });

  it("is another for another database, host key or version, though every program is the same", () => {
    const usual = hashOf(diagnosisOf(stopped));
    const other = diagnosisOf(stopped, [], { database: "shop" });
    expect(planOf(other, PLANNING).steps).toEqual(planOf(diagnosisOf(stopped), PLANNING).steps);
    const all = [
      usual,
      hashOf(other),
      hashOf(diagnosisOf(stopped), { hostKey: "SHA256:another" }),
      hashOf(diagnosisOf(stopped), { version: "1.2.4" }),
    ];
    expect(new Set(all).size).toBe(all.length);
  });

  it("is another where a step is missing, or the same steps come in another order", () => {
    const diagnosis = diagnosisOf(halted);
    const all = [diagnosis.ladder, [...diagnosis.ladder].reverse(), diagnosis.ladder.slice(1), []].map(
      (ladder) => hashOf({ ...diagnosis, ladder }),
    );
    expect(new Set(all).size).toBe(4);
  });

  it("is another where a remedy is of another class than when it was approved", () => {
    const risks: Record<string, RiskClass> = { ...RISK, "start-stack": "wipe" };
    expect(planOf(diagnosisOf(stopped), PLANNING, risks as typeof RISK).hash).not.toBe(
      hashOf(diagnosisOf(stopped)),
    );
  });

  it("tells nothing of a secret: two that differ in one alone are the same plan", () => {
    const started = (password: string) =>
      diagnosisOf(looping({ command: ["odoo", "--db_password", password] }));
    expect(hashOf(started("hunter2"))).toBe(hashOf(started("tiger3")));
  });
});

/** Other counters, times and words in a survey, of which none is in a program. */
function laterLook(look: Survey): Survey {
  const later = (container: Container): Container => ({
    ...container,
    restartCount: container.restartCount === 0 ? 0 : container.restartCount + 1,
  });
  return {
    ...look,
    host: look.host.observed
      ? seen(host({ ...look.host.value, uptimeSeconds: 77, load: [3, 2, 1], bootId: "another" }))
      : look.host,
    containers: look.containers.observed ? seen(look.containers.value.map(later)) : look.containers,
    memory: seen({ total: 2_014_000, available: 300_000, swapTotal: 0, swapFree: 0 }),
    clockSkew: 17,
  };
}

/** The same finding, told at another time. */
function retold(diagnosis: Diagnosis): Diagnosis {
  const { target } = diagnosis;
  const at = (container: Container): Container => ({
    ...container,
    restartCount: container.restartCount + 3,
    exitCode: 143,
    pid: container.pid + 1,
    createdAt: stamp(9),
    startedAt: stamp(7),
    finishedAt: stamp(8),
    health: "starting",
    imageId: "sha256:another",
    configHash: "another",
  });
  return {
    ...diagnosis,
    finding: "it was told in other words, 7 s ago",
    evidence: ["odoo: exited 12 s ago"],
    advice: "Another.",
    layers: diagnosis.layers.map((layer) => ({ ...layer, why: "200 in 0.98 s" })),
    warnings: ["uptime 77 s"],
    drift: [],
    topology: [],
    changes: [{ at: ago(3), what: "something else" }],
    outage: undefined,
    since: "Down since 03:00:00 UTC",
    ruledOut: [],
    target: target && {
      ...target,
      odoo: target.odoo && at(target.odoo),
      db: target.db && at(target.db),
      containers: target.containers.map(at),
    },
  };
}

const anyLadder = fc
  .record({
    look: anySurvey,
    wishes: fc.constantFrom(NO_WISHES, { ...NO_WISHES, database: "odoo" }),
    tried: fc.oneof(
      { weight: 2, arbitrary: fc.constant([]) },
      { weight: 1, arbitrary: fc.subarray(Object.keys(RISK) as RemedyName[]) },
    ),
  })
  .map((each) => ({ ...each, diagnosis: diagnose(each.look, each.wishes, each.tried) }));

describe("whatever a host shows", () => {
  it("its plan can be made, with a program for every step of the ladder", () => {
    fc.assert(
      fc.property(anyLadder, ({ diagnosis }) => {
        const { steps, hash } = planOf(diagnosis, PLANNING);
        expect(steps.map(({ remedy }) => remedy)).toEqual(diagnosis.ladder);
        for (const { program } of steps) expect(program).toMatch(/set -eu/);
        expect(hash).toMatch(/^[0-9a-f]{64}$/);
      }),
      { numRuns: 500 },
    );
  });

  it("no time, counter or word of a finding is in the hash", () => {
    let met = 0;
    fc.assert(
      fc.property(anyLadder, ({ diagnosis, look, wishes, tried }) => {
        if (diagnosis.ladder.length > 0) met += 1;
        expect(hashOf(retold(diagnosis))).toBe(hashOf(diagnosis));
        const later = diagnose(laterLook(look), wishes, tried);
        // With other counters it may be another situation; where it is not, it is the same plan.
        if (later.cause === diagnosis.cause && `${later.ladder}` === `${diagnosis.ladder}`)
          expect(hashOf(later)).toBe(hashOf(diagnosis));
      }),
      { numRuns: 1_000 },
    );
    expect(met).toBeGreaterThan(50);
  });

  it("whatever is in a program is in the hash", () => {
    let met = 0;
    fc.assert(
      fc.property(anyLadder, fc.nat(3), ({ diagnosis }, which) => {
        const { target } = diagnosis;
        if (target === undefined || diagnosis.ladder.length === 0) return;
        const bent: Diagnosis["target"] = [
          { ...target, odoo: target.odoo && { ...target.odoo, id: "another" } },
          { ...target, db: target.db && { ...target.db, id: "another" } },
          { ...target, project: { ...target.project, files: ["/another.yml"] } },
          { ...target, odooService: "another" },
        ][which];
        const before = planOf(diagnosis, PLANNING);
        const after = planOf({ ...diagnosis, target: bent }, PLANNING);
        const differs = JSON.stringify(before.steps) !== JSON.stringify(after.steps);
        if (differs) met += 1;
        expect(before.hash !== after.hash).toBe(differs);
      }),
      { numRuns: 2_000 },
    );
    expect(met).toBeGreaterThan(30);
  });
});

describe("a step may run", () => {
  const step = (remedy: PlanStep["remedy"], risk: RiskClass = "restart", program = "true"): PlanStep => ({
    remedy,
    risk,
    program,
    putBack: undefined,
    backup: undefined,
  });
  const approved = (...steps: readonly PlanStep[]): Plan => ({
    ...planOf(diagnosisOf(stopped), PLANNING),
    steps,
  });

  it("without an approval where its class needs none, and not where it removes or is a module's", () => {
    const classes: readonly RiskClass[] = ["observe", "restart", "repair", "wipe", "module"];
    expect(classes.map((risk) => mayRun(step("restart-odoo", risk), undefined, []))).toEqual([
      true,
      true,
      true,
      false,
      false,
    ]);
  });

  it("with an approval when it is in the plan, whatever its class; and to the letter", () => {
    const plan = approved(step("resume-odoo"), step("restart-odoo", "wipe"));
    expect(mayRun(step("restart-odoo", "wipe"), plan, ["resume-odoo"])).toBe(true);
    expect(mayRun(step("restart-odoo", "wipe", "false"), plan, ["resume-odoo"])).toBe(false);
    expect(mayRun({ ...step("restart-odoo", "wipe"), putBack: "true" }, plan, [])).toBe(false);
  });

  it("with an approval not when it is not in the plan, though its class needs none", () => {
    expect(mayRun(step("start-stack"), approved(step("start-db")), ["start-db"])).toBe(false);
    expect(mayRun(step("start-stack"), approved(), [])).toBe(false);
  });

  it("in the order of the plan alone: not before, and not again after, what has run", () => {
    const plan = approved(step("start-db"), step("start-stack"), step("restart-odoo"));
    expect(mayRun(step("start-stack"), plan, ["start-db"])).toBe(true);
    expect(mayRun(step("restart-odoo"), plan, ["start-db"])).toBe(true);
    expect(mayRun(step("start-stack"), plan, ["restart-odoo"])).toBe(false);
    expect(mayRun(step("start-db"), plan, ["start-db"])).toBe(false);
  });
});
