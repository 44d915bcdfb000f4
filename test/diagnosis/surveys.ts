// Surveys for tests: a healthy shop that can be bent, and every state that a shop can be in.

import fc from "fast-check";
import { type Diagnosis, diagnose } from "../../src/diagnosis/diagnosis.ts";
import type { RemedyName } from "../../src/diagnosis/remedy-name.ts";
import type { Wishes } from "../../src/diagnosis/wishes.ts";
import {
  type AccessLog,
  type Asset,
  type AssetAnswer,
  type Bundle,
  type Container,
  type DatabaseActivity,
  type DirectProbe,
  type FileSystem,
  type Filestore,
  type HostFacts,
  type HttpAnswer,
  type Image,
  type Listener,
  type Minute,
  type NamedModule,
  type NginxUpstream,
  type Observation,
  type OdooDatabase,
  type OtherContainer,
  type PageAssets,
  type Process,
  type Project,
  type PublicProbe,
  type RunningOdoo,
  type Service,
  type Session,
  type Setting,
  type Survey,
  seen,
  type Unit,
  unseen,
} from "../../src/survey/survey.ts";

/** The host's clock in every survey, in milliseconds since 1970. */
export const NOW = Date.parse("2024-05-02T03:00:00Z");
const EPOCH = NOW / 1000;

/** So many seconds before now: in milliseconds since 1970, and as Docker writes it. */
export const ago = (seconds: number): number => NOW - seconds * 1000;
export const stamp = (seconds: number): string => new Date(ago(seconds)).toISOString();

export const NO_WISHES: Wishes = {
  url: undefined,
  scenario: "auto",
  ceiling: "restart",
  backup: "auto",
  module: undefined,
  directory: undefined,
  composeFile: undefined,
  odooService: undefined,
  dbService: undefined,
  database: undefined,
  dbUser: undefined,
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
export const TIMED_OUT: HttpAnswer = { answered: false, problem: "timed-out", detail: "" };
export const BROKEN: HttpAnswer = {
  answered: false,
  problem: "broken",
  detail: "curl: (56) Recv failure: Connection reset by peer",
};

export function answer(more: Partial<Extract<HttpAnswer, { answered: true }>>): HttpAnswer {
  return LOGIN_PAGE.answered ? { ...LOGIN_PAGE, ...more } : LOGIN_PAGE;
}

export const BAD_GATEWAY = answer({ code: 502, body: "<h1>502 Bad Gateway</h1>" });

/** A running container of a service; its ids follow from its name. */
export function container(service: string, more: Partial<Container> = {}): Container {
  const project = more.project ?? "odoo-ce";
  const database = service === "db";
  return {
    id: `${project}-${service}-id`,
    name: `${project}-${service}-1`,
    project,
    service,
    number: "1",
    dependsOn: database ? [] : [{ service: "db", condition: "service_healthy" }],
    oneOff: false,
    state: "running",
    health: undefined,
    exitCode: 0,
    oomKilled: false,
    error: "",
    restartCount: 0,
    pid: database ? 334 : 20_737,
    createdAt: "2024-05-01T10:00:00Z",
    startedAt: "2024-05-01T10:00:01Z",
    finishedAt: "0001-01-01T00:00:00Z",
    imageId: `sha256:${service}`,
    imageReference: database ? "postgres:13" : "odoo:14",
    restartPolicy: "unless-stopped",
    memoryLimit: 0,
    configHash: `${service}-hash`,
    publishes: database ? [] : ["8069/tcp"],
    exposes: database ? ["5432/tcp"] : ["8069/tcp", "8071/tcp", "8072/tcp"],
    databaseHost: database ? "" : "db",
    entrypoint: database ? ["docker-entrypoint.sh"] : ["/entrypoint.sh"],
    command: [database ? "postgres" : "odoo"],
    ...more,
  };
}

export const odoo = (more: Partial<Container> = {}): Container => container("odoo", more);
export const db = (more: Partial<Container> = {}): Container => container("db", more);

export const ODOO: Service = {
  name: "odoo",
  image: "odoo:14",
  publishes: [8069],
  exposes: [],
  dependsOn: [{ service: "db", condition: "service_healthy" }],
  configHash: "odoo-hash",
};
export const DB: Service = {
  name: "db",
  image: "postgres:13",
  publishes: [],
  exposes: [],
  dependsOn: [],
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
    outline: [
      { file: "/opt/odoo-ce/docker-compose.prod.yml", line: 1, text: "services:" },
      { file: "/opt/odoo-ce/docker-compose.prod.yml", line: 2, text: "  db:" },
      { file: "/opt/odoo-ce/docker-compose.prod.yml", line: 18, text: "  odoo:" },
    ],
    ...more,
  };
}

export function host(more: Partial<HostFacts> = {}): HostFacts {
  return {
    user: "root",
    privilege: "root",
    name: "droplet",
    system: "Linux",
    bootId: "00000000-0000-0000-0000-000000000000",
    uptimeSeconds: 30 * 86_400,
    epoch: EPOCH,
    zoneMinutes: 0,
    load: [0.1, 0.1, 0.1],
    processors: 2,
    ...more,
  };
}

export function process(command: string, more: Partial<Process> = {}): Process {
  return { pid: 14_855, parent: 14_835, state: "Ss", seconds: 2, command, ...more };
}

/** The processes of a healthy droplet, as ps(1) printed them on one. */
export const PROCESSES: readonly Process[] = [
  process("/sbin/init", { pid: 1, parent: 0, seconds: 90 }),
  process("nginx: master process /usr/sbin/nginx -g daemon on; master_process on;", { pid: 82, parent: 1 }),
  process("/usr/sbin/dockerd -H fd:// --containerd=/run/containerd/containerd.sock", { pid: 89, parent: 1 }),
  process("/usr/bin/containerd-shim-runc-v2 -namespace moby -id f426414f751b", { pid: 273, parent: 1 }),
  process("postgres", { pid: 334, parent: 273, seconds: 90 }),
  process("postgres: checkpointer ", { pid: 476, parent: 334, seconds: 90 }),
  process("postgres: odoo odoo 172.31.0.2(48980) idle", { pid: 21_664, parent: 334 }),
  process("/usr/sbin/docker-proxy -proto tcp -host-ip 127.0.0.1 -host-port 8069 -container-ip 172.31.0.2", {
    pid: 20_703,
    parent: 89,
  }),
  process("/usr/bin/containerd-shim-runc-v2 -namespace moby -id bacf99bf9fa1", { pid: 20_715, parent: 1 }),
  process("/usr/bin/python3 /usr/bin/odoo --db_host db --db_port 5432 --db_user odoo --db_password ***", {
    pid: 20_737,
    parent: 20_715,
    state: "Ssl",
    seconds: 61_199,
  }),
];

export function listener(port: number, program = "", address = "0.0.0.0"): Listener {
  return { address, port, program };
}

export const LISTENERS: readonly Listener[] = [
  listener(22, "sshd"),
  listener(80, "nginx"),
  listener(443, "nginx"),
  listener(8069, "docker-proxy", "127.0.0.1"),
  listener(8072, "docker-proxy", "127.0.0.1"),
];

export function unit(more: Partial<Unit> = {}): Unit {
  return {
    load: "loaded",
    active: "active",
    result: "success",
    downSince: undefined,
    upSince: ago(2_592_000),
    ...more,
  };
}

/** nginx and Docker as systemd knows them. */
export function units(more: { readonly nginx?: Partial<Unit>; readonly docker?: Partial<Unit> } = {}) {
  return seen<ReadonlyMap<string, Unit>>(
    new Map([
      ["nginx.service", unit(more.nginx)],
      ["docker.service", unit(more.docker)],
      ["docker.socket", unit()],
    ]),
  );
}

export function disk(mount: string, more: Partial<FileSystem> = {}): FileSystem {
  return {
    mount,
    size: 81_106_868,
    available: 54_200_400,
    inodes: 10_321_920,
    inodesFree: 9_800_000,
    ...more,
  };
}

const NGINX_SITE = "/etc/nginx/sites-enabled/odoo";

export function upstream(target: string, more: Partial<NginxUpstream> = {}): NginxUpstream {
  return {
    target,
    at: { file: NGINX_SITE, line: 4, text: `server ${target};` },
    serverNames: ["shop.example"],
    location: "/",
    ...more,
  };
}

export const UPSTREAMS: readonly NginxUpstream[] = [
  upstream("127.0.0.1:8069"),
  upstream("127.0.0.1:8072", { location: "~ ^/(longpolling|websocket)" }),
];

export const NGINX_SAID = `nginx: the configuration file /etc/nginx/nginx.conf syntax is ok
nginx: configuration file /etc/nginx/nginx.conf test is successful`;

export const NGINX_COMPLAINS = `2024/05/02 02:59:01 [emerg] 1234#1234: unknown directive "proxy_passs" in /etc/nginx/sites-enabled/odoo:24
nginx: configuration file /etc/nginx/nginx.conf test failed`;

export const nginx = (upstreams: readonly NginxUpstream[]) =>
  seen({ valid: true, said: NGINX_SAID, upstreams });
export const brokenNginx = seen({ valid: false, said: NGINX_COMPLAINS, upstreams: [] });

export function accessLog(minutes: readonly Minute[], more: Partial<AccessLog> = {}): AccessLog {
  return { file: "/var/log/nginx/access.log", badSince: undefined, lastGood: ago(5), minutes, ...more };
}

export function minute(secondsAgo: number, more: Partial<Minute> = {}): Minute {
  return { at: ago(secondsAgo), total: 30, bad: 0, flips: 0, ...more };
}

export function session(more: Partial<Session> = {}): Session {
  return {
    pid: 21_664,
    database: "odoo",
    application: "",
    address: "172.31.0.2",
    state: "active",
    waits: "",
    seconds: 43,
    blockedBy: [],
    statement: "SELECT id FROM res_users WHERE login=?",
    ...more,
  };
}

export function activity(more: Partial<DatabaseActivity> = {}): DatabaseActivity {
  return {
    version: "15.20 (Debian 15.20-0+deb12u1)",
    recovering: false,
    connections: 3,
    mostConnections: 100,
    sessions: [],
    odoo: [odooDatabase("odoo")],
    ...more,
  };
}

/** As Odoo 14 keeps them. */
export const BUNDLES: readonly Bundle[] = [
  bundle(214, "web.assets_frontend.css"),
  bundle(215, "web.assets_common.css"),
  bundle(216, "web.assets_common_minimal_js.js"),
  bundle(217, "web.assets_frontend_minimal_js.js"),
];

export function bundle(id: number, name: string, more: Partial<Bundle> = {}): Bundle {
  const sha1 = String(id).padStart(40, "0");
  return {
    id,
    name,
    url: `/web/content/${id}-1f3a2bc/${name}`,
    storedAs: `${sha1.slice(-2)}/${sha1}`,
    bytes: 1_000 + id,
    at: ago(86_400),
    ...more,
  };
}

export function odooDatabase(name: string, more: Partial<OdooDatabase> = {}): OdooDatabase {
  return {
    name,
    odooVersion: "14.0",
    installed: 9,
    pending: [],
    recent: [],
    named: seen(namedModule()),
    bundles: seen(BUNDLES),
    ...more,
  };
}

export function namedModule(more: Partial<NamedModule> = {}): NamedModule {
  return {
    name: "shop_notes",
    state: "installed",
    version: "14.0.1.0",
    essential: false,
    dependents: [],
    tables: [{ name: "shop_note", rows: 20 }],
    columns: [],
    ...more,
  };
}

/** A stylesheet or script that is as it should be, handed out for the URL of a bundle. */
export function asset(
  { url, name, bytes }: Bundle,
  more: Partial<AssetAnswer & { answered: true }> = {},
): Asset {
  const kind = name.endsWith(".css") ? "css" : "js";
  return {
    path: url,
    kind,
    answer: {
      answered: true,
      code: 200,
      seconds: 0.02,
      bytes,
      contentType: kind === "css" ? "text/css; charset=utf-8" : "application/javascript; charset=utf-8",
      location: "",
      sha1: "",
      markers: [],
      ...more,
    },
  };
}

/** Odoo's own page for what it does not find. */
export const GONE = { code: 404, bytes: 232, contentType: "text/html; charset=utf-8" };

export const pageAssets = (...assets: readonly Asset[]): PageAssets => ({ assets, elsewhere: [] });
export const GOOD_ASSETS = pageAssets(...BUNDLES.map((each) => asset(each)));

export function filestore(more: Partial<Filestore> = {}): Filestore {
  return {
    database: "odoo",
    path: "/var/lib/odoo/filestore/odoo",
    exists: true,
    readable: true,
    writable: true,
    owner: "101:101 755",
    disk: undefined,
    readOnly: false,
    bundles: BUNDLES.map(({ storedAs, bytes }) => ({ storedAs, state: "good", bytes })),
    others: { looked: 40, missing: 0, unreadable: 0 },
    ...more,
  };
}

export function running(more: Partial<RunningOdoo> = {}): RunningOdoo {
  return {
    user: "101:101",
    options: new Map([["db_host", "db"]]),
    configFile: "/etc/odoo/odoo.conf",
    dataDirectory: "/var/lib/odoo",
    ...more,
  };
}

export function publicProbe(more: Partial<PublicProbe> = {}): PublicProbe {
  return {
    url: "https://shop.example/web/login",
    answer: LOGIN_PAGE,
    headers: { server: "nginx/1.22.1" },
    certificate: {
      names: ["shop.example"],
      expires: NOW + 60 * 86_400_000,
      problem: undefined,
    },
    ...more,
  };
}

export interface Shop extends Partial<Omit<Survey, "containers" | "projects" | "direct" | "proxy">> {
  readonly containers?: readonly Container[];
  readonly projects?: readonly Project[];
  /** What every container that publishes or exposes 8069 answers on it. */
  readonly direct?: Observation<HttpAnswer>;
  /** What else is known of Odoo's own port. */
  readonly probe?: Partial<DirectProbe>;
  readonly proxy?: Observation<HttpAnswer>;
  /** What the login page asks for, at Odoo's own port and through the proxy, wherever it is handed out. */
  readonly page?: PageAssets;
  readonly proxyPage?: PageAssets;
  /** What became of the files, as the running Odoo can use them. */
  readonly files?: Observation<readonly Filestore[]>;
  /** Odoo's log and the database's, with Docker's stamps. */
  readonly log?: string;
  readonly dbLog?: string;
}

/** One look at a shop; healthy but for what is said. */
export function survey(shop: Shop = {}): Survey {
  const {
    containers = [odoo(), db()],
    projects = [project()],
    direct = seen(LOGIN_PAGE),
    probe = {},
    proxy = seen(LOGIN_PAGE),
    page = GOOD_ASSETS,
    proxyPage = page,
    files = seen([filestore()]),
    log = "",
    dbLog = "",
    ...parts
  } = shop;
  return {
    host: seen(host()),
    containers: seen(containers),
    images: seen(
      new Map(
        containers.map(({ imageReference, imageId }): [string, Image] => [
          imageReference,
          { id: imageId, taggedAt: undefined },
        ]),
      ),
    ),
    compose: seen({ generation: "v2", version: "2.29.0" }),
    projects: seen(projects),
    direct: seen(
      containers.flatMap((each): DirectProbe[] => {
        const published = each.publishes.includes("8069/tcp");
        return published || each.exposes.includes("8069/tcp")
          ? [
              {
                containerId: each.id,
                published,
                address: published ? "127.0.0.1:8069" : "172.31.0.2:8069",
                answer: direct,
                listens: undefined,
                inner: undefined,
                ...probe,
              },
            ]
          : [];
      }),
    ),
    directAssets: seen(new Map(isPage(direct) ? containers.filter(hasOdoo).map(({ id }) => [id, page]) : [])),
    proxyAssets: seen(isPage(proxy) ? proxyPage : undefined),
    running: seen(new Map(containers.filter(hasOdoo).map(({ id }) => [id, running()]))),
    filestores: seen(new Map(containers.filter(hasOdoo).map(({ id }) => [id, files]))),
    proxy: proxy.observed ? seen({ door: "http:80", answer: proxy.value }) : proxy,
    logs: seen(new Map(containers.map((each) => [each.id, each.exposes.includes("5432/tcp") ? dbLog : log]))),
    processes: seen(PROCESSES),
    listeners: seen(LISTENERS),
    units: units(),
    memory: seen({ total: 2_014_000, available: 1_100_000, swapTotal: 0, swapFree: 0 }),
    disks: seen([disk("/"), disk("/boot/efi", { inodes: undefined, inodesFree: undefined })]),
    nginx: nginx(UPSTREAMS),
    accessLogs: seen([accessLog([minute(120), minute(60)])]),
    nginxErrors: seen(""),
    databases: seen(
      new Map(
        containers
          .filter(({ exposes, state }) => exposes.includes("5432/tcp") && state === "running")
          .map(({ id }) => [id, seen(activity())]),
      ),
    ),
    settings: seen(new Map([["odoo-ce-odoo-id", [{ name: "db_host", value: "db", line: 4 }]]])),
    history: seen({ files: [], git: [], packages: [], kills: [], gaveUp: [] }),
    others: seen({ containers: [], services: [] }),
    public: undefined,
    clockSkew: 0,
    ...parts,
  };
}

const isPage = (answer: Observation<HttpAnswer>): boolean =>
  answer.observed && answer.value.answered && answer.value.body.includes("oe_login_form");
const hasOdoo = ({ exposes, state }: Container): boolean =>
  exposes.includes("8069/tcp") && state === "running";

export function diagnosisOf(
  shop: Shop = {},
  tried: readonly RemedyName[] = [],
  wishes: Partial<Wishes> = {},
): Diagnosis {
  return diagnose(survey(shop), { ...NO_WISHES, ...wishes }, tried);
}

/** What PostgreSQL in the shop's own container tells, or why it was not observed. */
export function database(what: Observation<DatabaseActivity>): Survey["databases"] {
  return seen(new Map([["odoo-ce-db-id", what]]));
}

export function settings(...all: readonly Setting[]): Survey["settings"] {
  return seen(new Map([["odoo-ce-odoo-id", all]]));
}

/** Lines of a log, each with Docker's stamp: so many seconds ago, and one microsecond between two. */
export function logged(secondsAgo: number, text: string): string {
  return text
    .split("\n")
    .map((line, index) => {
      const [second = ""] = stamp(secondsAgo).split(".");
      return `${second}.${String(index).padStart(9, "0")}Z ${line}`;
    })
    .join("\n");
}

// ---- Any state -------------------------------------------------------------------------------------------------------

const anyAnswer: fc.Arbitrary<HttpAnswer> = fc.oneof(
  fc.constant(LOGIN_PAGE),
  fc.constant(REFUSED),
  fc.constant(TIMED_OUT),
  fc.constant(BROKEN),
  fc.constantFrom(
    BAD_GATEWAY,
    answer({ code: 500, body: "Internal Server Error" }),
    answer({ code: 521, body: "Web server is down" }),
    answer({ code: 303, location: "/web/database/selector", body: "" }),
    answer({ code: 301, location: "http://localhost/web/login", body: "" }),
    answer({ body: "<h1>Welcome to nginx!</h1>" }),
    answer({ body: "" }),
  ),
);

const anyWhy = fc.constantFrom(
  "no answer in time",
  "the probe failed",
  "sh: 1: psql: not found",
  "permission denied while trying to connect to the Docker daemon socket",
  "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?",
);

function maybeUnseen<T>(value: fc.Arbitrary<T>, sight = 9): fc.Arbitrary<Observation<T>> {
  return fc.oneof(
    { weight: sight, arbitrary: value.map(seen) },
    { weight: 1, arbitrary: anyWhy.map(unseen) },
  );
}

/** Mostly as in the healthy shop, so that a single thing that is wrong is not always hidden below another. */
function mostly<T>(usual: T, others: fc.Arbitrary<T>, weight = 3): fc.Arbitrary<T> {
  return fc.oneof({ weight, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: others });
}

const anyTime = fc.constantFrom(ago(5), ago(45), ago(300), ago(4_000), ago(200_000), NOW + 10_000_000);
const anyStamp = fc.constantFrom(stamp(5), stamp(45), stamp(300), stamp(61_199), "0001-01-01T00:00:00Z", "");

function anyContainer(service: string, projectName: string): fc.Arbitrary<Container | undefined> {
  const plain = container(service, { project: projectName });
  const bent = fc
    .record({
      state: mostly(
        "running",
        fc.constantFrom("exited", "created", "dead", "paused", "restarting", "removing"),
        2,
      ),
      health: fc.constantFrom(undefined, undefined, "healthy", "unhealthy", "starting"),
      exitCode: fc.constantFrom(0, 1, 137),
      oomKilled: mostly(false, fc.constant(true)),
      restartCount: mostly(0, fc.constantFrom(1, 2, 7)),
      startedAt: mostly(plain.startedAt, anyStamp, 2),
      createdAt: mostly(plain.createdAt, anyStamp),
      finishedAt: anyStamp,
      configHash: mostly(`${service}-hash`, fc.constantFrom("another", "")),
      imageId: mostly(plain.imageId, fc.constant("sha256:older")),
      memoryLimit: fc.constantFrom(0, 536_870_912),
      publishes: mostly(plain.publishes, fc.constant<readonly string[]>([]), 6),
      pid: mostly(plain.pid, fc.constant(0), 6),
      oneOff: mostly(false, fc.constant(true), 15),
    })
    .map((more) => container(service, { project: projectName, ...more }));
  return fc.oneof(
    { weight: 6, arbitrary: fc.constant(plain) },
    { weight: 6, arbitrary: bent },
    { weight: 1, arbitrary: fc.constant(undefined) },
  );
}

function anyProject(name: string): fc.Arbitrary<{ project: Project; containers: Container[] }> {
  return fc
    .record({
      services: maybeUnseen(mostly<readonly Service[]>([ODOO, DB], fc.constantFrom([ODOO], [DB]), 5)),
      odoo: anyContainer("odoo", name),
      db: anyContainer("db", name),
    })
    .map((one) => ({
      project: project({
        name,
        directory: `/opt/${name}`,
        files: [`/opt/${name}/docker-compose.prod.yml`],
        services: one.services,
      }),
      containers: [one.odoo, one.db].filter((each) => each !== undefined),
    }));
}

const anyCommand = fc.constantFrom(
  "/usr/bin/python3 /usr/bin/odoo -d odoo -u shop_notes --no-http --stop-after-init --db_host db",
  "/usr/lib/postgresql/15/bin/pg_restore -U odoo --no-owner -d restored",
  "/usr/libexec/docker/cli-plugins/docker-compose compose -f docker-compose.prod.yml pull odoo",
  "/usr/bin/dpkg --status-fd 20 --no-triggers --unpack --auto-deconfigure nginx_1.22.deb",
  "docker compose logs -f",
  "vim /opt/odoo-ce/docker-compose.prod.yml",
  "",
);

const anyProcesses: fc.Arbitrary<readonly Process[]> = fc
  .record({
    stopped: mostly(false, fc.boolean()),
    more: fc.array(
      fc.record({
        command: anyCommand,
        seconds: fc.constantFrom(0, 2, 700),
        parent: fc.constantFrom(1, 20_737),
      }),
      { maxLength: 2 },
    ),
  })
  .map(({ stopped, more }) => [
    ...PROCESSES.map((each) => (stopped && each.pid === 20_737 ? { ...each, state: "Tsl" } : each)),
    ...more.map(({ command, ...rest }, index) => process(command, { pid: 30_000 + index, ...rest })),
  ]);

const anyListeners: fc.Arbitrary<readonly Listener[]> = fc.subarray([
  ...LISTENERS,
  listener(80, "docker-proxy"),
  listener(80, "caddy"),
]);

const anyUnit: fc.Arbitrary<Partial<Unit>> = fc.record({
  load: fc.constantFrom("loaded", "not-found", "masked"),
  active: fc.constantFrom("active", "inactive", "failed", "activating"),
  result: fc.constantFrom("success", "exit-code", "signal", "start-limit-hit"),
  downSince: fc.option(anyTime, { nil: undefined }),
});
const anyUnits = fc.record({ nginx: mostly({}, anyUnit, 2), docker: mostly({}, anyUnit, 2) }).map(units);

const anyDisks: fc.Arbitrary<readonly FileSystem[]> = fc.array(
  fc
    .record({
      size: fc.constantFrom(0, 1, 129_024, 81_106_868),
      available: fc.constantFrom(0, 352, 9_000, 54_200_400),
      inodes: fc.constantFrom(undefined, 0, 456, 10_321_920),
      inodesFree: fc.constantFrom(undefined, 0, 5, 9_800_000),
    })
    .map((more) => disk("/", more)),
  { maxLength: 3 },
);

const anyNginx = fc.oneof(
  fc.constant(brokenNginx),
  fc
    .array(
      fc
        .tuple(
          fc.constantFrom(
            "127.0.0.1:8069",
            "127.0.0.1:8079",
            "172.31.0.2:8069",
            "$backend",
            "odoo:8069",
            "unix:/run/odoo.sock",
            "",
          ),
          fc.constantFrom("/", "/shop", "~ ^/web", "~ (", "= /web/login", "@odoo", "/longpolling"),
        )
        .map(([target, location]) => upstream(target, { location })),
      { maxLength: 3 },
    )
    .map(nginx),
);

const anyAccessLogs: fc.Arbitrary<readonly AccessLog[]> = fc.array(
  fc
    .record({
      minutes: fc.array(
        fc.record({
          at: anyTime,
          total: fc.nat(50),
          bad: fc.nat(50),
          flips: mostly(0, fc.nat(3)),
        }),
        { maxLength: 3 },
      ),
      badSince: fc.option(anyTime, { nil: undefined }),
    })
    .map(({ minutes, badSince }) => accessLog(minutes, { badSince })),
  { maxLength: 2 },
);

const anySession: fc.Arbitrary<Session> = fc
  .record({
    pid: fc.constantFrom(21_664, 22_412, 22_833),
    application: fc.constantFrom("", "psql", "pg_restore"),
    address: fc.constantFrom("", "172.31.0.2"),
    state: fc.constantFrom("active", "idle in transaction"),
    seconds: fc.constantFrom(0, 43),
    blockedBy: fc.constantFrom([], [], [22_412], [21_664, 22_412]),
    statement: fc.constantFrom("LOCK TABLE res_users", "COPY public.x (id) FROM stdin", ""),
  })
  .map(session);

const LOCKED_OUT_BY_A_SHELL = [
  session({ blockedBy: [22_412], waits: "Lock" }),
  session({ pid: 22_412, application: "psql", address: "", state: "idle in transaction" }),
];

const anyBundles: fc.Arbitrary<OdooDatabase["bundles"]> = fc.oneof(
  { weight: 4, arbitrary: fc.constant(seen(BUNDLES)) },
  {
    weight: 3,
    arbitrary: fc
      .subarray([...BUNDLES, bundle(300, "web.assets_backend.css"), bundle(301, "web.assets_backend.js")])
      .map((all) => seen(all.map((each) => (each.id === 216 ? { ...each, storedAs: "" } : each)))),
  },
  { weight: 1, arbitrary: fc.constant(unseen("the answer could not be read")) },
);

const anyStoredState = fc.constantFrom("good", "good", "missing", "unreadable", "corrupt");

const anyFilestore: fc.Arbitrary<Filestore> = fc
  .record({
    exists: mostly(true, fc.constant(false)),
    readable: mostly(true, fc.constant(false)),
    writable: mostly(true, fc.constant(false)),
    states: fc.oneof(fc.constant([]), fc.array(anyStoredState, { maxLength: 5 })),
    others: fc.constantFrom(
      { looked: 0, missing: 0, unreadable: 0 },
      { looked: 40, missing: 0, unreadable: 0 },
      { looked: 40, missing: 39, unreadable: 0 },
      { looked: 40, missing: 1, unreadable: 2 },
    ),
  })
  .map(({ states, ...more }) =>
    filestore({
      ...more,
      bundles: filestore().bundles.map((file, at) => ({ ...file, state: states[at] ?? "good" })),
    }),
  );

const anyAsset: fc.Arbitrary<Asset> = fc
  .record({
    of: fc.constantFrom(
      ...BUNDLES,
      bundle(209, "web.assets_frontend.css"),
      bundle(220, "shop_notes.assets.js"),
      { ...bundle(1, "shop.css"), url: "/shop_notes/static/src/css/shop.css" },
    ),
    bent: mostly<Partial<AssetAnswer & { answered: true }>>(
      {},
      fc.constantFrom(
        GONE,
        GONE,
        { ...GONE, code: 500 },
        { code: 303, location: "/web/content/214-1f3a2bc/web.assets_frontend.css" },
        { bytes: 0 },
        { sha1: "f".repeat(40) },
        { contentType: "text/html" },
        { markers: ["/* ## CSS error message ##*/"] },
        { markers: ['console.error("Could not get content for /shop_notes/static/src/js/notes.js"'] },
      ),
      1,
    ),
    silent: mostly(false, fc.constant(true), 20),
  })
  .map(({ of, bent, silent }) => {
    const one = asset(of, bent);
    return silent ? { ...one, answer: TIMED_OUT } : one;
  });

const anyPage: fc.Arbitrary<PageAssets> = fc.oneof(
  { weight: 2, arbitrary: fc.constant(GOOD_ASSETS) },
  {
    weight: 4,
    arbitrary: fc
      .record({
        assets: fc.uniqueArray(anyAsset, { minLength: 1, maxLength: 4, selector: ({ path }) => path }),
        elsewhere: mostly<readonly string[]>(
          [],
          fc.constant(["https://cdn.example/web.assets_frontend.css"]),
        ),
      })
      .map(({ assets, elsewhere }) => ({ assets, elsewhere })),
  },
  { weight: 1, arbitrary: fc.constantFrom(pageAssets(), { assets: [], elsewhere: ["//cdn.example/x.css"] }) },
);

const anyActivity: fc.Arbitrary<Observation<DatabaseActivity>> = fc.oneof(
  fc
    .record({
      recovering: fc.boolean(),
      sessions: fc.oneof(fc.constant(LOCKED_OUT_BY_A_SHELL), fc.array(anySession, { maxLength: 3 })),
      odoo: fc.oneof(
        fc.constantFrom(activity().odoo, [], [...activity().odoo, ...activity().odoo]),
        fc
          .record({
            bundles: anyBundles,
            named: fc.constantFrom(
              undefined,
              unseen("the answer could not be read"),
              seen(undefined),
              seen(namedModule()),
              seen(namedModule()),
              seen(namedModule({ state: "uninstalled" })),
              seen(namedModule({ state: "to upgrade" })),
              seen(namedModule({ essential: true })),
            ),
            pending: fc.constantFrom([], [{ name: "shop_notes", state: "to upgrade" }]),
            recent: fc.array(
              anyTime.map((at) => ({ name: "shop_notes", state: "installed", at })),
              { maxLength: 2 },
            ),
          })
          .map((more) => [odooDatabase("odoo", more)]),
      ),
    })
    .map((more) => seen(activity(more))),
  fc.constantFrom(
    unseen("psql: error: FATAL:  the database system is starting up"),
    unseen("PostgreSQL gave no answer in time"),
    unseen('psql: error: FATAL:  role "postgres" does not exist'),
  ),
);

const LINES = [
  'Database connection failure: FATAL:  password authentication failed for user "odoo"',
  "2024-05-02 02:59:50,109 1 INFO odoo odoo.modules.loading: loading 9 modules... ",
  '2024-05-02 02:59:50,131 1 INFO odoo werkzeug: 127.0.0.1 - - [02/May/2024 02:59:50] "GET /web/login HTTP/1.1" 200 - 195 0.1 0.3',
  "Traceback (most recent call last):",
  '  File "/mnt/extra-addons/shop_notes/models.py", line 3, in <module>',
  "ModuleNotFoundError: No module named 'phonenumbers'",
  "2024-05-02 02:59:51,000 1 WARNING odoo odoo.service.server: Server memory limit (2684354560) reached.",
  "",
];

const anyLog = fc
  .array(fc.tuple(fc.constantFrom(5, 30, 100, 4_000), fc.constantFrom(...LINES)), { maxLength: 6 })
  .map((lines) =>
    lines
      .toSorted(([a], [b]) => b - a)
      .map(([seconds, line]) => logged(seconds, line))
      .join("\n"),
  );

const anyPublic: fc.Arbitrary<PublicProbe> = fc
  .record({
    answer: anyAnswer,
    headers: fc.constantFrom<Readonly<Record<string, string>>>(
      {},
      { "cf-ray": "88a1b2c3", server: "cloudflare" },
      { "cf-ray": "88a1b2c3", "cf-mitigated": "challenge" },
      { via: "1.1 varnish" },
    ),
    certificate: fc.constantFrom(
      undefined,
      { names: ["shop.example"], expires: NOW + 86_400_000, problem: undefined },
      { names: ["shop.example"], expires: ago(60), problem: "it expired on 2024-05-02" },
    ),
  })
  .map(publicProbe);

const anyOtherContainer: fc.Arbitrary<OtherContainer> = fc.constantFrom(
  { name: "shop", image: "odoo:16", status: "Up 3 days", ports: "0.0.0.0:8069->8069/tcp" },
  { name: "proxy", image: "caddy:2", status: "Up 3 days", ports: "0.0.0.0:80->80/tcp" },
  { name: "proxy", image: "traefik:3", status: "Exited (1) 2 minutes ago", ports: "" },
);

const anyHistory = fc.record({
  files: fc.array(
    anyTime.map((at) => ({ at, file: "/opt/odoo-ce/.env" })),
    { maxLength: 1 },
  ),
  git: fc.array(
    anyTime.map((at) => ({ at, directory: "/opt/odoo-ce", commit: "abc1234 a change" })),
    { maxLength: 1 },
  ),
  packages: fc.array(
    anyTime.map((at) => ({ at, what: "nginx was upgraded to 1.22.1" })),
    { maxLength: 1 },
  ),
  kills: fc.array(
    anyTime.map((at) => ({ at, what: "odoo (pid 20737)" })),
    { maxLength: 1 },
  ),
  gaveUp: fc.array(
    anyTime.map((at) => ({
      at,
      step: "01234567-1-boot-check",
      why: "Docker does not answer yet",
      key: "shop-1",
    })),
    { maxLength: 1 },
  ),
});

/** Where a part of the survey failed, and nothing of it is known. */
const PARTS = [
  "host",
  "containers",
  "images",
  "compose",
  "projects",
  "direct",
  "directAssets",
  "proxy",
  "proxyAssets",
  "running",
  "filestores",
  "logs",
  "processes",
  "listeners",
  "units",
  "memory",
  "disks",
  "nginx",
  "accessLogs",
  "nginxErrors",
  "databases",
  "settings",
  "history",
  "others",
  "public",
] as const satisfies readonly (keyof Survey)[];

/** Faults that show in several parts at once, which chance would seldom put together. */
const STORIES: readonly Partial<Survey>[] = [
  {
    containers: unseen("Cannot connect to the Docker daemon at unix:///var/run/docker.sock."),
    units: units({ docker: { active: "failed", result: "signal", downSince: ago(60) } }),
    proxy: seen({ door: "http:80", answer: BAD_GATEWAY }),
  },
  {
    units: units({ nginx: { active: "failed", result: "exit-code", downSince: ago(60) } }),
    listeners: seen([listener(22, "sshd")]),
    proxy: seen({ door: "http:80", answer: REFUSED }),
  },
  {
    nginx: nginx([upstream("127.0.0.1:8079")]),
    proxy: seen({ door: "http:80", answer: BAD_GATEWAY }),
  },
  partsOf({
    containers: [odoo({ state: "restarting", exitCode: 1, restartCount: 7, startedAt: stamp(20) }), db()],
    direct: seen(REFUSED),
    proxy: seen(BAD_GATEWAY),
  }),
  partsOf({
    page: pageAssets(...BUNDLES.map((each) => asset(each, GONE))),
    files: seen([
      filestore({
        bundles: BUNDLES.map(({ storedAs }) => ({ storedAs, state: "missing", bytes: undefined })),
      }),
    ]),
  }),
];

function partsOf(shop: Shop): Partial<Survey> {
  const { containers, projects, direct, directAssets, proxy, proxyAssets, filestores, databases } =
    survey(shop);
  return { containers, projects, direct, directAssets, proxy, proxyAssets, filestores, databases };
}

/** Parts as they are in the healthy shop: with most of them calm, the one that is not is seen for what it is. */
const USUAL = {
  shops: [{ project: project(), containers: [odoo(), db()] }],
  direct: seen(LOGIN_PAGE),
  probe: {},
  proxy: seen(LOGIN_PAGE),
  processes: PROCESSES,
  listeners: LISTENERS,
  units: units(),
  disks: [disk("/")],
  nginx: nginx(UPSTREAMS),
  accessLogs: [],
  activity: seen(activity()),
  log: "",
  page: GOOD_ASSETS,
  proxyPage: GOOD_ASSETS,
  files: seen([filestore()]),
  public: undefined,
};

/** Any look at any host: none, one or two projects, each part in any state, any probe failed. */
export const anySurvey: fc.Arbitrary<Survey> = fc
  .record({
    shops: fc.oneof(
      { weight: 12, arbitrary: fc.tuple(anyProject("odoo-ce")) },
      { weight: 1, arbitrary: fc.tuple(anyProject("odoo-ce"), anyProject("staging")) },
      { weight: 1, arbitrary: fc.constant([]) },
    ),
    direct: mostly<Observation<HttpAnswer>>(seen(LOGIN_PAGE), maybeUnseen(anyAnswer), 1),
    probe: fc.record({
      listens: fc.constantFrom(undefined, [], [8069, 8072], [8079]),
      inner: fc.constantFrom(undefined, LOGIN_PAGE, REFUSED),
    }),
    proxy: mostly<Observation<HttpAnswer>>(seen(LOGIN_PAGE), maybeUnseen(anyAnswer), 1),
    processes: mostly(PROCESSES, anyProcesses),
    listeners: mostly(LISTENERS, anyListeners),
    units: mostly(units(), anyUnits),
    disks: mostly([disk("/")], anyDisks, 8),
    nginx: mostly(nginx(UPSTREAMS), anyNginx),
    accessLogs: mostly<readonly AccessLog[]>([], anyAccessLogs),
    activity: mostly<Observation<DatabaseActivity>>(seen(activity()), anyActivity, 1),
    log: mostly("", anyLog, 2),
    page: anyPage,
    // Mostly the same one that Odoo hands out by itself.
    proxyPage: mostly<PageAssets | undefined>(undefined, anyPage),
    files: maybeUnseen(fc.oneof(fc.constant([]), fc.tuple(anyFilestore), fc.tuple(anyFilestore))),
    setting: fc.constantFrom(
      { name: "db_host", value: "db", line: 4 },
      { name: "http_port", value: "8079", line: 12 },
      { name: "http_interface", value: "127.0.0.1", line: 13 },
      { name: "db_name", value: "odoo", line: 3 },
      { name: "db_name", value: "odoo_core,other", line: 3 },
      { name: "dbfilter", value: "^%d$", line: 5 },
    ),
    history: anyHistory,
    others: fc.record({
      containers: fc.array(anyOtherContainer, { maxLength: 1 }),
      services: fc.array(fc.constantFrom({ unit: "odoo.service", active: "active" }), { maxLength: 1 }),
    }),
    public: mostly<Observation<PublicProbe> | undefined>(undefined, maybeUnseen(anyPublic), 1),
    compose: fc.constantFrom<"v1" | "v2">("v2", "v2", "v2", "v1"),
    clockSkew: fc.constantFrom(undefined, 0, 3_600, -90),
    calm: fc.subarray(Object.keys(USUAL) as (keyof typeof USUAL)[]),
    story: mostly<Partial<Survey>>({}, fc.constantFrom(...STORIES), 6),
    blind: mostly<{ part: (typeof PARTS)[number]; why: string }[]>(
      [],
      fc.uniqueArray(fc.record({ part: fc.constantFrom(...PARTS), why: anyWhy }), {
        minLength: 1,
        maxLength: 3,
        selector: ({ part }) => part,
      }),
      2,
    ),
  })
  .map(({ calm, ...bent }) => {
    const usual: Partial<typeof USUAL> = Object.fromEntries(calm.map((part) => [part, USUAL[part]]));
    return { ...bent, ...usual } as typeof bent;
  })
  .map(
    ({
      shops,
      log,
      activity: told,
      setting,
      compose,
      story,
      blind,
      processes,
      listeners,
      disks,
      proxyPage,
      ...parts
    }) => {
      const containers = shops.flatMap((shop) => shop.containers);
      const full = survey({
        ...parts,
        proxyPage: proxyPage ?? parts.page,
        containers,
        projects: shops.map((shop) => shop.project),
        log,
        processes: seen(processes),
        listeners: seen(listeners),
        disks: seen(disks),
        accessLogs: seen(parts.accessLogs),
        history: seen(parts.history),
        others: seen(parts.others),
        compose: seen({ generation: compose, version: compose === "v1" ? "1.29.2" : "2.29.0" }),
        databases: seen(
          new Map(
            containers
              .filter(({ service, state }) => service === "db" && state === "running")
              .map(({ id }) => [id, told]),
          ),
        ),
        settings: seen(new Map(containers.map(({ id }) => [id, [setting]]))),
      });
      return { ...full, ...story, ...Object.fromEntries(blind.map(({ part, why }) => [part, unseen(why)])) };
    },
  );
