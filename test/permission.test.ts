// What the user allowed, held against each diagnosis before it is acted upon.

import { describe, expect, it } from "vitest";
import type { RemedyName } from "../src/diagnosis/remedy-name.ts";
import { RISK, type RiskClass } from "../src/diagnosis/risk.ts";
import { type Approval, parseApproval, tokenOf } from "../src/inputs/approval.ts";
import type { Scenario } from "../src/inputs/inputs.ts";
import { againstScenario, Permission } from "../src/permission.ts";
import { type Planning, planOf } from "../src/plan.ts";
import { seen } from "../src/survey/survey.ts";
import {
  answer,
  BAD_GATEWAY,
  db,
  diagnosisOf,
  odoo,
  PROCESSES,
  type Shop,
  TIMED_OUT,
} from "./diagnosis/surveys.ts";
import { VirtualClock } from "./support/clocks.ts";

const PLANNING: Planning = {
  version: "1.2.3",
  hostKey: "SHA256:key",
  redact: (text) => text,
  backup: "auto",
  backupTo: "droplet",
};
const proxy = seen(BAD_GATEWAY);
const stopped: Shop = { containers: [odoo({ state: "exited", pid: 0 }), db()], proxy };
const hangs: Shop = { direct: seen(TIMED_OUT), proxy };
const halted: Shop = {
  ...hangs,
  processes: seen(PROCESSES.map((each) => (each.pid === 20_737 ? { ...each, state: "Tsl" } : each))),
};
const noDatabase: Shop = {
  direct: seen(answer({ code: 500 })),
  proxy: seen(answer({ code: 500 })),
  containers: [odoo(), db({ state: "exited" })],
};
const MINUTE = 60_000;

/** As a person copies it from the plan of such a shop. */
function approvalFor(shop: Shop, clock: VirtualClock, risks = RISK): Approval {
  const { hash } = planOf(diagnosisOf(shop), PLANNING, risks);
  const approval = parseApproval(tokenOf(hash, clock.now()));
  if (approval === undefined) throw new Error("a token that cannot be read back");
  return approval;
}

function permission(
  {
    scenario = "auto",
    approve,
    event = "",
  }: { scenario?: Scenario; approve?: Approval; event?: string } = {},
  clock = new VirtualClock(),
  risks = RISK,
): Permission {
  return new Permission({ scenario, approve }, PLANNING, clock, event, risks);
}

const risking = (remedy: RemedyName, risk: RiskClass): typeof RISK => ({ ...RISK, [remedy]: risk });

describe("without an approval", () => {
  it("what restarts may run, and where nothing is allowed there is nothing to object to", () => {
    expect(permission().objectionTo(diagnosisOf(stopped), [])).toBeUndefined();
    expect(permission().objectionTo(diagnosisOf(stopped, ["start-stack"]), ["start-stack"])).toBeUndefined();
  });

  it.each<RiskClass>(["wipe", "module"])(
    "a step of the class %s does not run: refused, with how to approve it",
    (risk) => {
      const refusal = permission({}, new VirtualClock(), risking("restart-odoo", risk)).objectionTo(
        diagnosisOf(hangs),
        [],
      );
      expect(refusal).toMatchObject({
        lacksApproval: true,
        verdict: {
          status: "refused",
          headline: expect.stringContaining(`The next step is of the class ${risk}, and was not approved`),
          next: expect.stringMatching(/restart-odoo, which restarts .*Run with `mode: plan`.*`approve`/),
        },
      });
    },
  );

  it("what needs no approval runs before it, and then it is refused", () => {
    const careful = permission({}, new VirtualClock(), risking("restart-odoo", "wipe"));
    expect(careful.objectionTo(diagnosisOf(halted), [])).toBeUndefined();
    const refusal = careful.objectionTo(diagnosisOf(halted, ["resume-odoo"]), ["resume-odoo"]);
    expect(refusal?.verdict).toMatchObject({ status: "refused" });
    expect(refusal?.verdict.headline).toContain("resume-odoo did not mend it");
  });
});

describe("with an approval", () => {
  it("of this situation its steps run, those that need one as well", () => {
    const clock = new VirtualClock();
    const risks = risking("restart-odoo", "wipe");
    const approve = approvalFor(halted, clock, risks);
    const approved = permission({ approve }, clock, risks);
    expect(approved.objectionTo(diagnosisOf(halted), [])).toBeUndefined();
    expect(approved.objectionTo(diagnosisOf(halted, ["resume-odoo"]), ["resume-odoo"])).toBeUndefined();
  });

  it("of another situation nothing runs: refused, with what it is now and what to do", () => {
    const clock = new VirtualClock();
    const approve = approvalFor(stopped, clock);
    const refusal = permission({ approve }, clock).objectionTo(diagnosisOf(hangs), []);
    expect(refusal?.lacksApproval).toBe(true);
    expect(refusal?.verdict).toEqual({
      status: "refused",
      headline: expect.stringMatching(
        /^The situation is another than the one that was approved; now: Odoo .* gives no answer\. Nothing was changed$/,
      ),
      detail: expect.stringMatching(
        /cause: odoo-frozen\nproject: .*\n[\s\S]*steps: restart-odoo\n\nodoo|direct/,
      ),
      next: "Run with `mode: plan` again, read it, and approve that one.",
    });
  });

  it("of a situation that is now for a person, it is said what they must do", () => {
    const clock = new VirtualClock();
    const approve = approvalFor(stopped, clock);
    const full = seen([
      { mount: "/", size: 81_106_868, available: 0, inodes: undefined, inodesFree: undefined },
    ]);
    const diagnosis = diagnosisOf({ ...stopped, disks: full });
    expect(permission({ approve }, clock).objectionTo(diagnosis, [])?.verdict).toMatchObject({
      status: "refused",
      next: diagnosis.advice,
    });
  });

  it("a step that is not in the plan does not run after those that are: a new plan is asked for", () => {
    const clock = new VirtualClock();
    const approved = permission({ approve: approvalFor(noDatabase, clock) }, clock);
    expect(approved.objectionTo(diagnosisOf(noDatabase), [])).toBeUndefined();
    // The database is back, and Odoo does not find to it.
    const fails = { ...noDatabase, containers: [odoo(), db()] };
    const next = diagnosisOf(fails, ["start-db"]);
    expect(next.ladder).toEqual(["restart-odoo"]);
    expect(approved.objectionTo(next, ["start-db"])?.verdict).toMatchObject({
      status: "unhealthy",
      headline: expect.stringContaining("start-db did not mend it"),
      next: expect.stringMatching(/restart-odoo, and that is not in the approved plan.*`mode: plan` again/),
    });
  });

  it("that expires while somebody else was waited for nothing runs", () => {
    const clock = new VirtualClock();
    const approve = approvalFor(stopped, clock);
    const late = permission({ approve }, clock);
    expect(late.objectionTo(diagnosisOf(stopped), [])).toBeUndefined();
    clock.pass(32 * MINUTE);
    expect(late.objectionTo(diagnosisOf(stopped), [])).toMatchObject({
      lacksApproval: true,
      verdict: {
        status: "refused",
        headline: expect.stringMatching(
          /^The approval has expired: its plan was made at .* Nothing was changed/,
        ),
        next: expect.stringContaining("`mode: plan` again"),
      },
    });
  });

  it("a plan that has begun is not given up half-way because it expires meanwhile", () => {
    const clock = new VirtualClock();
    const approved = permission({ approve: approvalFor(halted, clock) }, clock);
    expect(approved.objectionTo(diagnosisOf(halted), [])).toBeUndefined();
    clock.pass(32 * MINUTE);
    expect(approved.objectionTo(diagnosisOf(halted, ["resume-odoo"]), ["resume-odoo"])).toBeUndefined();
  });
});

describe("a run that no person started", () => {
  const risks = risking("restart-odoo", "wipe");

  it.each(["schedule", "repository_dispatch"])(
    "takes no step that needs an approval, approved or not: %s",
    (event) => {
      const clock = new VirtualClock();
      for (const approve of [undefined, approvalFor(hangs, clock, risks)]) {
        const refusal = permission({ event, ...(approve && { approve }) }, clock, risks).objectionTo(
          diagnosisOf(hangs),
          [],
        );
        expect(refusal).toMatchObject({
          lacksApproval: true,
          verdict: {
            status: "refused",
            headline: expect.stringContaining(
              `restart-odoo, is of the class wipe, and never runs on \`${event}\``,
            ),
            next: expect.stringContaining("Start it by hand"),
          },
        });
      }
    },
  );

  it("takes those that need none, and a person's run takes them all", () => {
    const clock = new VirtualClock();
    expect(permission({ event: "schedule" }).objectionTo(diagnosisOf(hangs), [])).toBeUndefined();
    const approve = approvalFor(hangs, clock, risks);
    const asked = permission({ event: "workflow_dispatch", approve }, clock, risks);
    expect(asked.objectionTo(diagnosisOf(hangs), [])).toBeUndefined();
  });
});

describe("a named scenario", () => {
  it("objects to a cause of the other one, before and after something was tried", () => {
    expect(againstScenario(diagnosisOf(stopped), { scenario: "auto" })).toBeUndefined();
    expect(againstScenario(diagnosisOf(stopped), { scenario: "502" })).toBeUndefined();
    expect(againstScenario(diagnosisOf(stopped), { scenario: "500" })).toMatchObject({ status: "refused" });
    const refusal = permission({ scenario: "500" }).objectionTo(diagnosisOf(stopped), ["start-db"]);
    expect(refusal?.lacksApproval).toBe(false);
    expect(refusal?.verdict.headline).toContain(
      "start-db did not mend it. That is odoo-stopped, of scenario 502",
    );
  });
});
