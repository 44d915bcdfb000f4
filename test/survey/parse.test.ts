// What survey.sh prints is read once, at the edge. The text comes from a real sh through the real frame; rubbish in one
// probe makes that probe not observed, and takes nothing from the others.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type HostSurvey, parseSurvey } from "../../src/survey/parse/index.ts";
import { namesIn, secretsIn } from "../../src/survey/secrets.ts";
import { seen, unseen } from "../../src/survey/survey.ts";
import { CONFIG, inspected, PAGE, PARTS, type Part, PROBES, printed, probeOf, whole } from "./printed.ts";

const look = async (replace: Partial<Record<keyof HostSurvey, readonly Part[]>> = {}): Promise<HostSurvey> =>
  await parseSurvey(await printed(whole(replace)));

const answered = {
  answered: true,
  code: 200,
  seconds: 0.123,
  bytes: 51,
  contentType: "text/html",
  location: "",
  body: PAGE,
} as const;

describe("a survey", () => {
  it("is read from what a host printed", async () => {
    const expected: HostSurvey = {
      host: seen({
        user: "deploy",
        privilege: "sudo",
        name: "droplet",
        system: "Linux",
        bootId: "b-o-o-t",
        uptimeSeconds: 12_345,
        epoch: 1_714_557_600,
        zoneMinutes: 120,
        load: [0.1, 0.2, 0.3],
        processors: 2,
      }),
      containers: seen([
        {
          id: "abc123",
          name: "odoo-ce-odoo-1",
          project: "odoo-ce",
          service: "odoo",
          number: "1",
          dependsOn: [
            { service: "db", condition: "service_healthy" },
            { service: "cache", condition: "service_started" },
          ],
          oneOff: false,
          state: "exited",
          health: "unhealthy",
          exitCode: 137,
          oomKilled: true,
          error: "failed to create task",
          restartCount: 2,
          pid: 0,
          createdAt: "2024-05-01T10:00:00Z",
          startedAt: "2024-05-01T10:00:01Z",
          finishedAt: "2024-05-01T11:00:00Z",
          imageId: "sha256:0123",
          imageReference: "odoo:14",
          restartPolicy: "unless-stopped",
          memoryLimit: 1_073_741_824,
          configHash: "fedcba",
          publishes: ["8069/tcp"],
          exposes: ["8069/tcp", "8072/tcp"],
          databaseHost: "db",
          entrypoint: ["/entrypoint.sh"],
          command: ["odoo", "--workers=2"],
        },
      ]),
      images: seen(
        new Map([
          ["odoo:14", { id: "sha256:0123", taggedAt: Date.UTC(2024, 4, 1, 9, 59, 0, 123) }],
          ["postgres:13", { id: "sha256:4567", taggedAt: undefined }],
        ]),
      ),
      compose: seen({ generation: "v2", version: "2.29.0" }),
      projects: seen([
        {
          name: "odoo-ce",
          directory: "/opt/odoo-ce",
          files: ["/opt/odoo-ce/a.yml", "/opt/odoo-ce/b.yml"],
          environmentFiles: [],
          origin: "labels",
          outline: [
            { file: "/opt/odoo-ce/a.yml", line: 1, text: "services:" },
            { file: "/opt/odoo-ce/a.yml", line: 2, text: "  odoo:" },
          ],
          services: seen([
            {
              name: "odoo",
              image: "odoo:14",
              publishes: [8069],
              exposes: [8072],
              dependsOn: [{ service: "db", condition: "service_healthy" }],
              configHash: "fedcba",
            },
            {
              name: "db",
              image: "postgres:13",
              publishes: [],
              exposes: [],
              dependsOn: [],
              configHash: "987654",
            },
          ]),
        },
      ]),
      direct: seen([
        {
          containerId: "abc123",
          published: true,
          address: "127.0.0.1:8069",
          answer: seen(answered),
          listens: undefined,
          inner: undefined,
        },
      ]),
      proxy: seen({ door: "https:443", answer: answered }),
      logs: seen(new Map([["abc123", "2024-05-01T10:00:00Z ERROR hello\nnext\n"]])),
      processes: seen([
        { pid: 1, parent: 0, state: "Ss", seconds: 93_784, command: "/sbin/init" },
        { pid: 612, parent: 1, state: "T", seconds: 306, command: "odoo -c x" },
      ]),
      listeners: seen([
        { address: "0.0.0.0", port: 80, program: "nginx" },
        { address: "[::]", port: 22, program: "" },
      ]),
      units: seen(
        new Map([
          [
            "nginx.service",
            {
              load: "loaded",
              active: "failed",
              result: "exit-code",
              downSince: Date.UTC(2024, 4, 1, 9, 30),
              upSince: Date.UTC(2024, 4, 1, 8),
            },
          ],
          [
            "docker.service",
            { load: "loaded", active: "active", result: "success", downSince: undefined, upSince: undefined },
          ],
        ]),
      ),
      memory: seen({ total: 1_000_000, available: 400_000, swapTotal: 200_000, swapFree: 50_000 }),
      disks: seen([
        { mount: "/", size: 25_000_000, available: 5_000_000, inodes: 3_200_000, inodesFree: 3_100_000 },
      ]),
      nginx: seen({
        valid: true,
        said: expect.stringContaining("syntax is ok"),
        upstreams: [
          {
            target: "127.0.0.1:8069",
            at: {
              file: "/etc/nginx/nginx.conf",
              line: 2,
              text: "upstream odoo { server 127.0.0.1:8069; }",
            },
            serverNames: ["erp.example.com"],
            location: "/",
          },
        ],
      }),
      accessLogs: seen([
        {
          file: "/var/log/nginx/access.log",
          badSince: Date.UTC(2024, 4, 1, 10, 0, 1),
          lastGood: Date.UTC(2024, 4, 1, 9, 59, 50),
          minutes: [
            { at: Date.UTC(2024, 4, 1, 9, 59), total: 5, bad: 0, flips: 0 },
            { at: Date.UTC(2024, 4, 1, 10, 0), total: 3, bad: 2, flips: 1 },
          ],
        },
      ]),
      nginxErrors: seen(
        "# /var/log/nginx/error.log\n2024/05/01 10:00:01 [error] connect() failed (111)\n# journal\n-- No entries --",
      ),
      directAssets: seen(
        new Map([
          [
            "abc123",
            {
              assets: [
                {
                  path: "/web/content/34-6defda1/web.assets_common.css",
                  kind: "css",
                  answer: {
                    answered: true,
                    code: 200,
                    seconds: 0.123,
                    bytes: 51,
                    contentType: "text/css",
                    location: "",
                    sha1: "ae440065ecbb975a7414a51f2efcc50f7b160b8a",
                    markers: ["## CSS error message ##*/ no"],
                  },
                },
                {
                  path: "/a.js",
                  kind: "js",
                  answer: { answered: false, problem: "timed-out", detail: "timed out" },
                },
              ],
              elsewhere: ["https://fonts.example/a.css"],
            },
          ],
        ]),
      ),
      proxyAssets: seen({ assets: [], elsewhere: [] }),
      running: seen(
        new Map([
          [
            "abc123",
            {
              user: "101:101",
              options: new Map([
                ["db_host", "db"],
                ["workers", "2"],
              ]),
              configFile: "/etc/odoo/odoo.conf",
              dataDirectory: "/var/lib/odoo",
            },
          ],
        ]),
      ),
      filestores: seen(
        new Map([
          [
            "abc123",
            seen([
              {
                database: "odoo",
                path: "/var/lib/odoo/filestore/odoo",
                exists: true,
                readable: true,
                writable: false,
                owner: "0:0 755",
                disk: {
                  mount: "/var/lib/odoo/filestore",
                  size: 18_791,
                  available: 91,
                  inodes: 4_864,
                  inodesFree: 4_700,
                },
                readOnly: true,
                bundles: [
                  { storedAs: "ae/ae440065ecbb975a7414a51f2efcc50f7b160b8a", state: "good", bytes: 155_258 },
                  {
                    storedAs: "54/54aeacca5cfd7c30beacbc7fc7f911f433b41047",
                    state: "missing",
                    bytes: undefined,
                  },
                ],
                others: { looked: 40, missing: 2, unreadable: 1 },
              },
            ]),
          ],
        ]),
      ),
      databases: seen(
        new Map([
          [
            "dbc456",
            seen({
              version: "13.16",
              recovering: false,
              connections: 7,
              mostConnections: 100,
              sessions: [
                {
                  pid: 42,
                  database: "odoo",
                  application: "odoo-1",
                  address: "",
                  state: "active",
                  waits: "Lock",
                  seconds: 61.5,
                  blockedBy: [43],
                  statement: "update res_users set name = ?",
                },
              ],
              odoo: [
                {
                  name: "odoo",
                  installed: 31,
                  pending: [{ name: "sale", state: "to upgrade" }],
                  recent: [{ name: "shop_notes", state: "installed", at: 1_714_550_000_000 }],
                  odooVersion: "14.0",
                  named: seen({
                    name: "shop_notes",
                    state: "installed",
                    version: "14.0.1.0",
                    essential: false,
                    dependents: ["shop_invoices"],
                    tables: [{ name: "shop_note", rows: 20 }],
                    columns: [],
                  }),
                  bundles: seen([
                    {
                      id: 34,
                      name: "web.assets_common.css",
                      url: "/web/content/34-6defda1/web.assets_common.css",
                      storedAs: "ae/ae440065ecbb975a7414a51f2efcc50f7b160b8a",
                      bytes: 155_258,
                      at: 1_714_550_000_000,
                    },
                    {
                      id: 33,
                      name: "web.assets_backend.js",
                      url: "/web/content/33-0000000/web.assets_backend.js",
                      storedAs: "",
                      bytes: 5,
                      at: 0,
                    },
                  ]),
                },
              ],
            }),
          ],
        ]),
      ),
      settings: seen(
        new Map([
          [
            "abc123",
            [
              { name: "db_name", value: "odoo", line: 2 },
              { name: "workers", value: "2", line: 7 },
            ],
          ],
        ]),
      ),
      history: seen({
        files: [{ at: 1_714_550_000_000, file: "/opt/odoo-ce/.env" }],
        git: [{ at: 1_714_540_000_000, directory: "/opt/odoo-ce", commit: "abc1234 Raise the workers" }],
        // The log has no zone of its own: it is the host's, two hours ahead.
        packages: [
          { at: Date.UTC(2024, 4, 1, 9, 50), what: "docker-ce 5:26.0 upgraded to 5:26.1" },
          { at: Date.UTC(2024, 4, 1, 9, 51), what: "htop 3.2 installed" },
        ],
        kills: [{ at: 1_714_557_000_000, what: "Out of memory: Killed process 612 (odoo)" }],
        gaveUp: [
          {
            at: Date.UTC(2024, 4, 1, 9),
            step: "01234567-1-boot-check",
            why: "Docker does not answer yet",
            key: "shop-1234abcd",
          },
        ],
      }),
      others: seen({
        containers: [
          { name: "traefik", image: "traefik:v3", status: "Up 2 days", ports: "0.0.0.0:80->80/tcp" },
        ],
        services: [{ unit: "odoo.service", active: "active" }],
      }),
    };
    expect(await look()).toEqual(expected);
  });

  /** What else hangs on the probe of a part: the times in the history, what Odoo's container tells of its files. */
  const alsoGone = (part: keyof HostSurvey, survey: HostSurvey): Partial<HostSurvey> =>
    part === "host"
      ? { history: survey.history }
      : part === "running"
        ? { filestores: survey.filestores }
        : {};

  it.each(PARTS)("without the probe of `%s` has all the others", async (missing) => {
    const full = await look();
    const survey = await look({ [missing]: [] });
    expect(survey[missing]).toEqual(unseen("the probe did not run"));
    const rest = { ...full, ...alsoGone(missing, survey) };
    expect({ ...survey, [missing]: full[missing] }).toEqual(rest);
  });

  it.each([
    [124, "", "no answer in time"],
    [137, "", "no answer in time"],
    [127, "sh: 1: docker: not found", "sh: 1: docker: not found"],
    [127, "", "a program is not installed"],
    [1, "Cannot connect to the Docker daemon", "Cannot connect to the Docker daemon"],
    [1, "\x1b[31mCannot\x1b[0m connect\n", "Cannot connect"],
    [1, "", "the probe failed with status 1"],
    [125, "", "the probe failed with status 125"],
  ])(
    "whose probe ended with %i and said %j has that reason, and all the others",
    async (status, said, why) => {
      const full = await look();
      for (const part of PARTS) {
        // With all that it would have printed when it is well: a status that is not 0 is believed first.
        const [, ...sections] = PROBES[part];
        const failed: Part[] = [
          [`probe ${probeOf(part)} ${status}`, String(PROBES[part][0]?.[1])],
          ...sections,
          ...(said ? [[`why ${probeOf(part)}`, said] as const] : []),
        ];
        const survey = await look({ [part]: failed });
        expect(survey[part], part).toEqual(unseen(why));
        const rest = { ...full, ...alsoGone(part, survey) };
        expect({ ...survey, [part]: full[part] }).toEqual(rest);
      }
    },
  );

  const rubbish = [
    "",
    "{",
    "null",
    "[]]",
    "[1]",
    '[{"Id":1}]',
    '{"a":1}',
    "\xff\xfe",
    "\n\n\n",
    "=\n==\n",
    "Segmentation fault",
    "<html><body>It works!</body></html>",
    "x".repeat(10_000),
  ];

  it.each([
    "host",
    "containers",
    "compose",
    "proxy",
    "processes",
    "listeners",
    "units",
    "memory",
    "disks",
    "nginx",
    "accessLogs",
  ] as const)(
    "with rubbish from the probe of `%s` did not observe it, and has all the others",
    async (part) => {
      const full = await look();
      for (const text of rubbish) {
        const bytes = Buffer.from(text, "latin1");
        for (const sections of [
          [[`probe ${probeOf(part)} 0`, bytes]] as const,
          // And where the probe's sections are, but nothing usable in them.
          [
            [`probe ${probeOf(part)} 0`, ""] as const,
            ...PROBES[part].slice(1).map(([name]) => [name.replace("test 0", "test 1"), bytes] as const),
          ],
        ] satisfies Part[][]) {
          if (sections.length === 1 && sections[0]?.[1] === "") continue;
          const survey = await look({ [part]: sections });
          expect(survey[part], JSON.stringify(text)).toEqual(unseen(expect.stringMatching(/./)));
          const rest = { ...full, ...alsoGone(part, survey) };
          expect({ ...survey, [part]: full[part] }).toEqual(rest);
        }
      }
    },
  );

  it("whose output was cut says so of what is missing, and keeps what came before", async () => {
    const survey = await parseSurvey(
      await printed(whole({ images: [["probe images 0", "x".repeat(100_000)]] }), 20_000),
    );
    expect(survey.host.observed).toBe(true);
    expect(survey.containers.observed).toBe(true);
    expect(survey.proxy).toEqual(unseen("the host printed too much"));
  });

  it("is read without a throw, whatever a host prints in whatever sections", async () => {
    const name = fc.oneof(
      fc.constantFrom(
        ...whole().map(([each]) => each),
        "probe",
        "probe host",
        "probe host x",
        "why",
        "",
        "direct",
        "log",
        "sockets abc123",
        "inner abc123",
      ),
      fc.stringMatching(/^[a-z0-9 ]{0,30}$/),
    );
    const body = fc.oneof(
      fc.constantFrom(...whole().map(([, each]) => each), ...rubbish),
      fc.uint8Array({ maxLength: 200 }),
      fc.json(),
    );
    const before = await look();
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(name, body), { maxLength: 15 }), async (parts) => {
        const result = await printed(parts.filter(([each]) => !each.includes("'")));
        for (const survey of [await parseSurvey(result), await parseSurvey(result, before)]) {
          expect(Object.keys(survey).toSorted()).toEqual([...PARTS, "filestores"].toSorted());
          for (const part of Object.values(survey)) {
            expect(typeof part.observed).toBe("boolean");
            if (!part.observed) expect(part.why).not.toBe("");
          }
        }
        secretsIn(result);
        namesIn(result);
      }),
      { numRuns: 150 },
    );
  });
});

it("names of services, projects, users and databases are told apart from secrets", async () => {
  const result = await printed(whole());
  expect(secretsIn(result)).toContain("a secret = value");
  expect(namesIn(result)).toEqual(expect.arrayContaining(["odoo", "db"]));
  expect(namesIn(result)).not.toContain("a secret = value");
});

describe("a vital look", () => {
  /** What survey.sh asks when LOOK is `vital`. */
  const VITAL = [
    "host",
    "proxy",
    "processes",
    "listeners",
    "units",
    "containers",
    "projects",
    "direct",
    "directAssets",
    "proxyAssets",
    "logs",
    "databases",
  ] as const satisfies readonly (keyof HostSurvey)[];
  const vital = (replace: Partial<Record<keyof HostSurvey, readonly Part[]>> = {}) =>
    printed(
      VITAL.flatMap((part) => replace[part] ?? PROBES[part]).filter(
        ([name]) => !/^(?:hashes|outline) /.test(name),
      ),
    );

  it("takes what it did not ask for from the whole look before it", async () => {
    const before = await look();
    expect(await parseSurvey(await vital(), before)).toEqual(before);
  });

  it("without a look before it has the rest not observed, and nothing of it good", async () => {
    const survey = await parseSurvey(await vital());
    for (const part of PARTS) {
      expect(survey[part].observed, part).toBe((VITAL as readonly string[]).includes(part));
    }
  });

  it("never takes what it did ask for from before: a probe that failed now is not observed now", async () => {
    const before = await look();
    for (const part of VITAL) {
      const failed = await parseSurvey(await vital({ [part]: [[`probe ${probeOf(part)} 1`, ""]] }), before);
      expect(failed[part], part).toEqual(unseen("the probe failed with status 1"));
      const gone = await parseSurvey(await vital({ [part]: [] }), before);
      expect(gone[part], part).toEqual(unseen("the probe did not run"));
    }
  });

  it("keeps a service's hash only for the same project in the same directory", async () => {
    const before = await look();
    const elsewhere: Part[] = [
      ["probe projects 0", ""],
      ["project 1", "odoo-ce\t/srv/copy\t/srv/copy/a.yml\t\tlabels\n"],
      ["config 1", JSON.stringify(CONFIG)],
    ];
    const survey = await parseSurvey(await vital({ projects: elsewhere }), before);
    expect(survey.projects).toMatchObject({
      value: [{ outline: [], services: { value: [{ configHash: undefined }, { configHash: undefined }] } }],
    });
  });

  it("that cannot read the compose files any more says so, whatever was there before", async () => {
    const before = await look();
    const broken: Part[] = [
      ["probe projects 0", ""],
      ["project 1", "odoo-ce\t/opt/odoo-ce\t/opt/odoo-ce/a.yml\t\tlabels\n"],
      ["config 1", ""],
      ["config-why 1", "yaml: line 3: did not find expected key"],
    ];
    const survey = await parseSurvey(await vital({ projects: broken }), before);
    expect(survey.projects).toMatchObject({
      value: [{ services: { observed: false, why: "yaml: line 3: did not find expected key" } }],
    });
  });

  it("knows the databases' modules from before, and their sessions from now", async () => {
    const before = await look();
    const now = 'activity={"version":"13.16","recovering":true,"connections":1,"most":100,"sessions":[]}\n';
    const databases: Part[] = [
      ["probe database 0", ""],
      ["database dbc456", now],
      ["database new789", now],
    ];
    const survey = await parseSurvey(await vital({ databases }), before);
    const value = survey.databases.observed ? survey.databases.value : new Map();
    expect(value.get("dbc456")).toMatchObject({
      value: { recovering: true, sessions: [], odoo: [{ name: "odoo", installed: 31 }] },
    });
    expect(value.get("new789")).toMatchObject({ value: { odoo: [] } });
  });
});

describe("the secrets in a survey", () => {
  it("are the values of telling names, in containers and in compose files, whole", async () => {
    expect(secretsIn(await printed(whole())).toSorted()).toEqual(["a secret = value", "from the file"]);
  });

  it.each([
    "PASSWORD",
    "DB_PASS",
    "PGPWD",
    "APP_SECRET",
    "GITHUB_TOKEN",
    "API_KEY",
    "AWS_CREDENTIALS",
    "PRIVATE_THING",
    "SENTRY_DSN",
    "odoo_password",
  ])("are found by the name %s", async (name) => {
    const { Config, ...rest } = inspected();
    const container = { ...rest, Config: { ...Config, Env: [`${name}=hunter2=x`, "HOST=db"] } };
    const found = secretsIn(
      await printed(
        whole({ containers: [["probe containers 0", JSON.stringify([container])]], projects: [] }),
      ),
    );
    expect(found).toEqual(["hunter2=x"]);
  });

  it("are found in odoo.conf and environment files, and in addresses; where they are kept is none", async () => {
    const found = secretsIn(
      await printed(
        whole({
          containers: [],
          projects: [
            ["probe projects 0", ""],
            [
              "secrets of project 1",
              "export API_TOKEN='from .env'\nPASSWORD_FILE=/run/secrets/x\nEMPTY_KEY=\n",
            ],
            [
              "secrets of conf aaa",
              "admin_passwd = two words \nnot an assignment: secret\nsome_dsn=a://b:c@d",
            ],
          ],
        }),
      ),
    );
    expect(found).toEqual(["from .env", "two words", "a://b:c@d", "c"]);
  });

  it("are found though the rest of the survey is rubbish", async () => {
    const survey = whole({
      host: [["probe host 0", "\xff"]],
      projects: [
        ["probe projects 0", ""],
        ["config 1", "{"],
      ],
    });
    expect(secretsIn(await printed(survey))).toEqual(["a secret = value"]);
  });
});
