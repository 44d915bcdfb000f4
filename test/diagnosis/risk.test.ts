// What the user allowed: the ceiling, and what needs an approval besides.

import { describe, expect, it } from "vitest";
import { findTarget } from "../../src/diagnosis/find-target.ts";
import { ladderFor } from "../../src/diagnosis/ladder/index.ts";
import { layersOf } from "../../src/diagnosis/layers.ts";
import { aboveCeiling, needsApproval, needsBackup, RISK, type RiskClass } from "../../src/diagnosis/risk.ts";
import { NO_SIGNATURES } from "../../src/diagnosis/signatures/index.ts";
import type { BackupWish, Ceiling } from "../../src/inputs/inputs.ts";
import { seen } from "../../src/survey/survey.ts";
import { BAD_GATEWAY, NO_WISHES, PROCESSES, survey, TIMED_OUT } from "./surveys.ts";

const CEILINGS: readonly Ceiling[] = ["restart", "repair", "wipe"];

describe("the ceiling", () => {
  it.each<readonly [RiskClass, readonly boolean[]]>([
    ["observe", [true, true, true]],
    ["restart", [true, true, true]],
    ["repair", [false, true, true]],
    ["wipe", [false, false, true]],
    // What the user named: not a matter of the ceiling, but of an approval.
    ["module", [true, true, true]],
  ])("of `restart`, `repair`, `wipe` allows %s: %j", (risk, allowed) => {
    expect(CEILINGS.map((ceiling) => aboveCeiling(risk, ceiling) === undefined)).toEqual(allowed);
  });

  it("says what the class is, and which input forbids it", () => {
    expect(aboveCeiling("repair", "restart")).toBe(
      "it is of the class repair, and `ceiling: restart` is the most that was allowed",
    );
  });
});

describe("a ladder with remedies of higher classes", () => {
  // An Odoo that was halted: resume-odoo, then restart-odoo.
  const look = survey({
    direct: seen(TIMED_OUT),
    proxy: seen(BAD_GATEWAY),
    processes: seen(PROCESSES.map((each) => (each.pid === 20_737 ? { ...each, state: "Tsl" } : each))),
  });
  const search = findTarget(look, NO_WISHES);
  if (search.found !== "one") throw new Error("the shop was not found");
  const { target } = search;
  const ladder = (risk: RiskClass, ceiling: Ceiling) =>
    ladderFor(
      {
        cause: "odoo-frozen",
        survey: look,
        target,
        layers: layersOf(look, target, undefined),
        tried: [],
        wishes: { scenario: "auto", ceiling, url: undefined, backup: "auto", module: undefined },
        signatures: NO_SIGNATURES,
        assets: undefined,
      },
      { ...RISK, "restart-odoo": risk, "start-nginx": risk },
    );

  it("ends below what the ceiling forbids, and says so of what it alone rules out", () => {
    const { ladder: allowed, ruledOut } = ladder("wipe", "repair");
    expect(allowed).toEqual(["resume-odoo"]);
    const why = new Map(ruledOut.map((each) => [each.remedy, each.why]));
    expect(why.get("restart-odoo")).toBe(
      "it is of the class wipe, and `ceiling: repair` is the most that was allowed",
    );
    // A higher ceiling would not bring this one back.
    expect(why.get("start-nginx")).toBe("nginx runs");
  });

  it("has them when the ceiling is as high, or when the user named them", () => {
    expect(ladder("wipe", "wipe").ladder).toEqual(["resume-odoo", "restart-odoo"]);
    expect(ladder("repair", "repair").ladder).toEqual(["resume-odoo", "restart-odoo"]);
    expect(ladder("module", "restart").ladder).toEqual(["resume-odoo", "restart-odoo"]);
  });
});

describe("a backup", () => {
  it("comes before what removes and what is done to a module; asked for always, before repairs too; never, never", () => {
    const classes: readonly RiskClass[] = ["observe", "restart", "repair", "wipe", "module"];
    const needing = (wish: BackupWish): RiskClass[] => classes.filter((risk) => needsBackup(risk, wish));
    expect(needing("auto")).toEqual(["wipe", "module"]);
    expect(needing("always")).toEqual(["repair", "wipe", "module"]);
    expect(needing("never")).toEqual([]);
  });
});

describe("an approval", () => {
  it("is needed for what removes, and for what was done to a module; for nothing else", () => {
    const classes: readonly RiskClass[] = ["observe", "restart", "repair", "wipe", "module"];
    expect(classes.filter(needsApproval)).toEqual(["wipe", "module"]);
  });
});
