// The whole survey, as it is sent, run by the real sh of this machine on a host whose commands are stand-ins where they
// would need a droplet: docker, nginx, systemctl and the like. Each of them is then made to hang, to fail, to print
// rubbish, or to be missing; the rest must come all the same, and nothing that was not seen may be called good.

import { createHash } from "node:crypto";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { diagnose, isGood } from "../../src/diagnosis/diagnosis.ts";
import { localTransport } from "../../src/host/local.ts";
import type { Transport } from "../../src/host/transport.ts";
import { type Survey, unseen } from "../../src/survey/survey.ts";
import { takeSurvey } from "../../src/survey/take.ts";
import { NO_WISHES } from "../diagnosis/surveys.ts";
import { realClock } from "../support/clocks.ts";
import { openHost, temporaryDirectory } from "../support/hosts.ts";
import { processesWith } from "../support/processes.ts";
import { CONFIG } from "./printed.ts";

/** What of this machine a survey needs; all else that it asks for is a stand-in, or is not there. */
const TOOLS =
  "sh timeout id uname sha1sum cat cut date getconf head tail tr sed grep sort awk mktemp rm mkdir mv cksum ps df tar find sleep test curl git".split(
    " ",
  );

const PAGE = `<html><head>
<link type="text/css" rel="stylesheet" href="/web/assets/1-abc1234/a.css?x=1&amp;y=2"/>
<link rel="icon" href="/favicon.ico"/><link rel='stylesheet' href='https://fonts.example/font.css'>
<script src="/gone.js"></script><script type="text/javascript" data-src="/lazy.js"></script>
</head><form class="oe_login_form" action="/web/login"></form></html>`;

/** What the site hands out beside its login page. */
const FILES: Readonly<Record<string, readonly [type: string, text: string]>> = {
  "/web/login": ["text/html", PAGE],
  "/web/assets/1-abc1234/a.css?x=1&y=2": ["text/css", "body {}\n"],
  "/lazy.js": [
    "application/javascript",
    `console.error("Could not get content for /shop/x.js");${"x".repeat(400)}\nlet css_error_message;\n`,
  ],
};

/** One directory with a host in it: commands in `bin`, and what they answer in `data`. */
class StandInHost {
  readonly path: string;
  constructor(path: string) {
    this.path = path;
  }

  command(name: string, text: string): void {
    const file = join(this.path, "bin", name);
    rmSync(file, { force: true });
    writeFileSync(file, `#!/bin/sh\n${text}\n`);
    chmodSync(file, 0o755);
  }

  data(name: string, text: string): string {
    const file = join(this.path, "data", name);
    writeFileSync(file, text);
    return file;
  }

  /** The way to it: this machine, with nothing on PATH but what lies in `bin`. */
  transport(): Transport {
    const local = localTransport();
    return {
      ...local,
      exec: (command, options) =>
        local.exec(command, {
          ...options,
          stdin: String(options.stdin).replace(/^PATH="\$PATH:.*$/m, `PATH=${join(this.path, "bin")}`),
        }),
    };
  }
}

function container(id: string, service: string, image: string, port: string): unknown {
  return {
    Id: id,
    Name: `/shop-${service}-1`,
    Created: "2024-05-01T10:00:00Z",
    RestartCount: 0,
    Image: `sha256:${service}`,
    State: {
      Status: "running",
      Pid: 0,
      ExitCode: 0,
      OOMKilled: false,
      StartedAt: "2024-05-01T10:00:01Z",
      FinishedAt: "0001-01-01T00:00:00Z",
    },
    HostConfig: {
      RestartPolicy: { Name: "unless-stopped" },
      PortBindings: service === "odoo" ? { [port]: [{}] } : {},
    },
    Config: {
      Image: image,
      Env: ["HOST=db", "PASSWORD=hunter2hunter2"],
      Labels: {
        "com.docker.compose.project": "shop",
        "com.docker.compose.service": service,
        "com.docker.compose.oneoff": "False",
        "com.docker.compose.config-hash": service,
      },
      ExposedPorts: { [port]: {} },
    },
  };
}

let site: http.Server;
let asked: string[] = [];
let port: number;
let home: ReturnType<typeof temporaryDirectory>;
let number = 0;

beforeAll(async () => {
  home = temporaryDirectory();
  site = http.createServer((request, response) => {
    const [type, text] = FILES[request.url ?? ""] ?? ["text/html", "Not Found"];
    const known = text !== "Not Found";
    // As Odoo does: whoever brings no session gets one.
    if (request.headers.cookie !== "session_id=s0")
      response.setHeader("Set-Cookie", "session_id=s0; Path=/; HttpOnly");
    asked.push(`${request.url} ${request.headers.cookie ?? ""}`);
    response.writeHead(known ? 200 : 404, { "Content-Type": type }).end(text);
  });
  await new Promise<void>((resolve) => site.listen(0, "127.0.0.1", resolve));
  port = (site.address() as AddressInfo).port;
});
afterAll(async () => {
  site.closeAllConnections();
  await new Promise((resolve) => site.close(resolve));
  home[Symbol.dispose]();
});

function found(tool: string): string {
  const places = `${process.env.PATH}${delimiter}/usr/bin${delimiter}/bin`.split(delimiter);
  const place = places.map((folder) => join(folder, tool)).find((file) => existsSync(file));
  if (place === undefined) throw new Error(`this machine has no ${tool}`);
  return realpathSync(place);
}

/** A host on which all is well. */
function wellHost(): StandInHost {
  number += 1;
  const host = new StandInHost(join(home.path, `host-${number}`));
  for (const folder of ["bin", "data", "project"]) mkdirSync(join(host.path, folder), { recursive: true });
  for (const tool of TOOLS) symlinkSync(found(tool), join(host.path, "bin", tool));
  host.command("id", "case $1 in -u) echo 0 ;; *) echo root ;; esac");
  const project = join(host.path, "project");
  writeFileSync(join(project, "compose.yml"), "name: shop\nservices:\n  odoo:\n    image: odoo:14\n");
  const config = { ...CONFIG, name: "shop" };
  const access = host.data(
    "access.log",
    '203.0.113.9 - - [24/Nov/2026:02:47:13 +0000] "GET /web HTTP/1.1" 200 512 "-" "Mozilla"\n',
  );
  const errors = host.data("error.log", "2026/11/24 02:47:13 [error] something\n");
  host.data(
    "inspect.json",
    JSON.stringify([
      container("aaa111", "odoo", "odoo:14", "8069/tcp"),
      container("bbb222", "db", "postgres:13", "5432/tcp"),
    ]),
  );
  host.data("config.json", JSON.stringify(config));
  host.data("odoo.conf", "[options]\ndb_name = shop\nadmin_passwd = hunter2hunter2\nworkers = 2\n");
  const activity = { version: "13", recovering: false, connections: 3, most: 100, sessions: [] };
  host.command(
    "psql",
    `case $* in
  *pg_stat_activity*) echo '${JSON.stringify(activity)}' ;;
  *'select datname'*) echo shop ;;
  *json_agg*ir_attachment*) echo '[{"id":1,"name":"a.css","url":"/web/assets/1-abc1234/a.css","storedAs":"ab/abcd","bytes":8,"at":1714550000}]' ;;
  *ir_attachment*) echo cd/cdef ;;
  *) echo '{"installed":3,"pending":[],"recent":[]}' ;;
esac`,
  );
  // Odoo's container: tells what it was given.
  host.command(
    "python3",
    `printf 'user=101:101\\nconfig=/etc/odoo/odoo.conf\\ndata=/var/lib/odoo\\n'
printf 'filestore=shop\\t/var/lib/odoo/filestore/shop\\tTrue\\tTrue\\tTrue\\t101:101 755\\n'
sed -n '/^# data$/,$s/^stored=shop\\t\\(.*\\)/file=shop\\t\\1\\tgood\\t7/p'`,
  );
  host.command(
    "docker",
    `cd ${join(host.path, "data")}
case $* in
  version*) ;;
  'ps --all --quiet'*) printf 'aaa111\\nbbb222\\n' ;;
  'inspect --type container --format'*)
    printf 'aaa111 state running 0\\naaa111 project shop\\nbbb222 project shop\\naaa111 image odoo:14\\naaa111 bound 8069/tcp 127.0.0.1 ${port}\\naaa111 exposed 8069/tcp\\n'
    printf 'bbb222 state running 0\\nbbb222 image postgres:13\\nbbb222 exposed 5432/tcp\\n' ;;
  'inspect --type container'*) cat inspect.json ;;
  'ps --all --filter'*) printf 'shop\\t${project}\\t${project}/compose.yml\\t\\tlabels\\n' ;;
  'compose version --short') echo 2.29.0 ;;
  compose*'config --format json') cat config.json ;;
  compose*'config --hash'*) printf 'odoo odoo\\ndb db\\n' ;;
  'image inspect'*) printf 'sha256:odoo\\t2024-05-01 09:00:00.5 +0000 UTC\\n' ;;
  logs*) echo "2024-05-01T10:00:02.000000000Z 2024-05-01 10:00:02,000 1 INFO ? odoo.service.server: HTTP service (werkzeug) running" ;;
  cp*) tar -cf - odoo.conf ;;
  exec*--user*) shift 5; exec "$@" ;;
  exec*) shift 3; exec "$@" ;;
  'ps --all --format'*) printf 'shop-odoo-1\\todoo:14\\tUp\\t\\tshop\\n' ;;
  *) echo "unknown: $*" >&2; exit 1 ;;
esac`,
  );
  host.command(
    "nginx",
    `case $1 in
  -t) echo 'nginx: configuration file /etc/nginx/nginx.conf test is successful' >&2 ;;
  -T) printf '# configuration file /etc/nginx/nginx.conf:\\nhttp {\\n  access_log ${access};\\n  error_log ${errors};\\n  server { server_name erp.example.com; location / { proxy_pass http://127.0.0.1:${port}; } }\\n}\\n' ;;
esac`,
  );
  host.command(
    "systemctl",
    `case $1 in
  show) printf 'Id=nginx.service\\nLoadState=loaded\\nActiveState=active\\nResult=success\\n\\nId=docker.service\\nLoadState=loaded\\nActiveState=active\\nResult=success\\n' ;;
esac`,
  );
  host.command("ss", `echo 'LISTEN 0 511 127.0.0.1:${port} 0.0.0.0:* users:(("docker-proxy",pid=7,fd=4))'`);
  host.command("journalctl", "echo '-- No entries --'");
  return host;
}

interface Look {
  readonly survey: Survey;
  readonly seconds: number;
  readonly secrets: readonly string[];
}

async function look(
  host: StandInHost,
  more: { readonly directory?: string; readonly transport?: Transport } = {},
): Promise<Look> {
  const opened = await openHost(async () => more.transport ?? host.transport());
  const secrets: string[] = [];
  const began = performance.now();
  const survey = await takeSurvey(
    {
      host: opened.host,
      clock: realClock,
      askPublic: async () => unseen("nobody asked"),
      learn: (each) => secrets.push(...each),
    },
    {
      url: new URL(`http://erp.example.com:${port}`),
      directory: more.directory,
      composeFile: undefined,
      dbUser: undefined,
      module: undefined,
    },
    { logLines: 100 },
  );
  return { survey, seconds: (performance.now() - began) / 1000, secrets };
}

const sha1 = (text: string): string => createHash("sha1").update(text).digest("hex");

const observedParts = (survey: Survey): string[] =>
  Object.entries(survey)
    .filter(([, part]) => part?.observed === true)
    .map(([name]) => name)
    .toSorted();

const ALL = [
  "accessLogs",
  "compose",
  "containers",
  "databases",
  "direct",
  "directAssets",
  "disks",
  "filestores",
  "history",
  "host",
  "images",
  "listeners",
  "logs",
  "memory",
  "nginx",
  "nginxErrors",
  "others",
  "processes",
  "projects",
  "proxy",
  "proxyAssets",
  "running",
  "settings",
  "units",
];

describe("a survey of a host that is well", () => {
  it("observes every part, and what it saw is good", async () => {
    const { survey, seconds, secrets } = await look(wellHost());
    expect(observedParts(survey)).toEqual(ALL);
    expect(survey).toMatchObject({
      host: { value: { user: "root", privilege: "root", system: "Linux" } },
      containers: { value: [{ id: "aaa111" }, { id: "bbb222" }] },
      compose: { value: { generation: "v2", version: "2.29.0" } },
      projects: {
        value: [
          {
            name: "shop",
            services: {
              value: [
                { name: "odoo", configHash: "odoo" },
                { name: "db", configHash: "db" },
              ],
            },
            outline: [{ line: 1 }, { line: 2, text: "services:" }, { line: 3 }, { line: 4 }],
          },
        ],
      },
      direct: { value: [{ published: true, answer: { value: { answered: true, code: 200, body: PAGE } } }] },
      proxy: { value: { door: `http:${port}`, answer: { answered: true, code: 200 } } },
      nginx: { value: { valid: true, upstreams: [{ target: `127.0.0.1:${port}` }] } },
      accessLogs: { value: [{ minutes: [{ total: 1, bad: 0 }] }] },
      nginxErrors: { value: expect.stringContaining("[error] something") },
      clockSkew: 0,
    });
    expect(survey.databases.observed && survey.databases.value.get("bbb222")).toMatchObject({
      value: { connections: 3, odoo: [{ name: "shop", installed: 3 }] },
    });
    const assets = [
      {
        path: "/web/assets/1-abc1234/a.css?x=1&y=2",
        kind: "css",
        answer: {
          answered: true,
          code: 200,
          bytes: 8,
          contentType: "text/css",
          sha1: sha1("body {}\n"),
          markers: [],
        },
      },
      { path: "/gone.js", kind: "js", answer: { answered: true, code: 404 } },
      {
        path: "/lazy.js",
        kind: "js",
        answer: {
          answered: true,
          code: 200,
          markers: [
            expect.stringMatching(/^console\.error\("Could not get content for \/shop\/x\.js"\);x{200,250}$/),
          ],
        },
      },
    ];
    const page = { assets, elsewhere: ["https://fonts.example/font.css"] };
    expect(survey.directAssets.observed && survey.directAssets.value.get("aaa111")).toMatchObject(page);
    expect(survey.proxyAssets).toMatchObject({ value: page });
    expect(survey.running.observed && survey.running.value.get("aaa111")).toMatchObject({
      user: "101:101",
      dataDirectory: "/var/lib/odoo",
    });
    expect(survey.filestores.observed && survey.filestores.value.get("aaa111")).toMatchObject({
      value: [{ database: "shop", writable: true, bundles: [{ storedAs: "cd/cdef", state: "good" }] }],
    });
    // A password of odoo.conf never leaves the host.
    expect(survey.settings.observed && survey.settings.value.get("aaa111")).toEqual([
      { name: "db_name", value: "shop", line: 2 },
      { name: "workers", value: "2", line: 4 },
    ]);
    expect(secrets).toContain("hunter2hunter2");
    const { layers } = diagnose({ ...survey, public: undefined }, NO_WISHES);
    // The page names a script that is not there, and one with an error in it.
    expect(layers.filter(({ state }) => state !== "good").map(({ name }) => name)).toEqual(["assets"]);
    expect(seconds).toBeLessThan(20);
  });

  it("asks for the assets with the session of their page, and so makes no more of them", async () => {
    asked = [];
    await look(wellHost());
    const logins = asked.filter((each) => each.startsWith("/web/login"));
    expect(logins).toEqual(["/web/login ", "/web/login "]);
    const others = asked.filter((each) => !each.startsWith("/web/login"));
    expect(others).toHaveLength(6);
    for (const each of others) expect(each).toMatch(/ session_id=s0$/);
  });

  /** What tells which folders were made. */
  function watchFolders(host: StandInHost): () => readonly string[] {
    const made = host.data("made", "");
    host.command("mktemp", `made=$(${found("mktemp")} "$@") && echo "$made" >>${made} && echo "$made"`);
    return () => readFileSync(made, "utf8").split("\n").filter(Boolean);
  }

  it("leaves nothing behind: no process, and no folder of its own", async () => {
    const host = wellHost();
    const made = watchFolders(host);
    await look(host);
    expect(made()).toHaveLength(1);
    expect(made().filter(existsSync)).toEqual([]);
    expect(processesWith(host.path)).toEqual([]);
  });

  it("leaves nothing behind either when the run was stopped and nobody reads its answer any more", async () => {
    const host = wellHost();
    const made = watchFolders(host);
    const way = host.transport();
    const transport: Transport = {
      ...way,
      exec: (command, options) => way.exec(`${command} | head -c 20`, options),
    };
    await expect(look(host, { transport })).rejects.toThrow();
    expect(made().length).toBeGreaterThan(0);
    await expect.poll(() => made().filter(existsSync), { timeout: 20_000 }).toEqual([]);
    await expect.poll(() => processesWith(host.path), { timeout: 20_000 }).toEqual([]);
  });
});

type Fault = "hangs" | "fails" | "prints rubbish" | "is missing";

function breakIt(host: StandInHost, command: string, fault: Fault): void {
  if (fault === "is missing") rmSync(join(host.path, "bin", command));
  if (fault === "hangs") host.command(command, 'trap "" TERM\nexec /bin/sleep 120');
  if (fault === "fails") host.command(command, 'echo "something is broken" >&2\nexit 1');
  if (fault === "prints rubbish")
    host.command(command, "printf '\\377\\376{\"a\": <html>It works!</html>\\n\\n===\\n'");
}

/** What only Docker tells, or what is found through it. */
const BEHIND_DOCKER = [
  "containers",
  "images",
  "compose",
  "direct",
  "directAssets",
  "logs",
  "databases",
  "settings",
  "running",
  "filestores",
];

/** What nobody can know any more when a command does not do; in one of the ways of not doing, or in any. */
const BLIND: Readonly<Record<string, readonly string[] | Partial<Record<Fault, readonly string[]>>>> = {
  docker: {
    hangs: [...BEHIND_DOCKER, "projects", "others"],
    // An Odoo that is a service of the system is found without Docker too.
    fails: BEHIND_DOCKER,
    "is missing": BEHIND_DOCKER,
    // Ids that are rubbish belong to no container; that there are none is not said.
    "prints rubbish": ["containers", "compose"],
  },
  nginx: ["nginx", "accessLogs"],
  systemctl: ["units"],
  ss: ["listeners"],
  ps: ["processes"],
  df: ["disks"],
  curl: {
    hangs: ["proxy"],
    fails: ["proxy"],
    "prints rubbish": ["proxy"],
    "is missing": ["proxy", "direct"],
  },
  journalctl: [],
  git: [],
  // Where nobody could read which stylesheets there are, there are not none.
  awk: ["accessLogs", "directAssets", "proxyAssets"],
  // The stand-in for `docker cp` makes its archive with it.
  tar: { hangs: ["settings"] },
};
const FAULTS: readonly Fault[] = ["hangs", "fails", "prints rubbish", "is missing"];
const CASES = FAULTS.flatMap((fault) => Object.keys(BLIND).map((command) => [command, fault] as const));

describe("a survey of a host on which", () => {
  const looks = new Map<string, Promise<Look>>();

  // Those that hang only wait, so they all wait at once; of the others two at a time.
  beforeAll(() => {
    for (const [command] of CASES.filter(([, fault]) => fault === "hangs")) {
      const host = wellHost();
      breakIt(host, command, "hangs");
      looks.set(`${command} hangs`, look(host));
    }
    const rest = CASES.filter(([, fault]) => fault !== "hangs");
    let last: Promise<unknown>[] = [Promise.resolve(), Promise.resolve()];
    for (const [index, [command, fault]] of rest.entries()) {
      const host = wellHost();
      breakIt(host, command, fault);
      const taken = (last[index % 2] ?? Promise.resolve()).then(() => look(host));
      last = last.map((each, lane) => (lane === index % 2 ? taken.catch(() => {}) : each));
      looks.set(`${command} ${fault}`, taken);
    }
    for (const taken of looks.values()) taken.catch(() => {});
  });

  it.each(CASES)(
    "%s %s tells all the rest",
    async (command, fault) => {
      const taken = await looks.get(`${command} ${fault}`);
      if (taken === undefined) throw new Error("it was not taken");
      const { survey, seconds } = taken;
      const all = BLIND[command] ?? [];
      const blind = Array.isArray(all)
        ? all
        : ((all as Partial<Record<Fault, readonly string[]>>)[fault] ?? []);
      expect(observedParts(survey)).toEqual(ALL.filter((part) => !blind.includes(part)));
      for (const part of blind) {
        expect(survey[part as "host"], part).toEqual(unseen(expect.stringMatching(/./)));
      }
      if (command === "curl") {
        expect(
          survey.direct.observed ? survey.direct.value.map(({ answer }) => answer.observed) : [false],
        ).toEqual([false]);
      }
      const diagnosis = diagnose({ ...survey, public: undefined }, NO_WISHES);
      // Of what the layers are made of, nothing may be good that was not seen.
      if (command === "docker" || command === "curl") expect(isGood(diagnosis)).toBe(false);
      if (command === "docker") {
        for (const layer of diagnosis.layers.filter(({ name }) => /database|odoo|direct/.test(name)))
          expect(layer.state).not.toBe("good");
      }
      expect(seconds).toBeLessThan(45);
    },
    90_000,
  );

  it.each(["hangs", "fails"] as const)(
    "a command that %s says so as the reason",
    async (fault) => {
      for (const [command, part] of [
        ["docker", "containers"],
        ["systemctl", "units"],
        ["ss", "listeners"],
        ["ps", "processes"],
        ["nginx", "nginx"],
      ] as const) {
        const taken = await looks.get(`${command} ${fault}`);
        expect(taken?.survey[part], command).toEqual(
          unseen(fault === "hangs" ? "no answer in time" : expect.stringContaining("something is broken")),
        );
      }
    },
    90_000,
  );
});

describe("a survey", () => {
  it("of a host without Docker's containers finds the project in the directory that was named", async () => {
    const host = wellHost();
    host.command(
      "docker",
      'case $* in compose*config*json) cat "$(dirname "$0")/../data/config.json" ;; compose*) echo 2.29.0 ;; *) ;; esac',
    );
    symlinkSync(found("dirname"), join(host.path, "bin", "dirname"));
    const project = join(host.path, "project");
    cpSync(join(project, "compose.yml"), join(project, "docker-compose.prod.yml"));
    const { survey } = await look(host, { directory: project });
    expect(survey.containers).toEqual({ observed: true, value: [] });
    expect(survey.projects).toMatchObject({
      value: [
        { name: "shop", directory: project, files: [`${project}/docker-compose.prod.yml`], origin: "files" },
      ],
    });
  });

  it("asks what only Odoo's own container knows when its port does not answer", async () => {
    const host = wellHost();
    const text = `case $* in
  'inspect --type container --format'*) printf 'aaa111 state running ${process.pid}\\naaa111 bound 8069/tcp 127.0.0.1 9\\naaa111 address 127.0.0.1\\n' ;;
  'inspect --type container'*) cat ${host.path}/data/inspect.json ;;
  'ps --all --quiet'*) echo aaa111 ;;
  *) exit 1 ;;
esac`;
    host.command("docker", text);
    const { survey } = await look(host);
    const [direct] = survey.direct.observed ? survey.direct.value : [];
    expect(direct).toMatchObject({
      published: true,
      address: "127.0.0.1:9",
      answer: { value: { answered: false, problem: "refused" } },
      inner: { answered: false, problem: "refused" },
    });
    // The ports of this machine, as /proc tells them: the test's own site is one of them.
    expect(direct?.listens).toContain(port);
  });
});
