// What action.yml promises is what the code reads and hands out.

import { readFileSync } from "node:fs";
import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { INPUT_DEFAULTS, SECRET_INPUTS } from "../src/inputs/names.ts";
import { outputsOf } from "../src/report/outputs.ts";
import { VERSION } from "../src/version.ts";

const read = (name: string): string => readFileSync(new URL(`../${name}`, import.meta.url), "utf8");

const Action = v.strictObject({
  name: v.string(),
  description: v.string(),
  author: v.string(),
  branding: v.strictObject({ icon: v.string(), color: v.string() }),
  inputs: v.record(
    v.string(),
    v.strictObject({
      description: v.string(),
      default: v.optional(v.string()),
      required: v.optional(v.boolean()),
    }),
  ),
  outputs: v.record(v.string(), v.strictObject({ description: v.string() })),
  runs: v.strictObject({ using: v.string(), main: v.string(), post: v.string() }),
});
const action = v.parse(Action, parse(read("action.yml")));

describe("action.yml", () => {
  it("has the inputs that are read, in the same order, with the same defaults", () => {
    const stated = Object.entries(action.inputs).map(([name, { default: value = "" }]) => [name, value]);
    expect(stated).toEqual(Object.entries(INPUT_DEFAULTS));
  });

  it("requires only what has no default", () => {
    const required = Object.entries(action.inputs).filter(([, input]) => input.required === true);
    expect(required.map(([name]) => name)).toEqual(["host"]);
    for (const [, input] of required) expect(input.default).toBeUndefined();
  });

  it("lets a user name the database and its role, and finds them out by default", () => {
    for (const name of ["database", "db_user"]) {
      expect(action.inputs[name]).toMatchObject({ description: expect.stringMatching(/when empty/i) });
      expect(action.inputs[name]?.default).toBeUndefined();
    }
  });

  it("has the outputs that are handed out", () => {
    expect(Object.keys(action.outputs)).toEqual(Object.keys(outputsOf([], "")));
  });

  it("describes every input and output in a sentence", () => {
    for (const { description } of [...Object.values(action.inputs), ...Object.values(action.outputs)]) {
      expect(description).toMatch(/^.{10,}\.$/s);
    }
  });

  it("asks for every secret as a secret", () => {
    for (const name of SECRET_INPUTS) {
      expect(action.inputs[name]?.description).toContain("as a secret");
    }
  });

  it("runs on Node 24, main and post in one bundle that is told apart by its file", () => {
    expect(action.runs).toEqual({ using: "node24", main: "dist/index.js", post: "dist/post.js" });
  });

  it("names the version that package.json names", () => {
    expect(VERSION).toBe(JSON.parse(read("package.json")).version);
  });
});
