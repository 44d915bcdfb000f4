// What survey.sh prints on a host that is well, probe by probe, as text; and a real sh that prints it through the real
// frame, so that a parser reads what would come over the wire.

import type { Host, ProgramResult } from "../../src/host/host.ts";
import type { HostSurvey } from "../../src/survey/parse/index.ts";
import { openHost, program } from "../support/hosts.ts";

/** A section as survey.sh prints it: its opening words, and its body as text or bytes. */
export type Part = readonly [name: string, body: string | Uint8Array];

let host: Promise<Host> | undefined;

/** Has a real sh print the sections; bytes travel as octal escapes. */
export async function printed(parts: readonly Part[], maxOutputBytes = 5_000_000): Promise<ProgramResult> {
  host ??= openHost().then((opened) => opened.host);
  const octal = (body: string | Uint8Array): string =>
    [...Buffer.from(body)].map((byte) => `\\${byte.toString(8).padStart(3, "0")}`).join("");
  const text = parts.map(
    ([name, body]) => `printf '\\n%s section %s\\n' "$FRAME" '${name}'\nprintf '${octal(body)}'`,
  );
  return (await host).run(program([":", ...text].join("\n"), { maxOutputBytes }));
}

/** One container as `docker inspect` tells of it. */
export const inspected = (more: Record<string, unknown> = {}) => ({
  Id: "abc123",
  Name: "/odoo-ce-odoo-1",
  Created: "2024-05-01T10:00:00Z",
  RestartCount: 2,
  Image: "sha256:0123",
  State: {
    Status: "exited",
    Pid: 0,
    ExitCode: 137,
    OOMKilled: true,
    Error: "failed to create task",
    StartedAt: "2024-05-01T10:00:01Z",
    FinishedAt: "2024-05-01T11:00:00Z",
    Health: { Status: "unhealthy", Log: [] },
  },
  HostConfig: {
    RestartPolicy: { Name: "unless-stopped", MaximumRetryCount: 0 },
    PortBindings: { "8069/tcp": [{ HostIp: "127.0.0.1", HostPort: "8069" }] },
    Memory: 1_073_741_824,
  },
  Config: {
    Image: "odoo:14",
    Env: ["HOST=db", "PASSWORD=a secret = value", "USER=odoo", "NO_VALUE"],
    Labels: {
      "com.docker.compose.project": "odoo-ce",
      "com.docker.compose.service": "odoo",
      "com.docker.compose.container-number": "1",
      "com.docker.compose.depends_on": "db:service_healthy:false,cache",
      "com.docker.compose.oneoff": "False",
      "com.docker.compose.config-hash": "fedcba",
    },
    ExposedPorts: { "8069/tcp": {}, "8072/tcp": {} },
    Entrypoint: ["/entrypoint.sh"],
    Cmd: ["odoo", "--workers=2"],
  },
  ...more,
});

/** What `docker compose config --format json` prints. */
export const CONFIG = {
  name: "odoo-ce",
  services: {
    odoo: {
      image: "odoo:14",
      ports: [{ mode: "ingress", target: 8069, published: "8069" }],
      expose: ["8072"],
      depends_on: { db: { condition: "service_healthy", required: true } },
      environment: { PASSWORD: "from the file", HOST: "db" },
    },
    db: { image: "postgres:13", environment: null },
  },
};

export const PAGE = '<form class="oe_login_form">über</form>\n\ncurl=7';
const FACTS =
  "curl=0\nerror=\ncode=200\nseconds=0.123\nbytes=51\ntype=text/html\nlocation=\nconnected=0.001\n";
export const HTTP = `${FACTS}\n${PAGE}`;

const ACTIVITY = {
  version: "13.16",
  recovering: false,
  connections: 7,
  most: 100,
  sessions: [
    {
      pid: 42,
      database: "odoo",
      application: "odoo-1",
      address: null,
      state: "active",
      waits: "Lock",
      seconds: 61.5,
      blockedBy: [43],
      statement: "update res_users set name = ?",
    },
  ],
};
const MODULES = {
  version: "14.0.1.3",
  installed: 31,
  pending: [{ name: "sale", state: "to upgrade" }],
  recent: [{ name: "shop_notes", state: "installed", at: 1_714_550_000 }],
};

const NAMED = {
  name: "shop_notes",
  state: "installed",
  version: "14.0.1.0",
  essential: false,
  dependents: ["shop_invoices"],
  tables: [{ name: "shop_note", rows: 20 }],
  columns: [],
};

const BUNDLES = [
  {
    id: 34,
    name: "web.assets_common.css",
    url: "/web/content/34-6defda1/web.assets_common.css",
    storedAs: "ae/ae440065ecbb975a7414a51f2efcc50f7b160b8a",
    bytes: 155_258,
    at: 1_714_550_000,
  },
  {
    id: 33,
    name: "web.assets_backend.js",
    url: "/web/content/33-0000000/web.assets_backend.js",
    storedAs: null,
    bytes: 5,
    at: null,
  },
];

const NGINX = `# configuration file /etc/nginx/nginx.conf:
http {
    upstream odoo { server 127.0.0.1:8069; }
    server {
        server_name erp.example.com;
        location / { proxy_pass http://odoo; }
    }
}
`;

/** What a look at such a host prints, by the part of the survey that is read from it. */
/** The filestores come from the same probe as the running Odoo. */
type Printed = Exclude<keyof HostSurvey, "filestores">;
export const PROBES: Readonly<Record<Printed, readonly Part[]>> = {
  host: [
    [
      "probe host 0",
      "user=deploy\nprivilege=sudo\nname=droplet\nsystem=Linux\nboot=b-o-o-t\nuptime=12345\nepoch=1714557600\nzone=+0200\nload=0.10 0.20 0.30\nprocessors=2\n",
    ],
  ],
  containers: [["probe containers 0", JSON.stringify([inspected()])]],
  images: [
    [
      "probe images 0",
      "odoo:14\tsha256:0123\t2024-05-01 09:59:00.123456789 +0000 UTC\npostgres:13\tsha256:4567\t0001-01-01 00:00:00 +0000 UTC\n",
    ],
  ],
  compose: [["probe compose 0", "v2 2.29.0\n"]],
  projects: [
    ["probe projects 0", ""],
    ["project 1", "odoo-ce\t/opt/odoo-ce\t/opt/odoo-ce/a.yml,/opt/odoo-ce/b.yml\t\tlabels\n"],
    ["config 1", JSON.stringify(CONFIG)],
    ["config-why 1", ""],
    ["hashes 1", "odoo fedcba\ndb 987654\n"],
    ["outline 1", "/opt/odoo-ce/a.yml:1:services:\n/opt/odoo-ce/a.yml:2:  odoo:\n"],
  ],
  direct: [
    ["probe direct 0", ""],
    ["direct abc123", `published=yes\naddress=127.0.0.1:8069\n${HTTP}`],
  ],
  proxy: [
    ["probe proxy 0", ""],
    ["answer http:80", "curl=7\nerror=curl: (7) Failed to connect\ncode=000\n\n"],
    ["answer https:443", HTTP],
  ],
  directAssets: [
    ["probe direct-assets 0", ""],
    ["page abc123", "elsewhere\thttps://fonts.example/a.css\n"],
    [
      "asset abc123 1",
      `kind=css\npath=/web/content/34-6defda1/web.assets_common.css\n${FACTS.replace("text/html", "text/css")}sha1=ae440065ecbb975a7414a51f2efcc50f7b160b8a\nmarker=## CSS error message ##*/ \x1b[31mno\n`,
    ],
    ["asset abc123 2", "kind=js\npath=/a.js\ncode=000\ncurl=28\nerror=timed out\nsha1=\n"],
  ],
  proxyAssets: [
    ["probe proxy-assets 0", ""],
    ["page proxy", ""],
  ],
  running: [
    ["probe odoo 0", ""],
    [
      "odoo abc123",
      `user=101:101
option db_host=db
option workers=2
config=/etc/odoo/odoo.conf
data=/var/lib/odoo
disk=odoo\t/var/lib/odoo/filestore\t18791\t91\t4864\t4700\tro
filestore=odoo\t/var/lib/odoo/filestore/odoo\tTrue\tTrue\tFalse\t0:0 755
file=odoo\tae/ae440065ecbb975a7414a51f2efcc50f7b160b8a\tgood\t155258
file=odoo\t54/54aeacca5cfd7c30beacbc7fc7f911f433b41047\tmissing\t
file=odoo\t00/0000000000000000000000000000000000000000\tstrange\t1
others=odoo\t40\t2\t1
`,
    ],
  ],
  logs: [
    ["probe logs 0", ""],
    ["log abc123", "\x1b[2K2024-05-01T10:00:00Z \x1b[31mERROR\x1b[0m hello\r\nnext\n"],
  ],
  processes: [
    ["probe processes 0", "    1     0 Ss   1-02:03:04 /sbin/init\n  612     1 T       05:06 odoo -c x\n"],
  ],
  listeners: [
    [
      "probe listeners 0",
      'LISTEN 0      511          0.0.0.0:80        0.0.0.0:*    users:(("nginx",pid=7,fd=6))\nLISTEN 0      128             [::]:22           [::]:*\n',
    ],
  ],
  units: [
    [
      "probe units 0",
      "Id=nginx.service\nLoadState=loaded\nActiveState=failed\nSubState=failed\nResult=exit-code\nActiveEnterTimestamp=Wed 2024-05-01 08:00:00 UTC\nInactiveEnterTimestamp=Wed 2024-05-01 09:30:00 UTC\nNRestarts=0\n\nId=docker.service\nLoadState=loaded\nActiveState=active\nResult=success\nActiveEnterTimestamp=\nInactiveEnterTimestamp=\n",
    ],
  ],
  memory: [
    [
      "probe memory 0",
      "MemTotal:         1000000 kB\nMemAvailable:     400000 kB\nSwapTotal:        200000 kB\nSwapFree:          50000 kB\n",
    ],
  ],
  disks: [
    ["probe disks 0", ""],
    [
      "space",
      "Filesystem     1024-blocks    Used Available Capacity Mounted on\n/dev/vda1          25000000 20000000   5000000      80% /\n",
    ],
    [
      "inodes",
      "Filesystem      Inodes  IUsed   IFree IUse% Mounted on\n/dev/vda1      3200000 100000 3100000    4% /\n",
    ],
  ],
  nginx: [
    ["probe nginx 0", ""],
    [
      "test 0",
      "nginx: the configuration file /etc/nginx/nginx.conf syntax is ok\nnginx: configuration file /etc/nginx/nginx.conf test is successful\n",
    ],
    ["config", NGINX],
  ],
  accessLogs: [
    ["probe access-log 0", ""],
    [
      "access /var/log/nginx/access.log",
      "first=01/May/2024:11:58:00 +0200\nlast=01/May/2024:12:00:30 +0200\nlastgood=01/May/2024:11:59:50 +0200\nfirstbad=01/May/2024:12:00:01 +0200\nlines=9\nknown=8\nminute 01/May/2024:11:59:00 +0200 5 0 0\nminute 01/May/2024:12:00:00 +0200 3 2 1\n",
    ],
  ],
  nginxErrors: [
    ["probe nginx-errors 0", ""],
    ["errors /var/log/nginx/error.log", "2024/05/01 10:00:01 [error] connect() failed (111)\n"],
    ["journal", "-- No entries --\n"],
  ],
  databases: [
    ["probe database 0", ""],
    [
      "database dbc456",
      `activity=${JSON.stringify(ACTIVITY)}\nmodules=odoo\t${JSON.stringify(MODULES)}\nbundles=odoo\t${JSON.stringify(BUNDLES)}\nnamed=odoo\t${JSON.stringify(NAMED)}\nstored=odoo\tab/ab\nmodules=other\t\n`,
    ],
  ],
  settings: [
    ["probe odoo-conf 0", ""],
    ["conf abc123", "2:db_name = odoo\n7:  workers=2  \n"],
  ],
  history: [
    ["probe history 0", ""],
    ["files", "1714550000\t/opt/odoo-ce/.env\n"],
    ["git", "1714540000\t/opt/odoo-ce\tabc1234\tRaise the workers\n"],
    [
      "packages",
      "2024-05-01 11:50:00 upgrade docker-ce:amd64 5:26.0 5:26.1\n2024-05-01 11:51:00 install htop:amd64 <none> 3.2\n",
    ],
    ["kernel", "1714557000.123 droplet kernel: Out of memory: Killed process 612 (odoo)\n"],
    ["gave-up", "shop-1234abcd\t2024-05-01T09:00:00Z 01234567-1-boot-check: Docker does not answer yet\n"],
  ],
  others: [
    ["probe others 0", ""],
    [
      "containers",
      "odoo-ce-odoo-1\todoo:14\tUp 2 hours\t127.0.0.1:8069->8069/tcp\todoo-ce\ntraefik\ttraefik:v3\tUp 2 days\t0.0.0.0:80->80/tcp\t\n",
    ],
    ["services", "odoo.service loaded active running Odoo\n"],
  ],
};

/** The name of the probe from which a part of the survey is read. */
export function probeOf(part: Printed): string {
  const [, name = ""] = PROBES[part][0]?.[0].split(" ") ?? [];
  return name;
}

export const PARTS = Object.keys(PROBES) as Printed[];

export const whole = (replace: Partial<Record<Printed, readonly Part[]>> = {}): Part[] =>
  PARTS.flatMap((name) => replace[name] ?? PROBES[name]);
