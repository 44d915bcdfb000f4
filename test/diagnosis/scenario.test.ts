// A named scenario narrows what may be done, and changes nothing of what is found.

import { describe, expect, it } from "vitest";
import { CAUSES, type Cause } from "../../src/diagnosis/cause.ts";
import { fits, outsideScenario } from "../../src/diagnosis/scenario.ts";
import { seen } from "../../src/survey/survey.ts";
import { answer, BAD_GATEWAY, db, diagnosisOf, odoo, PROCESSES, process } from "./surveys.ts";

const ALL = Object.keys(CAUSES) as Cause[];
const proxy = seen(BAD_GATEWAY);
const stopped = { containers: [odoo({ state: "exited", pid: 0 }), db()], proxy };
const fails = { direct: seen(answer({ code: 500 })), proxy: seen(answer({ code: 500 })) };
const noDatabase = { ...fails, containers: [odoo(), db({ state: "exited" })] };

describe("a scenario", () => {
  it("that is `auto` fits every cause; a named one fits every cause that the other does not", () => {
    for (const cause of ALL) {
      expect(fits(cause, "auto")).toBe(true);
      expect(fits(cause, "502") || fits(cause, "500"), cause).toBe(true);
    }
  });

  it("of 502 is for what is down, of 500 for what is broken, and both for what can show as either", () => {
    const of = (...causes: Cause[]) => causes.map((cause) => [fits(cause, "502"), fits(cause, "500")]);
    for (const each of of("odoo-stopped", "stack-down", "nginx-down", "docker-down", "odoo-frozen"))
      expect(each).toEqual([true, false]);
    for (const each of of("assets-missing", "filestore-unreadable")) expect(each).toEqual([false, true]);
    for (const each of of("database-down", "disk-full", "odoo-unhealthy", "odoo-crash-loop", "unknown"))
      expect(each).toEqual([true, true]);
  });

  it("changes neither cause nor finding", () => {
    const named = diagnosisOf(stopped, [], { scenario: "500" });
    const auto = diagnosisOf(stopped);
    expect([named.cause, named.finding, named.layers]).toEqual([auto.cause, auto.finding, auto.layers]);
  });

  it("that does not fit the cause rules every remedy out that would be allowed, and says what was asked", () => {
    const { ladder, ruledOut } = diagnosisOf(stopped, [], { scenario: "500" });
    expect(ladder).toEqual([]);
    expect(ruledOut.find(({ remedy }) => remedy === "start-stack")?.why).toBe(
      "odoo-stopped belongs to scenario 502, and `scenario: 500` was asked for",
    );
    // One that the situation rules out is ruled out for that.
    expect(ruledOut.find(({ remedy }) => remedy === "restart-odoo")?.why).toBe(
      "Odoo does not run, so there is nothing to restart",
    );
  });

  it("that fits leaves its own remedies, and rules out those of the other", () => {
    expect(diagnosisOf(stopped, [], { scenario: "502" }).ladder).toEqual(["start-stack"]);
    expect(diagnosisOf(noDatabase, [], { scenario: "500" }).ladder).toEqual(["start-db"]);
    expect(diagnosisOf(fails, [], { scenario: "500" }).ladder).toEqual(["restart-odoo"]);
    expect(outsideScenario("start-nginx", "disk-full", "500")).toBe(
      "it belongs to scenario 502, and `scenario: 500` was asked for",
    );
    expect(outsideScenario("start-nginx", "disk-full", "502")).toBeUndefined();
  });

  it("leaves a good site good, and somebody at work at work", () => {
    expect(diagnosisOf({}, [], { scenario: "500" })).toMatchObject({ cause: "healthy", ruledOut: [] });
    const pull = seen([...PROCESSES, process("docker compose pull odoo")]);
    expect(diagnosisOf({ ...stopped, processes: pull }, [], { scenario: "500" }).cause).toBe("in-progress");
  });
});
