// Surveys for tests: a healthy shop that can be bent, and every state that a shop can be in.

import fc from "fast-check";
import type { TargetWishes } from "../../src/diagnosis/target.ts";
import {
  type Container,
  type HttpAnswer,
  type Observation,
  type Project,
  type Service,
  type Survey,
  seen,
  unseen,
} from "../../src/survey/survey.ts";

export const NO_WISHES: TargetWishes = {
  directory: undefined,
  composeFile: undefined,
  odooService: undefined,
  dbService: undefined,
};

export const LOGIN_PAGE: HttpAnswer = {
  answered: true,
  code: 200,
  seconds: 0.12,
  bytes: 4_321,
  contentType: "text/html; charset=utf-8",
  location: "",
  body: '<form class="oe_login_form" role="form" method="post" action="/web/login"><input name="login"/></form>',
};

export const REFUSED: HttpAnswer = { answered: false, problem: "refused", detail: "" };

export function answer(more: Partial<Extract<HttpAnswer, { answered: true }>>): HttpAnswer {
  return LOGIN_PAGE.answered ? { ...LOGIN_PAGE, ...more } : LOGIN_PAGE;
}

/** A running container of a service; its ids follow from its name. */
export function container(service: string, more: Partial<Container> = {}): Container {
  const project = more.project ?? "odoo-ce";
  const database = service === "db";
  return {
    id: `${project}-${service}-id`,
    name: `${project}-${service}-1`,
    project,
    service,
    oneOff: false,
    state: "running",
    health: undefined,
    exitCode: 0,
    oomKilled: false,
    restartCount: 0,
    createdAt: "2024-05-01T10:00:00Z",
    startedAt: "2024-05-01T10:00:01Z",
    finishedAt: "0001-01-01T00:00:00Z",
    imageId: `sha256:${service}`,
    imageReference: database ? "postgres:13" : "odoo:14",
    restartPolicy: "unless-stopped",
    configHash: `${service}-hash`,
    publishes: database ? [] : ["8069/tcp"],
    exposes: database ? ["5432/tcp"] : ["8069/tcp", "8071/tcp", "8072/tcp"],
    ...more,
  };
}

export const ODOO: Service = {
  name: "odoo",
  image: "odoo:14",
  publishes: [8069],
  exposes: [],
  configHash: "odoo-hash",
};
export const DB: Service = {
  name: "db",
  image: "postgres:13",
  publishes: [],
  exposes: [],
  configHash: "db-hash",
};

export function project(more: Partial<Project> = {}): Project {
  return {
    name: "odoo-ce",
    directory: "/opt/odoo-ce",
    files: ["/opt/odoo-ce/docker-compose.prod.yml"],
    environmentFiles: [],
    origin: "labels",
    services: seen([ODOO, DB]),
    ...more,
  };
}

export interface Shop {
  readonly containers?: readonly Container[];
  readonly projects?: readonly Project[];
  /** What every container that publishes 8069 answers on it. */
  readonly direct?: Observation<HttpAnswer>;
  readonly proxy?: Observation<HttpAnswer>;
  readonly images?: ReadonlyMap<string, string>;
}

/** One look at a shop; healthy but for what is said. */
export function survey({
  containers = [container("odoo"), container("db")],
  projects = [project()],
  direct = seen(LOGIN_PAGE),
  proxy = seen(LOGIN_PAGE),
  images = new Map(containers.map((each) => [each.imageReference, each.imageId])),
}: Shop = {}): Survey {
  return {
    host: seen({
      user: "root",
      privilege: "root",
      name: "droplet",
      system: "Linux",
      bootId: "00000000-0000-0000-0000-000000000000",
      uptimeSeconds: 100,
      epoch: 1_714_557_600,
    }),
    containers: seen(containers),
    images: seen(images),
    compose: seen("2.29.0"),
    projects: seen(projects),
    direct: seen(
      containers
        .filter((each) => each.publishes.includes("8069/tcp"))
        .map((each) => ({
          containerId: each.id,
          published: true,
          address: "127.0.0.1:8069",
          answer: direct,
        })),
    ),
    proxy: proxy.observed ? seen({ door: "http:80", answer: proxy.value }) : proxy,
    logs: seen(new Map()),
  };
}

// ---- Any state ---------------------------------------------------------------------------------------------------

const anyAnswer: fc.Arbitrary<HttpAnswer> = fc.oneof(
  fc.constant(LOGIN_PAGE),
  fc.constant(REFUSED),
  fc.constantFrom(
    answer({ code: 502, body: "<h1>502 Bad Gateway</h1>" }),
    answer({ code: 500, body: "Internal Server Error" }),
    answer({ code: 303, location: "/web/database/selector", body: "" }),
    answer({ body: "<h1>Welcome to nginx!</h1>" }),
    answer({ body: "" }),
    { answered: false, problem: "timed-out", detail: "" },
    { answered: false, problem: "broken", detail: "curl: (52) Empty reply from server" },
  ),
);

function maybeUnseen<T>(value: fc.Arbitrary<T>): fc.Arbitrary<Observation<T>> {
  return fc.oneof(
    { weight: 6, arbitrary: value.map(seen) },
    { weight: 1, arbitrary: fc.constant(unseen("no answer in time")) },
  );
}

const anyState = fc.oneof(
  { weight: 3, arbitrary: fc.constant("running") },
  { weight: 2, arbitrary: fc.constantFrom("exited", "created", "dead", "paused", "restarting", "removing") },
);
const anyHealth = fc.constantFrom(undefined, undefined, "healthy", "unhealthy", "starting");

function anyContainer(service: string, projectName: string): fc.Arbitrary<Container | undefined> {
  const bent = fc
    .record({
      state: anyState,
      health: anyHealth,
      exitCode: fc.constantFrom(0, 1, 137),
      oomKilled: fc.boolean(),
      configHash: fc.constantFrom(`${service}-hash`, "another", ""),
      imageId: fc.constantFrom(`sha256:${service}`, "sha256:older"),
      oneOff: fc.oneof(
        { weight: 9, arbitrary: fc.constant(false) },
        { weight: 1, arbitrary: fc.constant(true) },
      ),
    })
    .map((more) => container(service, { project: projectName, ...more }));
  return fc.oneof({ weight: 6, arbitrary: bent }, { weight: 1, arbitrary: fc.constant(undefined) });
}

function anyProject(name: string): fc.Arbitrary<{ project: Project; containers: Container[] }> {
  return fc
    .record({
      services: maybeUnseen(fc.constantFrom([ODOO, DB], [ODOO], [DB])),
      odoo: anyContainer("odoo", name),
      db: anyContainer("db", name),
    })
    .map(({ services, odoo, db }) => ({
      project: project({
        name,
        directory: `/opt/${name}`,
        files: [`/opt/${name}/docker-compose.prod.yml`],
        services,
      }),
      containers: [odoo, db].filter((each) => each !== undefined),
    }));
}

/** Any look at any host: none, one or two projects, each part in any state, any probe failed. */
export const anySurvey: fc.Arbitrary<Survey> = fc
  .record({
    shops: fc.oneof(
      { weight: 8, arbitrary: fc.tuple(anyProject("odoo-ce")) },
      { weight: 1, arbitrary: fc.tuple(anyProject("odoo-ce"), anyProject("staging")) },
      { weight: 1, arbitrary: fc.constant([]) },
    ),
    direct: maybeUnseen(anyAnswer),
    proxy: maybeUnseen(anyAnswer),
    blind: fc.subarray(["containers", "images", "projects", "direct", "host"] as const, { maxLength: 1 }),
    hasAnyBlind: fc.constantFrom(false, false, false, true),
  })
  .map(({ shops, direct, proxy, blind, hasAnyBlind }) => {
    const full = survey({
      containers: shops.flatMap((shop) => shop.containers),
      projects: shops.map((shop) => shop.project),
      direct,
      proxy,
    });
    if (!hasAnyBlind) return full;
    return { ...full, ...Object.fromEntries(blind.map((part) => [part, unseen("the probe failed")])) };
  });
