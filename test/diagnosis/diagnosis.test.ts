// From what was seen to what is wrong and what may be done about it: a pure function, tried on every state of a shop.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Cause, type Diagnosis, diagnose, type RemedyName } from "../../src/diagnosis/diagnosis.ts";
import { findTarget } from "../../src/diagnosis/target.ts";
import { type Survey, seen, unseen } from "../../src/survey/survey.ts";
import {
  answer,
  anySurvey,
  container,
  DB,
  NO_WISHES,
  ODOO,
  project,
  REFUSED,
  type Shop,
  survey,
} from "./surveys.ts";

const CAUSES: readonly Cause[] = [
  "healthy",
  "odoo-stopped",
  "odoo-absent",
  "stack-down",
  "ambiguous-target",
  "unknown",
];

const diagnosisOf = (shop: Shop = {}, tried: readonly RemedyName[] = []): Diagnosis =>
  diagnose(survey(shop), NO_WISHES, tried);
const odoo = (more = {}) => container("odoo", more);
const db = (more = {}) => container("db", more);
const stopped = { state: "exited" };
const layer = (diagnosis: Diagnosis, name: string) => diagnosis.layers.find((each) => each.name === name);

describe("a diagnosis", () => {
  it("of a shop where all is good is healthy, and allows nothing", () => {
    const diagnosis = diagnosisOf();
    expect(diagnosis).toMatchObject({
      cause: "healthy",
      ladder: [],
      ruledOut: [],
      drift: [],
      evidence: [],
      advice: "",
    });
    expect(diagnosis.layers.map(({ name, state }) => [name, state])).toEqual([
      ["database", "good"],
      ["odoo", "good"],
      ["direct", "good"],
      ["proxy", "good"],
    ]);
  });

  it("of a stopped Odoo says so, with its exit status, and would start it", () => {
    const diagnosis = diagnosisOf({
      containers: [odoo({ ...stopped, exitCode: 137, oomKilled: true }), db()],
      proxy: seen(answer({ code: 502 })),
    });
    expect(diagnosis.cause).toBe("odoo-stopped");
    expect(diagnosis.finding).toMatch(/odoo-ce-odoo-1 exited with status 137, killed for want of memory/);
    expect(diagnosis.ladder).toEqual(["start-stack"]);
    expect(diagnosis.ruledOut.map(({ remedy }) => remedy)).toEqual(["restart-odoo"]);
    expect(layer(diagnosis, "direct")?.state).toBe("bad");
  });

  it.each(["created", "dead"])("of an Odoo that is %s is the same", (state) => {
    expect(diagnosisOf({ containers: [odoo({ state }), db()] })).toMatchObject({
      cause: "odoo-stopped",
      ladder: ["start-stack"],
    });
  });

  it("of an Odoo whose container was removed says that it is gone", () => {
    expect(diagnosisOf({ containers: [db()], proxy: seen(answer({ code: 502 })) })).toMatchObject({
      cause: "odoo-absent",
      ladder: ["start-stack"],
    });
  });

  it.each([
    ["both are stopped", [odoo(stopped), db(stopped)]],
    ["Odoo is gone and the database stopped", [db(stopped)]],
    [
      "both are gone, while a third runs",
      [container("redis", { imageReference: "redis:7", publishes: [], exposes: [] })],
    ],
    ["there are no containers at all", []],
  ])("of a stack that is down says so when %s", (_, containers) => {
    const projects = [project({ origin: containers.length === 0 ? "files" : "labels" })];
    expect(diagnosisOf({ containers, projects, proxy: seen(answer({ code: 502 })) })).toMatchObject({
      cause: "stack-down",
      ladder: ["start-stack"],
    });
  });

  it.each([
    ["502 from the proxy alone", { proxy: seen(answer({ code: 502 })) }, "proxy"],
    ["a proxy that is stopped", { proxy: seen(REFUSED) }, "proxy"],
    ["another page on the proxy", { proxy: seen(answer({ body: "<h1>Welcome to nginx!</h1>" })) }, "proxy"],
    [
      "an Odoo that hangs",
      { direct: seen({ answered: false, problem: "timed-out", detail: "" } as const) },
      "direct",
    ],
    [
      "an Odoo that answers 500",
      { direct: seen(answer({ code: 500 })), proxy: seen(answer({ code: 500 })) },
      "direct",
    ],
    ["a crash loop", { containers: [odoo({ state: "restarting", exitCode: 1 }), db()] }, "odoo"],
    ["a paused Odoo", { containers: [odoo({ state: "paused" }), db()] }, "odoo"],
    ["an Odoo whose own check says unhealthy", { containers: [odoo({ health: "unhealthy" }), db()] }, "odoo"],
    ["a database in its start", { containers: [odoo(), db({ health: "starting" })] }, "database"],
  ])("of %s is not healthy, and touches nothing", (_, shop, bad) => {
    const diagnosis = diagnosisOf(shop);
    expect(diagnosis.cause).toBe("unknown");
    expect(diagnosis.ladder).toEqual([]);
    expect(layer(diagnosis, bad)?.state).toBe("bad");
    expect(diagnosis.finding).toContain(bad);
    expect(diagnosis.advice).not.toBe("");
  });

  it.each([
    ["the direct probe failed", { direct: unseen("no answer in time") }, "direct"],
    ["the proxy probe failed", { proxy: unseen("curl is not installed") }, "proxy"],
  ])("is not healthy when %s: what was not observed is not fine", (_, shop, blind) => {
    const diagnosis = diagnosisOf(shop);
    expect(diagnosis.cause).toBe("unknown");
    expect(layer(diagnosis, blind)?.state).toBe("not observed");
    expect(diagnosis.finding).toContain(blind);
    expect(diagnosis.ladder).toEqual([]);
  });

  it("of a host where Docker does not answer knows nothing, and says why", () => {
    for (const part of ["containers", "projects"] as const) {
      const diagnosis = diagnose({ ...survey(), [part]: unseen("no answer in time") }, NO_WISHES);
      expect(diagnosis).toMatchObject({ cause: "unknown", ladder: [], target: undefined });
      expect(diagnosis.evidence).toContain("no answer in time");
    }
  });

  it("does not start a stack whose files cannot be read", () => {
    const diagnosis = diagnosisOf({
      containers: [odoo(stopped), db()],
      projects: [project({ services: unseen("yaml: line 3: mapping values are not allowed") })],
    });
    expect(diagnosis).toMatchObject({ cause: "odoo-stopped", ladder: [] });
    expect(diagnosis.ruledOut.find(({ remedy }) => remedy === "start-stack")?.why).toContain("yaml: line 3");
  });

  it("restarts an Odoo that does not answer only after it was started in vain", () => {
    const hanging = { direct: seen(REFUSED), proxy: seen(answer({ code: 502 })) };
    expect(diagnosisOf(hanging).ladder).toEqual([]);
    expect(diagnosisOf(hanging, ["start-stack"]).ladder).toEqual(["restart-odoo"]);
    expect(diagnosisOf(hanging, ["start-stack", "restart-odoo"]).ladder).toEqual([]);
    expect(
      diagnosisOf({ ...hanging, containers: [odoo(), db({ health: "unhealthy" })] }, ["start-stack"]).ladder,
    ).toEqual([]);
  });

  it("does not try the same remedy twice", () => {
    expect(diagnosisOf({ containers: [odoo(stopped), db()] }, ["start-stack"]).ladder).toEqual([]);
  });
});

describe("a database that is not in the project", () => {
  const managed = { containers: [odoo()], projects: [project({ services: seen([ODOO]) })] };

  it("is judged by what Odoo answers", () => {
    expect(diagnosisOf(managed).cause).toBe("healthy");
    expect(diagnosisOf(managed).layers.map(({ name }) => name)).toEqual(["odoo", "direct", "proxy"]);
    expect(diagnosisOf({ ...managed, direct: seen(answer({ code: 500 })) }).cause).toBe("unknown");
  });

  it("is not missed when Odoo is stopped", () => {
    expect(diagnosisOf({ ...managed, containers: [odoo(stopped)] })).toMatchObject({
      cause: "odoo-stopped",
      ladder: ["start-stack"],
    });
  });
});

describe("the target", () => {
  const find = (shop: Shop, wishes: Partial<typeof NO_WISHES> | Record<string, string> = {}) =>
    findTarget(survey(shop), { ...NO_WISHES, ...wishes });
  const names = (shop: Shop, wishes = {}) => {
    const search = find(shop, wishes);
    return search.found === "one"
      ? [search.target.project.name, search.target.odooService, search.target.dbService]
      : search.found;
  };
  const twoShops: Shop = {
    containers: [odoo(), db(), odoo({ project: "staging" }), db({ project: "staging" })],
    projects: [
      project(),
      project({ name: "staging", directory: "/srv/staging", files: ["/srv/staging/compose.yml"] }),
    ],
  };

  it("is the one project with Odoo", () => {
    expect(names({})).toEqual(["odoo-ce", "odoo", "db"]);
  });

  it("is ambiguous where two projects have Odoo, and both are listed", () => {
    const search = find(twoShops);
    expect(search).toMatchObject({ found: "several" });
    expect(search.found === "several" && search.candidates).toEqual([
      "odoo-ce in /opt/odoo-ce (odoo)",
      "staging in /srv/staging (odoo)",
    ]);
    expect(diagnosisOf(twoShops)).toMatchObject({ cause: "ambiguous-target", ladder: [], target: undefined });
  });

  it("is ambiguous even where one of the two is healthy", () => {
    const [first, second, third, fourth] = twoShops.containers ?? [];
    const containers = [first, second, { ...third, state: "exited" }, fourth].filter(
      (each) => each !== undefined,
    ) as Shop["containers"];
    expect(diagnosisOf({ ...twoShops, containers: containers ?? [] }).cause).toBe("ambiguous-target");
  });

  it("is narrowed by the directory, or by the compose file's name or path", () => {
    expect(names(twoShops, { directory: "/srv/staging" })).toEqual(["staging", "odoo", "db"]);
    expect(names(twoShops, { composeFile: "compose.yml" })).toEqual(["staging", "odoo", "db"]);
    expect(names(twoShops, { composeFile: "/srv/staging/compose.yml" })).toEqual(["staging", "odoo", "db"]);
    expect(names(twoShops, { composeFile: "ose.yml" })).toBe("none");
    expect(names(twoShops, { directory: "/srv" })).toBe("none");
  });

  it("is not a project without Odoo, of which there may be any number", () => {
    const monitoring = container("grafana", {
      project: "monitoring",
      imageReference: "grafana/grafana",
      publishes: ["3000/tcp"],
      exposes: [],
    });
    expect(
      names({
        containers: [odoo(), db(), monitoring],
        projects: [
          project(),
          project({ name: "monitoring", directory: "/opt/monitoring", services: seen([]) }),
        ],
      }),
    ).toEqual(["odoo-ce", "odoo", "db"]);
  });

  it("takes no exporter, admin tool, pooler or backup for PostgreSQL", () => {
    const beside = [
      "prometheuscommunity/postgres-exporter:v0.15",
      "quay.io/x/postgres_exporter",
      "dpage/pgadmin4",
      "prodrigestivill/postgres-backup-local:13",
      "edoburu/pgbouncer-postgres",
    ].map((image, index) => container(`side${index}`, { imageReference: image, publishes: [], exposes: [] }));
    expect(names({ containers: [odoo(), db(), ...beside] })).toEqual(["odoo-ce", "odoo", "db"]);
  });

  it("takes no worker or init service of the same image for Odoo", () => {
    const worker = container("odoo-cron", { publishes: [] });
    expect(names({ containers: [odoo(), db(), worker] })).toEqual(["odoo-ce", "odoo", "db"]);
  });

  it("is ambiguous where two services publish Odoo's port, until one is named", () => {
    const shop = { containers: [odoo(), db(), container("odoo2")] };
    expect(names(shop)).toBe("several");
    expect(names(shop, { odooService: "odoo2" })).toEqual(["odoo-ce", "odoo2", "db"]);
  });

  it("is ambiguous where there are two databases, until one is named", () => {
    const shop = {
      containers: [odoo(), db(), container("db2", { imageReference: "postgres:16", publishes: [] })],
    };
    expect(names(shop)).toBe("several");
    expect(names(shop, { dbService: "db2" })).toEqual(["odoo-ce", "odoo", "db2"]);
  });

  it("is none where a named service does not exist", () => {
    expect(names({}, { odooService: "web" })).toBe("none");
    expect(names({}, { dbService: "postgres" })).toBe("none");
  });

  it("is found by its definition alone, when the stack has no containers", () => {
    expect(names({ containers: [], projects: [project({ origin: "files" })] })).toEqual([
      "odoo-ce",
      "odoo",
      "db",
    ]);
  });

  it("is found by its containers alone, when the files cannot be read", () => {
    expect(names({ projects: [project({ services: unseen("no such file") })] })).toEqual([
      "odoo-ce",
      "odoo",
      "db",
    ]);
  });

  it("is found by other names, images and registries", () => {
    const containers = [
      container("web", {
        imageReference: "registry.example:5000/shop/odoo-prod@sha256:0123",
        publishes: [],
        exposes: ["8069/tcp"],
      }),
      container("postgresql", { imageReference: "postgis/postgis:16", publishes: [], exposes: ["5432/tcp"] }),
    ];
    expect(names({ containers, projects: [project({ services: unseen("no") })] })).toEqual([
      "odoo-ce",
      "web",
      "postgresql",
    ]);
  });

  it("does not count one-off containers of `compose run`", () => {
    const search = find({ containers: [odoo(stopped), db(), odoo({ id: "x", oneOff: true })] });
    expect(search.found === "one" && search.target.odoo?.state).toBe("exited");
    expect(search.found === "one" && search.target.containers).toHaveLength(2);
  });

  it("is none on a host without Compose projects, with words for what was looked for", () => {
    const search = find({ containers: [], projects: [] });
    expect(search).toMatchObject({
      found: "none",
      why: expect.stringContaining("no container made by Compose"),
    });
  });
});

describe("drift", () => {
  const driftOf = (shop: Shop) => diagnosisOf(shop).drift.map(({ service, what }) => `${service}: ${what}`);

  it("is told of a service whose definition changed", () => {
    expect(driftOf({ containers: [odoo({ configHash: "older" }), db()] })).toEqual([
      expect.stringMatching(/^odoo: its definition .* changed/),
    ]);
  });

  it("is told of a service that is no longer defined", () => {
    expect(driftOf({ projects: [project({ services: seen([ODOO]) })] })).toEqual([
      expect.stringMatching(/^db: is no longer defined/),
    ]);
  });

  it.each([
    ["postgres:13", "postgres:13"],
    ["postgres", "postgres:latest"],
    ["registry.example:5000/postgres", "registry.example:5000/postgres:latest"],
  ])("is told of an image that was re-tagged: %s", (reference, tagged) => {
    const containers = [odoo(), db({ imageReference: reference, imageId: `sha256:${"a".repeat(64)}` })];
    const images = new Map([[tagged, `sha256:${"b".repeat(64)}`]]);
    expect(driftOf({ containers, images })).toEqual([
      expect.stringContaining("aaaaaaaaaaaa then, bbbbbbbbbbbb now"),
    ]);
  });

  it("is told when the files cannot be read at all", () => {
    expect(driftOf({ projects: [project({ services: unseen("no such file") })] })).toEqual([
      expect.stringMatching(/^odoo-ce: the compose files cannot be read.*no such file/),
    ]);
  });

  it("is none where nobody can tell: no hash, an image that is gone", () => {
    const services = seen([{ ...ODOO, configHash: undefined }, DB]);
    expect(driftOf({ projects: [project({ services })], images: new Map() })).toEqual([]);
    expect(driftOf({ containers: [odoo({ configHash: "" }), db()] })).toEqual([]);
  });

  it("does not make a healthy shop sick, nor a remedy allowed", () => {
    const diagnosis = diagnosisOf({
      containers: [odoo({ configHash: "older" }), db({ imageId: "sha256:older" })],
      images: new Map([["postgres:13", "sha256:newer"]]),
    });
    expect(diagnosis).toMatchObject({ cause: "healthy", ladder: [] });
    expect(diagnosis.drift).toHaveLength(2);
  });
});

describe("whatever is seen", () => {
  const remedies: fc.Arbitrary<RemedyName[]> = fc
    .subarray(["start-stack", "restart-odoo"] as const)
    .map((each) => [...each]);
  const always = (
    holds: (diagnosis: Diagnosis, seenThere: Survey, tried: readonly RemedyName[]) => void,
  ): void =>
    fc.assert(
      fc.property(anySurvey, remedies, (look, tried) => holds(diagnose(look, NO_WISHES, tried), look, tried)),
      { numRuns: 3_000 },
    );

  it("there is exactly one cause, with words for it", () => {
    const met = new Set<Cause>();
    always((diagnosis) => {
      expect(CAUSES).toContain(diagnosis.cause);
      expect(diagnosis.finding).not.toBe("");
      met.add(diagnosis.cause);
    });
    expect([...met].toSorted()).toEqual([...CAUSES].toSorted());
  });

  it("it is healthy exactly when every layer was observed and is good", () => {
    always(({ cause, layers, target }) => {
      const allGood = target !== undefined && layers.every(({ state }) => state === "good");
      expect(cause === "healthy").toBe(allGood);
    });
  });

  it("nothing is done to a shop that is healthy, ambiguous or not found", () => {
    always(({ cause, ladder, target }) => {
      if (cause === "healthy" || cause === "ambiguous-target" || target === undefined)
        expect(ladder).toEqual([]);
    });
  });

  it("the stack is started only where something of it is stopped or missing, and its files can be read", () => {
    let allowed = 0;
    always(({ ladder, target }) => {
      if (!ladder.includes("start-stack")) return;
      allowed += 1;
      expect(target?.project.services.observed).toBe(true);
      expect([undefined, "exited", "created", "dead"]).toContain(target?.odoo?.state);
    });
    expect(allowed).toBeGreaterThan(100);
  });

  it("Odoo is restarted only where it runs and does not answer, the database is good, and it was started in vain", () => {
    let allowed = 0;
    always(({ ladder, target, layers }, _, tried) => {
      if (!ladder.includes("restart-odoo")) return;
      allowed += 1;
      const state = (name: string) => layers.find((each) => each.name === name)?.state;
      expect(target?.odoo?.state).toBe("running");
      expect(state("direct")).toBe("bad");
      expect([undefined, "good"]).toContain(state("database"));
      expect(tried).toEqual(["start-stack"]);
    });
    expect(allowed).toBeGreaterThan(30);
  });

  it("a remedy is either allowed or ruled out with a reason, and never tried twice", () => {
    always(({ ladder, ruledOut, target, cause }, _, tried) => {
      const out = ruledOut.map(({ remedy }) => remedy);
      for (const remedy of ladder) {
        expect(out).not.toContain(remedy);
        expect(tried).not.toContain(remedy);
      }
      for (const { why } of ruledOut) expect(why).not.toBe("");
      if (target !== undefined && cause !== "healthy") {
        expect([...ladder, ...out].toSorted()).toEqual(["restart-odoo", "start-stack"]);
      }
    });
  });

  it("what is bad is in the evidence, and what can be done by nobody has advice", () => {
    always(({ layers, evidence, cause, ladder, advice, target }) => {
      if (target === undefined) return;
      expect(evidence).toHaveLength(layers.filter(({ state }) => state !== "good").length);
      if (cause === "unknown" && ladder.length === 0) expect(advice).not.toBe("");
    });
  });

  it("the same survey gives the same diagnosis, and is left as it was", () => {
    always((diagnosis, look, tried) => {
      const before = structuredClone(look);
      expect(diagnose(look, NO_WISHES, tried)).toEqual(diagnosis);
      expect(look).toEqual(before);
    });
  });

  it("two projects with Odoo are ambiguous, in any state", () => {
    fc.assert(
      fc.property(anySurvey, (look) => {
        fc.pre(look.projects.observed && look.containers.observed && look.projects.value.length === 2);
        const withOdoo = look.projects.value.filter(
          (each) =>
            (each.services.observed && each.services.value.some(({ name }) => name === "odoo")) ||
            (look.containers.observed &&
              look.containers.value.some(
                (one) => one.project === each.name && one.service === "odoo" && !one.oneOff,
              )),
        );
        fc.pre(withOdoo.length === 2);
        expect(diagnose(look, NO_WISHES)).toMatchObject({ cause: "ambiguous-target", ladder: [] });
      }),
      { numRuns: 100 },
    );
  });
});
