// Which compose project, and which of its services: found from what is there, narrowed by the user, and never guessed.

import { describe, expect, it } from "vitest";
import { findTarget } from "../../src/diagnosis/find-target.ts";
import type { TargetWishes } from "../../src/diagnosis/target.ts";
import { seen, unseen } from "../../src/survey/survey.ts";
import {
  activity,
  container,
  database,
  db,
  diagnosisOf,
  NO_WISHES,
  odoo,
  odooDatabase,
  project,
  running,
  type Shop,
  settings,
  survey,
} from "./surveys.ts";

describe("the target", () => {
  const find = (shop: Shop, wishes: Partial<TargetWishes> = {}) =>
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
    const search = find({ containers: [odoo({ state: "exited" }), db(), odoo({ id: "x", oneOff: true })] });
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

describe("the database's name", () => {
  const name = (shop: Shop, database?: string, url?: URL) => {
    const search = findTarget(survey(shop), { ...NO_WISHES, database, url });
    if (search.found !== "one") throw new Error("the shop has no target");
    const found = search.target.database;
    return found.observed ? found.value : `? ${found.why}`;
  };
  const holding = (...names: readonly string[]) =>
    database(seen(activity({ odoo: names.map((each) => odooDatabase(each)) })));
  const conf = (name: string, value: string) => settings({ name, value, line: 3 });
  const named = (value: string) => conf("db_name", value);
  const commanded = (...options: readonly (readonly [string, string])[]) =>
    seen(new Map([["odoo-ce-odoo-id", running({ options: new Map(options) })]]));

  it("is the one that the user names, before anything else", () => {
    expect(name({ settings: named("odoo"), databases: holding("odoo", "odoo_core") }, "odoo_core")).toBe(
      "odoo_core",
    );
  });

  it("is what Odoo's command line names, before what odoo.conf names", () => {
    const databases = holding("odoo_core", "test");
    const shop = { settings: named("test"), databases };
    expect(name(shop)).toBe("test");
    expect(name({ ...shop, running: commanded(["db_name", "odoo_core"]) })).toBe("odoo_core");
  });

  it("is not one that says nothing", () => {
    for (const none of ["False", "none", "", " , "])
      expect(name({ settings: named(none), databases: holding("odoo") })).toBe("odoo");
  });

  it("of a list is the only one of it that there is, and none of several is chosen", () => {
    expect(name({ settings: named("a, b"), databases: holding("b", "c") })).toBe("b");
    expect(name({ settings: named("a,b"), databases: holding("a", "b", "c") })).toBe(
      "? several databases are named (`db_name`, /etc/odoo/odoo.conf:3): a, b; name one with `database`",
    );
  });

  it("is none that PostgreSQL does not hold: who starts Odoo with it would make it", () => {
    expect(name({ databases: holding("odoo") }, "odoo_core")).toBe(
      "? odoo_core is named (the input `database`), and PostgreSQL has no Odoo under that name: there is odoo",
    );
    expect(name({ settings: named("odoo_core"), databases: holding() })).toMatch(/there is none$/);
    // What was not seen is not held against it.
    expect(name({ databases: unseen("the probe failed") }, "odoo_core")).toBe("odoo_core");
  });

  it("is the only one that holds an Odoo", () => {
    expect(name({ databases: holding("odoo_core") })).toBe("odoo_core");
  });

  it("is the one of several that `dbfilter` selects for the public name", () => {
    const shop = (filter: string) => ({
      settings: conf("dbfilter", filter),
      databases: holding("shop", "shop_test"),
    });
    const url = new URL("https://www.shop.example");
    expect(name(shop("^%d$"), undefined, url)).toBe("shop");
    expect(name(shop("^%d$"))).toMatch(/^\? several databases hold an Odoo/);
    expect(name(shop("shop_test"))).toBe("shop_test");
    for (const vague of [".*", "^%d", "(?i)SHOP$"])
      expect(name(shop(vague), undefined, url)).toMatch(/^\? several databases hold an Odoo/);
  });

  it("is not guessed among several, nor where there is none", () => {
    expect(name({ databases: holding("odoo", "test") })).toMatch(
      /^\? several databases hold an Odoo: odoo, test/,
    );
    expect(name({ databases: holding() })).toBe("? no database holds an Odoo");
  });

  it("is not known where PostgreSQL could not be asked, and says why", () => {
    expect(name({ databases: database(unseen("no answer in time")) })).toBe(
      "? PostgreSQL was not observed: no answer in time",
    );
    expect(name({ databases: unseen("the probe failed") })).toContain("PostgreSQL was not observed");
  });
});
