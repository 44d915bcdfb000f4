// What survey.sh prints is read once, at the edge. The text comes from a real sh through the real frame; rubbish in one
// probe makes that probe not observed, and takes nothing from the others.

import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import type { Host, ProgramResult } from "../../src/host/host.ts";
import { parseSurvey, plainText, secretsIn } from "../../src/survey/parse.ts";
import type { Survey } from "../../src/survey/survey.ts";
import { openHost, program } from "../support/hosts.ts";

let host: Host;
beforeAll(async () => {
  ({ host } = await openHost());
});

/** A section as survey.sh prints it: its opening words, and its body as text or bytes. */
type Part = readonly [name: string, body: string | Uint8Array];

/** Has a real sh print the sections; bytes travel as octal escapes. */
async function printed(parts: readonly Part[], maxOutputBytes = 5_000_000): Promise<ProgramResult> {
  const octal = (body: string | Uint8Array): string =>
    [...Buffer.from(body)].map((byte) => `\\${byte.toString(8).padStart(3, "0")}`).join("");
  const text = parts.map(
    ([name, body]) => `printf '\\n%s section %s\\n' "$FRAME" '${name}'\nprintf '${octal(body)}'`,
  );
  return host.run(program([":", ...text].join("\n"), { maxOutputBytes }));
}

const inspected = (more: Record<string, unknown> = {}) => ({
  Id: "abc123",
  Name: "/odoo-ce-odoo-1",
  Created: "2024-05-01T10:00:00Z",
  RestartCount: 2,
  Image: "sha256:0123",
  State: {
    Status: "exited",
    ExitCode: 137,
    OOMKilled: true,
    StartedAt: "2024-05-01T10:00:01Z",
    FinishedAt: "2024-05-01T11:00:00Z",
    Health: { Status: "unhealthy", Log: [] },
  },
  HostConfig: {
    RestartPolicy: { Name: "unless-stopped", MaximumRetryCount: 0 },
    PortBindings: { "8069/tcp": [{ HostIp: "127.0.0.1", HostPort: "8069" }] },
  },
  Config: {
    Image: "odoo:14",
    Env: ["HOST=db", "PASSWORD=a secret = value", "USER=odoo", "NO_VALUE"],
    Labels: {
      "com.docker.compose.project": "odoo-ce",
      "com.docker.compose.service": "odoo",
      "com.docker.compose.oneoff": "False",
      "com.docker.compose.config-hash": "fedcba",
    },
    ExposedPorts: { "8069/tcp": {}, "8072/tcp": {} },
  },
  ...more,
});

const CONFIG = {
  name: "odoo-ce",
  services: {
    odoo: {
      image: "odoo:14",
      ports: [{ mode: "ingress", target: 8069, published: "8069" }],
      expose: ["8072"],
      environment: { PASSWORD: "from the file", HOST: "db" },
    },
    db: { image: "postgres:13", environment: null },
  },
};

const PAGE = '<form class="oe_login_form">über</form>\n\ncurl=7';
const HTTP = `curl=0\nerror=\ncode=200\nseconds=0.123\nbytes=51\ntype=text/html\nlocation=\nconnected=0.001\n\n${PAGE}`;

/** What a healthy look prints, by its probes. */
const PROBES: Readonly<Record<keyof Survey, readonly Part[]>> = {
  host: [
    [
      "probe host 0",
      "user=deploy\nprivilege=sudo\nname=droplet\nsystem=Linux\nboot=b-o-o-t\nuptime=12345\nepoch=1714557600\n",
    ],
  ],
  containers: [["probe containers 0", JSON.stringify([inspected()])]],
  images: [["probe images 0", "sha256:0123\todoo:14\nsha256:4567\tpostgres:13\n<none>\n"]],
  compose: [["probe compose 0", "2.29.0\n"]],
  projects: [
    ["probe projects 0", ""],
    ["project 1", "odoo-ce\t/opt/odoo-ce\t/opt/odoo-ce/a.yml,/opt/odoo-ce/b.yml\t\tlabels\n"],
    ["config 1", JSON.stringify(CONFIG)],
    ["config-why 1", ""],
    ["hashes 1", "odoo fedcba\ndb 987654\n"],
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
  logs: [
    ["probe logs 0", ""],
    ["log abc123", "\x1b[2K2024-05-01T10:00:00Z \x1b[31mERROR\x1b[0m hello\r\nnext\n"],
  ],
};
const NAMES = Object.keys(PROBES) as (keyof Survey)[];

const whole = (replace: Partial<Record<keyof Survey, readonly Part[]>> = {}): Part[] =>
  NAMES.flatMap((name) => replace[name] ?? PROBES[name]);
const look = async (replace: Partial<Record<keyof Survey, readonly Part[]>> = {}): Promise<Survey> =>
  parseSurvey(await printed(whole(replace)));

const answered = {
  answered: true,
  code: 200,
  seconds: 0.123,
  bytes: 51,
  contentType: "text/html",
  location: "",
  body: PAGE,
};

describe("a survey", () => {
  it("is read from what a host printed", async () => {
    const survey = await look();
    expect(survey).toEqual({
      host: {
        observed: true,
        value: {
          user: "deploy",
          privilege: "sudo",
          name: "droplet",
          system: "Linux",
          bootId: "b-o-o-t",
          uptimeSeconds: 12_345,
          epoch: 1_714_557_600,
        },
      },
      containers: {
        observed: true,
        value: [
          {
            id: "abc123",
            name: "odoo-ce-odoo-1",
            project: "odoo-ce",
            service: "odoo",
            oneOff: false,
            state: "exited",
            health: "unhealthy",
            exitCode: 137,
            oomKilled: true,
            restartCount: 2,
            createdAt: "2024-05-01T10:00:00Z",
            startedAt: "2024-05-01T10:00:01Z",
            finishedAt: "2024-05-01T11:00:00Z",
            imageId: "sha256:0123",
            imageReference: "odoo:14",
            restartPolicy: "unless-stopped",
            configHash: "fedcba",
            publishes: ["8069/tcp"],
            exposes: ["8069/tcp", "8072/tcp"],
          },
        ],
      },
      images: {
        observed: true,
        value: new Map([
          ["odoo:14", "sha256:0123"],
          ["postgres:13", "sha256:4567"],
        ]),
      },
      compose: { observed: true, value: "2.29.0" },
      projects: {
        observed: true,
        value: [
          {
            name: "odoo-ce",
            directory: "/opt/odoo-ce",
            files: ["/opt/odoo-ce/a.yml", "/opt/odoo-ce/b.yml"],
            environmentFiles: [],
            origin: "labels",
            services: {
              observed: true,
              value: [
                { name: "odoo", image: "odoo:14", publishes: [8069], exposes: [8072], configHash: "fedcba" },
                { name: "db", image: "postgres:13", publishes: [], exposes: [], configHash: "987654" },
              ],
            },
          },
        ],
      },
      direct: {
        observed: true,
        value: [
          {
            containerId: "abc123",
            published: true,
            address: "127.0.0.1:8069",
            answer: { observed: true, value: answered },
          },
        ],
      },
      proxy: { observed: true, value: { door: "https:443", answer: answered } },
      logs: { observed: true, value: new Map([["abc123", "2024-05-01T10:00:00Z ERROR hello\nnext\n"]]) },
    });
  });

  it.each(NAMES)("without the probe `%s` has all the others", async (missing) => {
    const full = await look();
    const survey = await look({ [missing]: [] });
    expect(survey[missing]).toEqual({ observed: false, why: "the probe did not run" });
    expect({ ...survey, [missing]: full[missing] }).toEqual(full);
  });

  it.each([
    [124, "", "no answer in time"],
    [137, "", "no answer in time"],
    [127, "sh: 1: docker: not found", "sh: 1: docker: not found"],
    [127, "", "a program is not installed"],
    [1, "Cannot connect to the Docker daemon", "Cannot connect to the Docker daemon"],
    [1, "", "the probe failed with status 1"],
    [125, "", "the probe failed with status 125"],
  ])(
    "whose probe ended with %i and said %j has that reason, and all the others",
    async (status, said, why) => {
      const full = await look();
      for (const name of NAMES) {
        const failed: Part[] = [
          [`probe ${name} ${status}`, "half an answer"],
          ...(said ? [[`why ${name}`, said] as const] : []),
        ];
        const survey = await look({ [name]: failed });
        expect(survey[name]).toEqual({ observed: false, why });
        expect({ ...survey, [name]: full[name] }).toEqual(full);
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
    "x".repeat(10_000),
  ];

  it.each(["host", "containers", "proxy"] as const)(
    "with rubbish from the probe `%s` did not observe it, and has all the others",
    async (name) => {
      const full = await look();
      for (const text of rubbish) {
        const survey = await look({ [name]: [[`probe ${name} 0`, Buffer.from(text, "latin1")]] });
        expect(survey[name], JSON.stringify(text)).toMatchObject({
          observed: false,
          why: expect.stringMatching(/./),
        });
        expect({ ...survey, [name]: full[name] }).toEqual(full);
      }
    },
  );

  it("with one container that makes no sense has none: half a list would be taken for the whole", async () => {
    const survey = await look({
      containers: [["probe containers 0", JSON.stringify([inspected(), { Id: "x" }])]],
    });
    expect(survey.containers).toMatchObject({ observed: false, why: expect.stringContaining("unexpected") });
  });

  it("with containers that leave out what they may leave out is read all the same", async () => {
    const bare = inspected({
      RestartCount: undefined,
      HostConfig: { RestartPolicy: { Name: "" }, PortBindings: null },
    });
    const { Health, ...State } = bare.State;
    expect(Health).toBeDefined();
    const Config = { ...bare.Config, Env: null, ExposedPorts: null };
    const survey = await look({
      containers: [["probe containers 0", JSON.stringify([{ ...bare, State, Config }])]],
    });
    expect(survey.containers).toMatchObject({
      observed: true,
      value: [{ health: undefined, restartCount: 0, restartPolicy: "no", publishes: [], exposes: [] }],
    });
  });

  it("with compose files that Compose refuses knows the project, and why its services are not known", async () => {
    const survey = await look({
      projects: [
        ["probe projects 0", ""],
        ["project 1", "shop\t/srv/shop\t/srv/shop/compose.yml\t/srv/shop/.env\tlabels\n"],
        ["config 1", ""],
        ["config-why 1", "\x1b[31myaml: line 3: did not find expected key\x1b[0m\n"],
        ["hashes 1", ""],
        ["project 2", "\t/opt/odoo-ce\t/opt/odoo-ce/docker-compose.prod.yml\t\tfiles\n"],
        ["config 2", JSON.stringify(CONFIG)],
        ["hashes 2", "odoo fedcba\n"],
      ],
    });
    expect(survey.projects).toMatchObject({
      observed: true,
      value: [
        {
          name: "shop",
          environmentFiles: ["/srv/shop/.env"],
          services: { observed: false, why: "yaml: line 3: did not find expected key" },
        },
        {
          name: "odoo-ce",
          origin: "files",
          services: { observed: true, value: [{ configHash: "fedcba" }, { configHash: undefined }] },
        },
      ],
    });
  });

  it.each([
    ["7", "refused"],
    ["28", "timed-out"],
    ["52", "broken"],
    ["56", "broken"],
    ["35", "broken"],
  ])("says of curl's exit %s that the answer was %s", async (code, problem) => {
    const survey = await look({
      direct: [
        ["probe direct 0", ""],
        [
          "direct abc123",
          `published=yes\naddress=127.0.0.1:8069\ncurl=${code}\nerror=curl: (${code}) words\n\n`,
        ],
      ],
    });
    expect(survey.direct).toMatchObject({
      observed: true,
      value: [
        { answer: { observed: true, value: { answered: false, problem, detail: `curl: (${code}) words` } } },
      ],
    });
  });

  it("says that curl is missing, not that the site is down", async () => {
    for (const body of ["curl=127\nerror=sh: curl: not found\n\n", ""]) {
      const survey = await look({
        direct: [
          ["probe direct 0", ""],
          ["direct abc123", `published=yes\naddress=127.0.0.1:8069\n${body}`],
        ],
        proxy: [
          ["probe proxy 0", ""],
          ["answer http:80", body],
        ],
      });
      expect(survey.direct).toMatchObject({ observed: true, value: [{ answer: { observed: false } }] });
      expect(survey.proxy).toMatchObject({ observed: false });
    }
  });

  it("does not ask a container without an address", async () => {
    const survey = await look({
      direct: [
        ["probe direct 0", ""],
        ["direct abc123", "published=no\naddress=\n"],
      ],
    });
    expect(survey.direct).toMatchObject({
      value: [{ published: false, answer: { observed: false, why: "the container has no address" } }],
    });
  });

  it("takes a page for a page, even if it looks like our own facts or is no UTF-8", async () => {
    const body = Buffer.concat([
      Buffer.from("curl=7\ncode=500\n\n"),
      Buffer.from([0xff, 0xfe, 0x00]),
      Buffer.from("é"),
    ]);
    const facts = "published=yes\naddress=127.0.0.1:8069\ncurl=0\nerror=\ncode=200\nseconds=0.1\nbytes=9\n\n";
    const survey = await look({
      direct: [
        ["probe direct 0", ""],
        ["direct abc123", Buffer.concat([Buffer.from(facts), body])],
      ],
    });
    expect(survey.direct).toMatchObject({
      value: [
        { answer: { value: { answered: true, code: 200, body: "curl=7\ncode=500\n\n\ufffd\ufffd\0é" } } },
      ],
    });
  });

  it("whose output was cut says so of what is missing, and keeps what came before", async () => {
    const survey = parseSurvey(
      await printed(whole({ images: [["probe images 0", "x".repeat(100_000)]] }), 20_000),
    );
    expect(survey.host.observed).toBe(true);
    expect(survey.containers.observed).toBe(true);
    expect(survey.proxy).toEqual({ observed: false, why: "the host printed too much" });
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
      ),
      fc.stringMatching(/^[a-z0-9 ]{0,30}$/),
    );
    const body = fc.oneof(
      fc.constantFrom(...whole().map(([, each]) => each), ...rubbish),
      fc.uint8Array({ maxLength: 200 }),
      fc.json(),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(name, body), { maxLength: 15 }), async (parts) => {
        const result = await printed(parts.filter(([each]) => !each.includes("'")));
        for (const part of Object.values(parseSurvey(result))) {
          expect(typeof part.observed).toBe("boolean");
          if (!part.observed) expect(part.why).not.toBe("");
        }
        secretsIn(result);
      }),
      { numRuns: 150 },
    );
  });
});

describe("the secrets in a survey", () => {
  it("are the values of telling names, in containers and in compose files, whole", async () => {
    expect(secretsIn(await printed(whole())).toSorted()).toEqual(["a secret = value", "from the file"]);
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

describe("plain text", () => {
  it("has no character that a terminal obeys, and keeps every line", () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.constantFrom(
            "\x1b[2K",
            "\x1b[31m",
            "\x1b]0;title\x07",
            "\r",
            "\x00",
            "\x9b",
            "a",
            "é",
            "\n",
            "\t",
            "🦊",
          ),
        ),
        (pieces) => {
          const text = plainText(pieces.join(""));
          expect(text).not.toMatch(/[^\P{Cc}\n\t]/u);
          expect(text.match(/\n/g)?.length ?? 0).toBe(pieces.filter((piece) => piece === "\n").length);
        },
      ),
    );
    expect(plainText("\x1b[2K2024 \x1b[31mERROR\x1b[0m a\r\nb\tc")).toBe("2024 ERROR a\nb\tc");
  });
});
