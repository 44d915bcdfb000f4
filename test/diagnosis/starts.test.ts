// Which of a service's containers counts, and what a stack's start starts: what was observed decides, and nothing is guessed.

import { describe, expect, it } from "vitest";
import { choicesOf, containerOf } from "../../src/diagnosis/containers.ts";
import { findTarget } from "../../src/diagnosis/find-target.ts";
import { startsOf } from "../../src/diagnosis/starts.ts";
import { type Container, seen, unseen } from "../../src/survey/survey.ts";
import {
  container,
  DB,
  db,
  diagnosisOf,
  NO_WISHES,
  ODOO,
  odoo,
  project,
  type Shop,
  survey,
} from "./surveys.ts";

const NEVER = "0001-01-01T00:00:00Z";
const at = (hour: number): string => `2024-05-01T${String(hour).padStart(2, "0")}:00:00Z`;
/** One that was stopped. */
const ran = (name: string, from: number, to: number, more: Partial<Container> = {}): Container =>
  odoo({ id: `${name}-id`, name, state: "exited", pid: 0, startedAt: at(from), finishedAt: at(to), ...more });
const created = (name: string): Container =>
  odoo({ id: `${name}-id`, name, state: "created", pid: 0, startedAt: NEVER, finishedAt: NEVER });

/** What is started, in short. */
function startsIn(shop: Shop): string[] {
  const search = findTarget(survey(shop), NO_WISHES);
  if (search.found !== "one") throw new Error(search.found);
  const { starts, doubt } = startsOf(search.target);
  return doubt === undefined
    ? starts.map((start) =>
        start.kind === "start"
          ? `start ${start.container.name}`
          : start.kind === "make"
            ? `make ${start.service}`
            : `await ${start.service} ${start.condition}`,
      )
    : [doubt];
}

describe("of several containers under one number", () => {
  it.each<[string, readonly Container[], string | undefined]>([
    ["the one that runs", [created("new"), ran("old", 1, 5), odoo({ name: "up" })], "up"],
    ["the one that ran, beside one that was never started", [created("new"), ran("old", 1, 5)], "old"],
    ["the one that ran last", [ran("old", 1, 5), ran("new", 6, 7)], "new"],
    ["the former one, where a person went back to it", [ran("new", 6, 7), ran("old", 8, 9)], "old"],
    ["none where two ran at the same time", [ran("one", 1, 5), ran("two", 3, 6)], undefined],
    ["none where neither ever ran", [created("one"), created("two")], undefined],
  ])("it is %s", (_, containers, name) => {
    for (const order of [containers, containers.toReversed()]) {
      const [choice, ...more] = choicesOf(order, "odoo");
      expect(more).toEqual([]);
      expect(choice?.known === true ? choice.container.name : undefined).toBe(name);
    }
  });

  it("those of other numbers are other containers", () => {
    const two = [ran("shop-odoo-2", 1, 5, { number: "2" }), ran("shop-odoo-1", 1, 5), created("new")];
    expect(choicesOf(two, "odoo")).toMatchObject([
      { container: { name: "shop-odoo-1" } },
      { container: { name: "shop-odoo-2" } },
    ]);
    expect(containerOf([...two, odoo({ name: "shop-odoo-3", number: "3" })], "odoo")?.name).toBe(
      "shop-odoo-3",
    );
  });
});

describe("the start of a stack", () => {
  it("is that of Odoo's one container after an interrupted recreate, and is named", () => {
    const shop = { containers: [created("0123456789ab_odoo-ce-odoo-1"), ran("odoo-ce-odoo-1", 1, 5), db()] };
    expect(startsIn(shop)).toEqual(["await db service_healthy", "start odoo-ce-odoo-1"]);
    expect(diagnosisOf(shop)).toMatchObject({ cause: "odoo-stopped", ladder: ["start-stack"] });
  });

  it("is refused with the list where it cannot be told which one served", () => {
    const diagnosis = diagnosisOf({ containers: [created("one"), created("two"), db()] });
    expect(diagnosis).toMatchObject({ cause: "ambiguous-target", ladder: [] });
    expect(diagnosis.evidence).toEqual([
      "one (one-id, created, never started)",
      "two (two-id, created, never started)",
    ]);
    expect(diagnosis.advice).toContain("docker start NAME");
  });

  it("is no question while one of the service runs", () => {
    const containers = [created("one"), created("two"), odoo({ number: "2" }), db()];
    expect(findTarget(survey({ containers }), NO_WISHES).found).toBe("one");
  });

  it("is that of each number of a service that is scaled", () => {
    const containers = [ran("odoo-ce-odoo-2", 1, 5, { number: "2" }), ran("odoo-ce-odoo-1", 1, 5), db()];
    expect(startsIn({ containers })).toEqual([
      "await db service_healthy",
      "start odoo-ce-odoo-1",
      "start odoo-ce-odoo-2",
    ]);
  });

  it("leaves a further container alone that never started: it has no port of its own", () => {
    const containers = [{ ...created("odoo-ce-odoo-2"), number: "2" }, ran("odoo-ce-odoo-1", 1, 5), db()];
    expect(startsIn({ containers })).toEqual(["await db service_healthy", "start odoo-ce-odoo-1"]);
  });

  const nginx = (more: Partial<Container>): Container =>
    container("web", {
      publishes: [],
      exposes: [],
      dependsOn: [{ service: "odoo", condition: "service_started" }],
      ...more,
    });

  it("is that of all services where nothing runs, each after what it needs", () => {
    const services = seen([
      { ...ODOO, name: "web", dependsOn: [{ service: "odoo", condition: "service_started" }], publishes: [] },
      ODOO,
      {
        ...ODOO,
        name: "migrate",
        publishes: [],
        dependsOn: [{ service: "db", condition: "service_healthy" }],
      },
      DB,
    ]);
    const containers = [
      nginx({ state: "exited" }),
      ran("odoo-ce-odoo-1", 1, 5, {
        dependsOn: [
          { service: "migrate", condition: "service_completed_successfully" },
          { service: "db", condition: "service_healthy" },
        ],
      }),
      db({ state: "exited" }),
    ];
    expect(startsIn({ containers, projects: [project({ services })] })).toEqual([
      "start odoo-ce-db-1",
      "await db service_healthy",
      "make migrate",
      "await migrate service_completed_successfully",
      "await db service_healthy",
      "start odoo-ce-odoo-1",
      "start odoo-ce-web-1",
    ]);
  });

  it("leaves what was stopped beside something that runs alone, but for what Odoo needs", () => {
    const containers = [
      container("mailer", { state: "exited", publishes: [], exposes: [] }),
      container("web", { publishes: [], exposes: [] }),
      ran("odoo-ce-odoo-1", 1, 5, { dependsOn: [] }),
      db({ state: "exited" }),
    ];
    expect(startsIn({ containers })).toEqual([
      "start odoo-ce-db-1",
      "await db service_healthy",
      "start odoo-ce-odoo-1",
    ]);
  });

  it("needs no compose files for containers that are there, and says why where one has to be made", () => {
    const projects = [project({ services: unseen("yaml: line 3") })];
    const containers = [ran("odoo-ce-odoo-1", 1, 5), db()];
    expect(diagnosisOf({ containers, projects }).ladder).toEqual(["start-stack"]);
    const absent = diagnosisOf({ containers: [db()], projects }, [], { odooService: "odoo" });
    expect(absent.ladder).toEqual([]);
  });
});
