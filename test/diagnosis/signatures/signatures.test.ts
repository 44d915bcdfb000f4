// The catalogue against real logs: each signature finds its own, is the root of it, and finds nothing in healthy ones.

import { existsSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CAUSES } from "../../../src/diagnosis/cause.ts";
import { RISK } from "../../../src/diagnosis/risk.ts";
import { AREAS } from "../../../src/diagnosis/signatures/catalogue.ts";
import { signaturesIn } from "../../../src/diagnosis/signatures/index.ts";
import type { Pattern } from "../../../src/diagnosis/signatures/pattern.ts";
import { Redactor } from "../../../src/redaction/redactor.ts";
import { cpuTime } from "../../support/cpu-time.ts";
import { diagnosisOf } from "../surveys.ts";
import { lookAt, realLogs, SIGNATURES, shopSaying } from "./logs.ts";

const LOGS = realLogs("logs");
const HEALTHY = realLogs("healthy");
const logOf = (id: string) => {
  const log = LOGS.find(({ name }) => name === id);
  if (log === undefined) throw new Error(`${id} has no log`);
  return log;
};
/** As it is looked for: without Docker's stamp. */
const linesOf = (text: string) => text.split("\n").map((line) => line.replace(/^\d{4}-\d\d-\d\dT\S+Z /, ""));

describe("the catalogue", () => {
  it("has an id of its own for each signature, and at least 40 of them", () => {
    const ids = SIGNATURES.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.length).toBeGreaterThanOrEqual(40);
    for (const id of ids) expect(id).toMatch(/^[a-z][a-z0-9]*(?:-[a-z0-9]+)+$/);
  });

  it("names causes and remedies that there are, and no remedy as both allowed and ruled out", () => {
    for (const { id, cause, remedies, rulesOut } of SIGNATURES) {
      expect(Object.keys(CAUSES), id).toContain(cause);
      const against = rulesOut.map(({ remedy }) => remedy);
      for (const remedy of [...remedies, ...against]) expect(Object.keys(RISK), id).toContain(remedy);
      expect(
        remedies.filter((remedy) => against.includes(remedy)),
        id,
      ).toEqual([]);
    }
  });

  it("says of each what it means as a clause, what to do as sentences, and where it comes from", () => {
    for (const { id, means, advice, source, rulesOut } of SIGNATURES) {
      expect(means, id).toMatch(/^(?:[a-z]|Odoo|PostgreSQL|Docker|Compose)[^\n]*[^.\s]$/);
      expect(advice, id).toMatch(/^[A-Z][^\n]*\.$/);
      expect(source.length, id).toBeGreaterThan(8);
      for (const { why } of rulesOut) expect(why, id).toMatch(/^[a-z][^\n]*[^.\s]$/);
    }
  });

  it("keeps nothing from one line to the next", () => {
    for (const { id, pattern } of SIGNATURES)
      if (pattern instanceof RegExp) expect(pattern.flags, id).toBe("");
  });
});

describe("the real logs", () => {
  it("are there for every signature, and for nothing else", () => {
    expect(LOGS.map(({ name }) => name).sort()).toEqual(SIGNATURES.map(({ id }) => id).sort());
  });

  it("name the fault of the test droplet that made them, where they are published, or how they were made", () => {
    const faults = join(import.meta.dirname, "../../droplet/faults");
    for (const { name, origin } of [...LOGS, ...HEALTHY]) {
      const [, kind, what = ""] = /^(fault|source|made): (.+)$/.exec(origin) ?? [];
      if (kind === "fault") expect(existsSync(join(faults, `${what}.sh`)), `${name}: ${what}`).toBe(true);
      else if (kind === "source")
        expect(what, name).toMatch(/^https:\/\/github\.com\/[\w.-]+\/[\w.-]+\/(?:issues|pull)\/\d+$/);
      else expect(what, name).toMatch(/^[A-Za-z][^;]+; .+/);
    }
  });

  it("are short, and hold no secret and nobody's data", () => {
    for (const { name, text } of [...LOGS, ...HEALTHY]) {
      expect(new Redactor().secrets(text), name).toBe(text);
      for (const [, domain = ""] of text.matchAll(/[\w.+-]+@([\w-]+(?:\.[\w-]+)+)/g))
        expect(domain, name).toMatch(/^example\.\w+$/);
      for (const [address] of text.matchAll(/(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])/g))
        expect(address, name).toMatch(/^(?:0\.0\.0\.0|127\.|10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.)/);
    }
    for (const { name, text } of LOGS) expect(text.split("\n").length, name).toBeLessThanOrEqual(12);
  });

  it.each(SIGNATURES.map((signature) => [signature.id, signature] as const))(
    "of %s are found by it, and it is their root",
    (id, { pattern, where: [where] }) => {
      const { text } = logOf(id);
      expect(linesOf(text).some((line) => pattern.test(line))).toBe(true);
      if (where === undefined) throw new Error("it is looked for nowhere");
      const { look, target } = lookAt(where, text);
      expect(signaturesIn(look, target).root?.id).toBe(id);
    },
  );

  it("are shown without addresses, requests and statements", () => {
    for (const { id, where } of SIGNATURES) {
      const { text } = logOf(id);
      const { look, target } = lookAt(where[0] ?? "Docker", text);
      const { root, consequences } = signaturesIn(look, target);
      for (const { line } of [root, ...consequences].filter((each) => each !== undefined)) {
        expect(line, id).not.toMatch(/client:|request: "|"(?:GET|POST)|STATEMENT|SELECT|\bINSERT\b|\s$/);
        expect(line.length, id).toBeLessThanOrEqual(240);
      }
    }
  });
});

describe("healthy logs", () => {
  it.each(HEALTHY.map((log) => [log.name, log] as const))("of %s match no signature", (_, { text }) => {
    for (const line of linesOf(text)) {
      const hits = SIGNATURES.filter(({ pattern }) => pattern.test(line)).map(({ id }) => id);
      expect(hits, line).toEqual([]);
    }
  });

  it.each(HEALTHY.map((log) => [log.name, log] as const))("of %s have no root", (_, { text, where }) => {
    if (where === undefined) throw new Error("it does not say where it belongs");
    const { look, target } = lookAt(where, text);
    expect(signaturesIn(look, target)).toMatchObject({ root: undefined, consequences: [] });
  });
});

describe("a good site", () => {
  it("is not called bad for what any log says", () => {
    for (const { id, where } of SIGNATURES) {
      for (const each of where) {
        const { projects: _, ...shop } = shopSaying(each, logOf(id).text);
        const { cause, layers, signatures } = diagnosisOf(shop);
        if (layers.some(({ state }) => state !== "good")) continue;
        const configuration = each === "nginx -t" ? ["nginx-config-invalid"] : [];
        expect(["healthy", "intermittent", ...configuration], id).toContain(cause);
        expect(signatures.root === undefined || cause === "intermittent", id).toBe(true);
      }
    }
  });
});

describe("the patterns", () => {
  const MEGABYTE = 1_000_000;
  /** In milliseconds; a pattern that went back and forth would need minutes. */
  const BOUND = 500;
  const timeOf = (pattern: Pattern, line: string): number => cpuTime(() => pattern.exec(line), BOUND);

  it("are fast on a line of a megabyte, also on one that almost matches again and again", () => {
    for (const { id, pattern } of SIGNATURES) {
      const matched = linesOf(logOf(id).text)
        .map((line) => pattern.exec(line)?.[0])
        .find((each) => each !== undefined);
      const almost = [
        (matched ?? "").slice(0, -1),
        (matched ?? "").slice(0, Math.ceil((matched ?? "").length / 2)),
        (matched ?? "").replace(/\d+/g, "").slice(0, -2),
      ];
      for (const part of ["a", " ", "'", '"', "FATAL: ", "(1", ...almost]) {
        const line = part.repeat(Math.ceil(MEGABYTE / Math.max(1, part.length)));
        expect(timeOf(pattern, line), `${id} on ${part}`).toBeLessThan(BOUND);
      }
    }
  });

  it("are fast on anything that is put together from what they look for", () => {
    const words = SIGNATURES.flatMap(({ id }) =>
      linesOf(logOf(id).text).flatMap((line) => line.split(/(?<=\W)/)),
    );
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...words), { minLength: 1, maxLength: 30 }),
        fc.constantFrom(...SIGNATURES),
        (parts, { pattern }) => {
          const part = parts.join("");
          const line = part.repeat(Math.ceil(MEGABYTE / 4 / Math.max(1, part.length)));
          return timeOf(pattern, line) < BOUND;
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe("the areas", () => {
  it("stand from the lowest layer to the highest", () => {
    expect(AREAS.map(({ name }) => name)).toEqual([
      "host",
      "docker",
      "postgres",
      "odoo-database",
      "odoo-boot",
      "odoo-modules",
      "odoo-limits",
      "odoo-assets",
      "nginx",
    ]);
  });
});
