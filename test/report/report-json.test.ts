// report.json is what docs/report.schema.json says, for whatever journal; the schema leaves no key undescribed.

import { readFileSync } from "node:fs";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CAUSES } from "../../src/diagnosis/cause.ts";
import { RISK } from "../../src/diagnosis/risk.ts";
import { type Entry, type Event, Journal } from "../../src/journal.ts";
import { Redactor } from "../../src/redaction/redactor.ts";
import { type Report, reportOf, SCHEMA_VERSION } from "../../src/report/report-json.ts";
import { VirtualClock } from "../support/clocks.ts";

const NOWHERE = { repository: "", event: "", url: "" };
const schema = JSON.parse(
  readFileSync(new URL("../../docs/report.schema.json", import.meta.url), "utf8"),
) as Record<string, unknown>;

/** Every object of the schema closed, so that a key that is not described is a mistake. */
function closed(part: unknown): unknown {
  if (Array.isArray(part)) return part.map(closed);
  if (part === null || typeof part !== "object") return part;
  const inner = Object.fromEntries(Object.entries(part).map(([key, value]) => [key, closed(value)]));
  return "properties" in part && part.properties !== null && "type" in part && part.type === "object"
    ? { ...inner, additionalProperties: false }
    : inner;
}

function validatorOf(form: unknown): ValidateFunction {
  const ajv = new Ajv2020({ strict: true, allErrors: true });
  formats.default(ajv);
  return ajv.compile(form as Record<string, unknown>);
}

const published = validatorOf(schema);
const strict = validatorOf(closed(schema));

function expectValid(report: unknown): void {
  for (const validate of [published, strict]) {
    validate(report);
    expect(validate.errors ?? []).toEqual([]);
  }
}

const text = fc.oneof(fc.string(), fc.string({ unit: "binary" }), fc.constant("password=odoo"));
const bool = fc.boolean();
const number = fc.oneof(fc.nat(), fc.double({ noNaN: true, min: 0, max: 1e9 }));
const anyTime = fc.oneof(
  fc.integer({ min: 0, max: 4e12 }),
  fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, 1e18, -1),
);
const list = <T>(each: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.array(each, { maxLength: 3 });
const maybe = <T>(each: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(each, { nil: undefined });
const remedy = fc.constantFrom(...(Object.keys(RISK) as (keyof typeof RISK)[]));
const cause = fc.constantFrom(...(Object.keys(CAUSES) as (keyof typeof CAUSES)[]));
const when = fc.constantFrom("before" as const, "after" as const);
const holds = fc.constantFrom("evidence" as const, "backup" as const);
const step = fc.constantFrom("3f9c2a71-1-start-stack", "3f9c2a71-2-wipe-assets");
const status = fc.constantFrom(
  ...(["healthy", "planned", "recovered", "degraded", "unhealthy"] as const),
  ...(["refused", "unreachable", "cancelled", "unknown"] as const),
);
const files = list(fc.record({ name: text, bytes: fc.nat() }));
const layer = fc.record({
  name: fc.constantFrom("database", "odoo", "direct", "proxy", "assets", "public"),
  state: fc.constantFrom("good", "bad", "not observed"),
  why: text,
});
const signature = fc.record({
  id: fc.constantFrom("port-already-allocated", "odoo-no-ir-http"),
  area: text,
  cause,
  symptom: bool,
  where: text,
  at: maybe(anyTime),
  times: fc.nat(),
  line: text,
  means: text,
  advice: text,
  source: text,
});
const diagnosis = fc.record({
  cause,
  finding: text,
  evidence: list(text),
  advice: text,
  commands: list(text),
  layers: list(layer),
  warnings: list(text),
  drift: list(
    fc.record(
      { service: text, what: text, breaking: fc.constant(true) },
      { requiredKeys: ["service", "what"] },
    ),
  ),
  topology: list(text),
  facts: list(fc.record({ what: text, value: text, from: text })),
  suspects: list(fc.record({ module: text, why: text })),
  signatures: fc.record({ version: fc.nat(), root: maybe(signature), consequences: list(signature) }),
  since: text,
  changes: list(fc.record({ at: anyTime, what: text })),
  project: maybe(text),
  directory: maybe(text),
  ladder: list(remedy),
  ruledOut: list(fc.record({ remedy, why: text })),
});
const backup = fc.record({
  database: text,
  onDroplet: maybe(text),
  onRunner: maybe(text),
  fetch: text,
  bytes: fc.nat(),
  sha256: text,
  seconds: number,
  tables: fc.nat(),
  filestore: maybe(text),
});
const kind = <K extends Event["kind"]>(name: K): fc.Arbitrary<K> => fc.constant(name);

/** An arbitrary of every kind of event: one that is missing here does not compile. */
const EVENTS: { readonly [K in Event["kind"]]: fc.Arbitrary<Extract<Event, { kind: K }>> } = {
  started: fc.record({
    kind: kind("started"),
    mode: fc.constantFrom("check", "plan", "recover"),
    version: text,
    run: text,
    host: text,
    unattended: bool,
  }),
  "recovery-recorded": fc.record({
    kind: kind("recovery-recorded"),
    cause,
    secondsSinceSame: maybe(fc.nat()),
    earlier: fc.nat(),
    overridden: bool,
  }),
  connected: fc.record({ kind: kind("connected"), host: text, identity: text }),
  connection: fc.record({
    kind: kind("connection"),
    event: fc.constantFrom("lost", "reconnected"),
    detail: text,
  }),
  surveyed: fc.record({ kind: kind("surveyed"), purpose: text, milliseconds: fc.nat() }),
  diagnosed: fc.record({ kind: kind("diagnosed"), diagnosis }),
  foreseen: fc.record({
    kind: kind("foreseen"),
    steps: list(
      fc.record({
        remedy,
        risk: fc.constantFrom(...Object.values(RISK)),
        backup: bool,
        does: text,
        commands: text,
      }),
    ),
  }),
  planned: fc.record({
    kind: kind("planned"),
    approve: text,
    until: text,
    inputs: list(fc.tuple(text, text)),
    programs: list(fc.record({ name: text, bytes: fc.nat(), text })),
  }),
  "lease-taken": fc.record({ kind: kind("lease-taken"), key: text, owner: text, takenOver: maybe(text) }),
  "lease-released": fc.record({ kind: kind("lease-released"), key: text, outcome: text }),
  "lease-lost": fc.record({ kind: kind("lease-lost") }),
  evidence: fc.record({ kind: kind("evidence"), when, files }),
  "remedy-started": fc.record({ kind: kind("remedy-started"), remedy, step, key: text }),
  "remedy-output": fc.record({
    kind: kind("remedy-output"),
    text: fc.oneof(text, fc.constant("did: moved 4 files away\nundo: mv a b\n")),
  }),
  "remedy-ended": fc.record({ kind: kind("remedy-ended"), remedy, step, outcome: text }),
  "backup-started": fc.record({ kind: kind("backup-started"), step, key: text }),
  "backup-output": fc.record({ kind: kind("backup-output"), text }),
  "artifact-begun": fc.record({ kind: kind("artifact-begun"), holds, name: text, encrypted: bool }),
  "artifact-ended": fc.record({
    kind: kind("artifact-ended"),
    holds,
    name: text,
    uploaded: fc.option(fc.record({ url: text, bytes: fc.nat(), digest: maybe(text) }), { nil: undefined }),
    why: text,
  }),
  "backup-ended": fc.record({ kind: kind("backup-ended"), step, outcome: text, backup: maybe(backup) }),
  looked: fc.record({ kind: kind("looked"), good: bool, why: text }),
  verified: fc.record({ kind: kind("verified"), outcome: text, passes: fc.nat(), seconds: number }),
  "backup-encrypted": fc.record({
    kind: kind("backup-encrypted"),
    path: maybe(text),
    seconds: fc.nat(),
    why: text,
  }),
  note: fc.record({ kind: kind("note"), text }),
  concluded: fc.record({ kind: kind("concluded"), status, headline: text, detail: text, next: text }),
};

const journal = fc.array(fc.oneof(...Object.values(EVENTS)) as fc.Arbitrary<Event>, { maxLength: 25 });

function entriesOf(events: readonly Event[]): readonly Entry[] {
  const clock = new VirtualClock();
  const kept = new Journal(clock, new Redactor(), []);
  for (const event of events) {
    clock.pass(1_500);
    kept.append(event);
  }
  return kept.entries;
}

/** As a post step finds it: written down, and read again. */
function savedAndRead(entries: readonly Entry[]): readonly Entry[] {
  return entries.map((entry) => JSON.parse(JSON.stringify(entry)) as Entry);
}

/** As a program finds it. */
function reported(entries: readonly Entry[]): Report {
  return JSON.parse(JSON.stringify(reportOf(entries, NOWHERE))) as Report;
}

describe("report.json", () => {
  it("is valid for every journal, whole, cut short anywhere, or read again from the disk", () => {
    fc.assert(
      fc.property(journal, fc.nat(), (events, end) => {
        const entries = entriesOf(events);
        expectValid(reported(entries));
        expectValid(reported(entries.slice(0, end % (entries.length + 1))));
        expectValid(reported(savedAndRead(entries)));
      }),
      { numRuns: 300 },
    );
  });

  it("is the same for a journal and for what was saved of it", () => {
    fc.assert(
      fc.property(journal, (events) => {
        const entries = entriesOf(events);
        expect(reported(savedAndRead(entries))).toEqual(reported(entries));
      }),
      { numRuns: 200 },
    );
  });

  it("says of a run that never concluded that its outcome is not known", () => {
    const report = reported([]);
    expectValid(report);
    expect(report).toMatchObject({ schemaVersion: SCHEMA_VERSION, status: "unknown", cause: "unknown" });
    expect(report.run).toMatchObject({ mode: null, startedAt: null, seconds: 0 });
  });

  it("tells of every remedy what it did, how it ended and what takes it back", () => {
    const report = reported(
      entriesOf([
        { kind: "started", mode: "recover", version: "1.2.3", run: "3f9c2a71", host: "192.0.2.1:22" },
        {
          kind: "remedy-started",
          remedy: "regenerate-assets",
          step: "3f9c2a71-1-regenerate-assets",
          key: "k",
        },
        { kind: "remedy-output", text: "did: moved 4 files away\nundo: mv there back\n" },
        {
          kind: "remedy-ended",
          remedy: "regenerate-assets",
          step: "3f9c2a71-1-regenerate-assets",
          outcome: "done",
        },
        { kind: "remedy-started", remedy: "regenerate-assets", step: "3f9c2a71-2", key: "k" },
      ]),
    );
    expectValid(report);
    expect(report.changed).toBe(true);
    expect(report.remedies).toMatchObject([
      { remedy: "regenerate-assets", outcome: "done", did: ["moved 4 files away"], undo: "" },
      { remedy: "regenerate-assets", outcome: null, endedAt: null, did: [], undo: "" },
    ]);
    expect(report.run).toMatchObject({ host: "192.0.2.1:22", mode: "recover", seconds: 6 });
  });

  it("tells the layers at first and at last", () => {
    const record = fc.sample(diagnosis, { numRuns: 1, seed: 1 })[0];
    if (record === undefined) throw new Error("no diagnosis");
    const look = (state: "good" | "bad"): Event => ({
      kind: "diagnosed",
      diagnosis: { ...record, layers: [{ name: "odoo", state, why: state }] },
    });
    const { layers } = reported(entriesOf([look("bad"), look("good")]));
    expect(layers).toEqual([
      { name: "odoo", first: { state: "bad", why: "bad" }, last: { state: "good", why: "good" } },
    ]);
  });
});

describe("the published schema", () => {
  it("is one of draft 2020-12, for the version that reports name", () => {
    expect(schema).toMatchObject({
      $schema: "https://json-schema.org/draft/2020-12/schema",
      properties: { schemaVersion: { const: SCHEMA_VERSION } },
    });
  });

  it("does not take what is no report", () => {
    const good = reported([]) as unknown as Record<string, unknown>;
    for (const key of Object.keys(good)) {
      const { [key]: _, ...rest } = good;
      expect(published(rest), `without ${key}`).toBe(false);
      expect(published({ ...good, [key]: 5.5 }), `with another ${key}`).toBe(false);
    }
    expect(published({ ...good, status: "fine" })).toBe(false);
    expect(published({ ...good, more: 1 }), "what a later version adds").toBe(true);
    expect(strict({ ...good, more: 1 })).toBe(false);
  });
});
