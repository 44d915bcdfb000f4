// What the user allowed, held against each diagnosis before it is acted upon.

import { describe, expect, it } from "vitest";
import type { RemedyName } from "../src/diagnosis/remedy-name.ts";
import { RISK, type RiskClass } from "../src/diagnosis/risk.ts";
import { RefusedError } from "../src/errors.ts";
import { type Approval, parseApproval, tokenOf } from "../src/inputs/approval.ts";
import type { ReviewWish, Scenario } from "../src/inputs/inputs.ts";
import type { Parts } from "../src/parts.ts";
import { againstScenario, Permission } from "../src/permission.ts";
import { type Planning, planOf } from "../src/plan.ts";
import type { Review } from "../src/review.ts";
import { starterOf } from "../src/starter.ts";
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

interface Given {
  readonly scenario?: Scenario;
  readonly approve?: Approval;
  readonly review?: ReviewWish;
  /** Of the process, as GitHub's runner sets it; none of it: a shell. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly confirmReview?: Parts["confirmReview"];
}

async function nobodyAsks(): Promise<Review> {
  throw new Error("GitHub was asked");
}

function permission(
  { scenario = "auto", approve, review, environment = {}, confirmReview = nobodyAsks }: Given = {},
  clock = new VirtualClock(),
  risks = RISK,
): Permission {
  const starter = starterOf(environment);
  return new Permission({ scenario, approve, review }, PLANNING, { clock, starter, confirmReview, risks });
}

/** The variables of a run that a person started. */
const DISPATCHED = {
  GITHUB_ACTIONS: "true",
  GITHUB_EVENT_NAME: "workflow_dispatch",
  GITHUB_ACTOR: "alice",
  GITHUB_TRIGGERING_ACTOR: "alice",
};

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
        /^The site's state has changed since the plan was approved, or the minute in `approve` was edited; now: Odoo .* gives no answer\. Nothing was changed$/,
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

describe("an approval that has expired", () => {
  it("is not made fresh by editing its minute", () => {
    const clock = new VirtualClock();
    const old = approvalFor(stopped, clock);
    clock.pass(32 * MINUTE);
    const [, minute = ""] = approvalFor(stopped, clock).token.split("-");
    const approve = parseApproval(old.token.replace(/-.*/, `-${minute}`));
    if (approve === undefined) throw new Error("the edited token cannot be read");
    expect(permission({ approve }, clock).objectionTo(diagnosisOf(stopped), [])).toMatchObject({
      lacksApproval: true,
      verdict: { status: "refused", headline: expect.stringContaining("the minute in `approve` was edited") },
    });
  });
});

/** Every event that starts a workflow, but the one that a person starts; and what is no event, or none yet. */
const UNATTENDED = [
  ..."branch_protection_rule check_run check_suite create delete deployment deployment_status discussion".split(
    " ",
  ),
  ..."discussion_comment fork gollum image_version issue_comment issues label merge_group milestone".split(
    " ",
  ),
  ..."page_build public pull_request pull_request_comment pull_request_review".split(" "),
  ..."pull_request_review_comment pull_request_target push registry_package release".split(" "),
  ..."repository_dispatch schedule status watch workflow_call workflow_run".split(" "),
  ..."WORKFLOW_DISPATCH workflow_dispatch_ something_new constructor".split(" "),
];

describe("a run that no person started", () => {
  const risks = risking("restart-odoo", "wipe");

  it.each(UNATTENDED)("takes no step that needs an approval: %s", (event) => {
    const environment = { ...DISPATCHED, GITHUB_EVENT_NAME: event };
    const refusal = permission({ environment }, new VirtualClock(), risks).objectionTo(
      diagnosisOf(hangs),
      [],
    );
    expect(refusal).toMatchObject({
      lacksApproval: true,
      verdict: {
        status: "refused",
        headline: expect.stringContaining(
          `restart-odoo, is of the class wipe and needs a person's approval: no person starts a run on \`${event}\``,
        ),
        next: expect.stringContaining("start a run by hand (`on: workflow_dispatch`)"),
      },
    });
  });

  it.each(UNATTENDED)("is refused with an approval, and the line to change: %s", (event) => {
    const clock = new VirtualClock();
    // One of a plan that nobody would have to approve, too.
    for (const [shop, classes] of [
      [hangs, risks],
      [stopped, RISK],
    ] as const) {
      const approve = approvalFor(shop, clock, classes);
      const environment = { ...DISPATCHED, GITHUB_EVENT_NAME: event };
      const refusal = permission({ environment, approve }, clock, classes).objectionTo(diagnosisOf(shop), []);
      expect(refusal).toMatchObject({
        lacksApproval: true,
        verdict: {
          status: "refused",
          headline: expect.stringContaining(`does not count, because no person starts a run on \`${event}\``),
          next: expect.stringMatching(/^Remove the line `approve:`.*`on: workflow_dispatch`/),
        },
      });
    }
  });

  it.each([
    [{ GITHUB_EVENT_NAME: "" }, "GitHub does not name the event"],
    [{ GITHUB_ACTOR: "github-actions[bot]" }, "started by `github-actions[bot]`, which is not a person"],
    [{ GITHUB_TRIGGERING_ACTOR: "renovate[bot]" }, "started by `renovate[bot]`"],
    [{ GITHUB_ACTOR: "renovate[bot]", GITHUB_TRIGGERING_ACTOR: "alice" }, "started by `renovate[bot]`"],
  ])("is one without an event, or of a bot: %j", (environment, why) => {
    const clock = new VirtualClock();
    const approve = approvalFor(stopped, clock);
    const given = { approve, environment: { ...DISPATCHED, ...environment } };
    expect(permission(given, clock).objectionTo(diagnosisOf(stopped), [])?.verdict.headline).toContain(why);
  });

  it("takes the steps that need no approval", () => {
    for (const GITHUB_EVENT_NAME of UNATTENDED) {
      const unattended = permission({ environment: { ...DISPATCHED, GITHUB_EVENT_NAME } });
      expect(unattended.objectionTo(diagnosisOf(hangs), [])).toBeUndefined();
    }
  });
});

describe("a run that a person started", () => {
  const risks = risking("restart-odoo", "wipe");

  it.each([
    ["by hand on GitHub", DISPATCHED, "run by alice"],
    ["by a re-run", { ...DISPATCHED, GITHUB_TRIGGERING_ACTOR: "bob" }, "run by alice, re-run by bob"],
    [
      "on a server that names no second actor",
      { ...DISPATCHED, GITHUB_TRIGGERING_ACTOR: "" },
      "run by alice",
    ],
    [
      "on a server that names nobody",
      { GITHUB_EVENT_NAME: "workflow_dispatch" },
      "run by somebody whom GitHub does not name",
    ],
    ["at a shell", {}, "run by somebody at a shell"],
  ])("takes every approved step, and names them for the audit log: %s", (_, environment, by) => {
    const clock = new VirtualClock();
    const approve = approvalFor(hangs, clock, risks);
    const asked = permission({ environment, approve }, clock, risks);
    expect(asked.approval).toBe("");
    expect(asked.objectionTo(diagnosisOf(hangs), [])).toBeUndefined();
    expect(asked.approval).toBe(`${approve.token}, ${by}`);
  });

  it("without an approval has none to name", () => {
    const asked = permission({ environment: DISPATCHED });
    expect(asked.objectionTo(diagnosisOf(hangs), [])).toBeUndefined();
    expect(asked.approval).toBe("");
  });
});

describe("an approval that reviewers give", () => {
  const review: ReviewWish = { environment: "production", token: "not shown" };
  const reviewed =
    (...reviewers: string[]) =>
    async (): Promise<Review> => ({ environment: "production", reviewers });

  it("counts when GitHub confirms it, and names them", async () => {
    const clock = new VirtualClock();
    const approve = approvalFor(hangs, clock);
    const given = { approve, review, environment: DISPATCHED };
    const asked = permission({ ...given, confirmReview: reviewed("carol", "dave") }, clock);
    expect(asked.objectionTo(diagnosisOf(hangs), [])).toBeUndefined();
    expect(await asked.objectionToReview(diagnosisOf(hangs))).toBeUndefined();
    expect(asked.approval).toBe(
      `${approve.token}, run by alice, reviewed by carol and dave, in the environment production`,
    );
    expect(asked.reviewedByItsStarter).toBe(false);
  });

  it.each([
    [["alice"], true],
    [["alice", "carol"], false],
  ])("of %j is by who started the run alone: %j", async (reviewers, alone) => {
    const clock = new VirtualClock();
    const given = { approve: approvalFor(hangs, clock), review, environment: DISPATCHED };
    const asked = permission({ ...given, confirmReview: reviewed(...reviewers) }, clock);
    await asked.objectionToReview(diagnosisOf(hangs));
    expect(asked.reviewedByItsStarter).toBe(alone);
  });

  it("does not count when GitHub does not confirm it: refused, with the line to change", async () => {
    const clock = new VirtualClock();
    const confirmReview = async (): Promise<Review> => {
      throw new RefusedError("The environment production has no required reviewers", {
        detail: "what GitHub said",
        advice: "Add required reviewers.",
      });
    };
    const given = { approve: approvalFor(hangs, clock), review, environment: DISPATCHED, confirmReview };
    expect(await permission(given, clock).objectionToReview(diagnosisOf(hangs))).toEqual({
      lacksApproval: true,
      verdict: {
        status: "refused",
        headline: expect.stringMatching(
          /^The environment production has no required reviewers\. Nothing was changed; now: Odoo /,
        ),
        detail: expect.stringMatching(/^what GitHub said\n/),
        next: "Add required reviewers.",
      },
    });
  });

  it("is not asked about where there is no approval, or nothing to do, or the starter approves", async () => {
    const clock = new VirtualClock();
    const approve = approvalFor(hangs, clock);
    expect(await permission({ review }).objectionToReview(diagnosisOf(hangs))).toBeUndefined();
    expect(await permission({ approve }).objectionToReview(diagnosisOf(hangs))).toBeUndefined();
    const nothing = { ...diagnosisOf(hangs), ladder: [] };
    expect(await permission({ approve, review }).objectionToReview(nothing)).toBeUndefined();
    // The default of these tests would throw: GitHub was asked.
    await expect(permission({ approve, review }).objectionToReview(diagnosisOf(hangs))).rejects.toThrow(
      "was asked",
    );
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
