/**
 * Scenario 2 of the runbook, as far as looking goes: ways in which stylesheets and scripts go bad while the login page
 * answers 200, diagnosed by the bundle on the test droplet; and sites that only look odd, which stay healthy. What is
 * mended is diagnosed in files.e2e and regenerate.e2e, and every fault and odd site in diagnosis.long.
 */

import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { faultNamed } from "../faults.ts";
import { cases } from "./cases.ts";
import { Bench } from "./run.ts";

let bench: Bench;

beforeAll(async () => {
  bench = await Bench.up();
});

afterEach(async () => {
  await bench.tidy();
});

describe("named, with what a person must do", () => {
  it.each(
    cases<[string, RegExp]>(
      [
        ["assets-empty", /web\.assets_\w+/],
        ["filestore-gone", /\/filestore\/odoo does not exist/],
        ["nginx-assets-spoiled", /nginx/],
      ],
      [
        ["redirect-loop", /sites-enabled\/odoo/],
        ["db-connections-full", /too many clients|connection slots/],
        ["assets-rubbish", /web\.assets_\w+/],
        ["data-dir-elsewhere", /odoo\.conf:\d+/],
        ["nginx-answers-itself", /nginx answers by itself/],
        ["database-second", /there are odoo and /],
      ],
    ),
  )("%s", async (fault, words) => {
    await bench.break(fault);
    const { end } = await bench.run({ mode: "check" });
    await bench.droplet.assertSymptom(fault);
    const { outputs } = end;
    expect(outputs.get("cause"), end.log).toBe(faultNamed(fault).expectedCause);
    expect(outputs.get("status")).toBe("unhealthy");
    expect(end.exitCode).toBe(1);
    expect(outputs.get("changed")).toBe("false");
    expect(`${outputs.get("headline")}\n${outputs.get("next")}`).toMatch(words);
    expect(outputs.get("next")).not.toBe("");
  });

  it("js-source-missing, with the module to look at first", async () => {
    await bench.break("js-source-missing");
    const { end } = await bench.run({ mode: "check" });
    await bench.droplet.assertSymptom("js-source-missing");
    expect(end.outputs.get("cause"), end.log).toBe("assets-poisoned");
    expect(end.outputs.get("status")).toBe("unhealthy");
    expect(end.outputs.get("next")).toContain("/shop_notes/static/src/js/checkout.js");
    expect(end.summary).toMatch(
      /### Suspects\n\n.*\n\n1\. <code>shop&#95;notes<\/code>: named by the error in /,
    );
  });

  it("assets-deleted, and left alone by recover too: a restart brings no file back", async () => {
    await bench.break("assets-deleted");
    const before = await bench.look();
    const { end } = await bench.run({ mode: "recover" });
    await bench.droplet.assertSymptom("assets-deleted");
    expect(await bench.look()).toEqual(before);
    await bench.nothingLeftBehind();
    expect(end.outputs.get("status"), end.log).toBe("unhealthy");
    expect(end.outputs.get("changed")).toBe("false");
  });
});

describe("a site that only looks odd", () => {
  it.each(cases(["attachments-in-database"], ["modules-stuck"]))("%s, is healthy", async (variant) => {
    await bench.break(variant);
    const { end } = await bench.run({ mode: "check" });
    expect(end.outputs.get("cause"), end.log).toBe("healthy");
    expect(end.outputs.get("status")).toBe("healthy");
    expect(end.exitCode).toBe(0);
  });
});
