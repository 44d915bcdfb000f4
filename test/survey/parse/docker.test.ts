// What Docker and Compose tell of containers, images, projects, logs and odoo.conf.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  parseCompose,
  parseContainers,
  parseImages,
  parseLogs,
  parseOthers,
  parseProjects,
  parseSettings,
} from "../../../src/survey/parse/docker.ts";
import { unseen } from "../../../src/survey/survey.ts";
import { part } from "../part.ts";
import { CONFIG, inspected } from "../printed.ts";

const containers = (...all: unknown[]) => parseContainers(JSON.stringify(all));

describe("containers", () => {
  it("of which one makes no sense are none: half a list would be taken for the whole", () => {
    expect(containers(inspected(), { Id: "x" })).toEqual(unseen(expect.stringContaining("unexpected")));
  });

  it("that do not exist are an empty list, which was observed", () => {
    expect(parseContainers("[]\n")).toEqual({ observed: true, value: [] });
  });

  it("that leave out what they may leave out are read all the same", () => {
    const bare = inspected({
      RestartCount: undefined,
      HostConfig: { RestartPolicy: { Name: "" }, PortBindings: null },
    });
    const { Health, Pid, ...State } = bare.State;
    expect([Health.Status, Pid]).toEqual(["unhealthy", 0]);
    const { Entrypoint, Cmd, ...config } = bare.Config;
    expect([Entrypoint, Cmd]).toHaveLength(2);
    const Config = { ...config, Env: null, ExposedPorts: null, Labels: {} };
    expect(containers({ ...bare, State, Config })).toMatchObject({
      observed: true,
      value: [
        {
          health: undefined,
          pid: 0,
          restartCount: 0,
          restartPolicy: "no",
          memoryLimit: 0,
          publishes: [],
          exposes: [],
          databaseHost: "",
          entrypoint: [],
          command: [],
          project: "",
          service: "",
          number: "",
          dependsOn: [],
          configHash: "",
        },
      ],
    });
  });

  it.each([
    [["HOST=db", "PGHOST=other"], "db"],
    [["DB_HOST=db.example.com"], "db.example.com"],
    [["PGHOST=/var/run/postgresql"], "/var/run/postgresql"],
    [["USER=odoo"], ""],
    [["HOST=a=b"], "a=b"],
    [["HOST"], ""],
    [["HOSTNAME=x"], ""],
  ])("whose environment is %j have their database at %j", (Env, host) => {
    const { Config, ...rest } = inspected();
    expect(containers({ ...rest, Config: { ...Config, Env } })).toMatchObject({
      value: [{ databaseHost: host }],
    });
  });

  it("may have an entrypoint that is one word, as the old builder wrote it", () => {
    const { Config, ...rest } = inspected();
    expect(containers({ ...rest, Config: { ...Config, Entrypoint: "/run.sh", Cmd: null } })).toMatchObject({
      value: [{ entrypoint: ["/run.sh"], command: [] }],
    });
  });

  it("made by `compose run` are told apart", () => {
    const { Config, ...rest } = inspected();
    const Labels = { ...Config.Labels, "com.docker.compose.oneoff": "True" };
    expect(containers({ ...rest, Config: { ...Config, Labels } })).toMatchObject({
      value: [{ oneOff: true }],
    });
  });
});

describe("images", () => {
  it("have the time of their last tag in whichever form Docker prints it", () => {
    const at = Date.UTC(2026, 10, 24, 6, 51, 48);
    const forms = [
      ["2026-11-24 06:51:48 +0000 UTC", 0],
      ["2026-11-24 06:51:48.5 +0000 UTC", 500],
      ["2026-11-24 06:51:48.123456789 +0000 UTC", 123],
      ["2026-11-24T06:51:48.123456789Z", 123],
      ["2026-11-24 07:51:48.123456789 +0100 CET", 123],
      ["2026-11-24 12:21:48 +0530 +0530", 0],
    ] as const;
    for (const [form, ms] of forms) {
      expect(parseImages(`a:1\tsha256:1\t${form}\n`).get("a:1"), form).toEqual({
        id: "sha256:1",
        taggedAt: at + ms,
      });
    }
  });

  it.each(["", "0001-01-01 00:00:00 +0000 UTC", "<no value>", "0001-01-01T00:00:00Z", "map[]"])(
    "that were never tagged have no such time: %j",
    (form) => {
      expect(parseImages(`a:1\tsha256:1\t${form}\n`).get("a:1")).toEqual({
        id: "sha256:1",
        taggedAt: undefined,
      });
    },
  );

  it("without an id are not there", () => {
    expect(parseImages("a:1\n\tsha256:1\tx\n\nb:2\t\t\n").size).toBe(0);
  });
});

describe("Compose", () => {
  it.each([
    ["v2 2.29.0\n", "v2", "2.29.0"],
    ["v2 v2.40.3-desktop.1\n", "v2", "2.40.3-desktop.1"],
    ["v1 1.29.2\n", "v1", "1.29.2"],
  ])("prints %j for %s of version %s", (text, generation, version) => {
    expect(parseCompose(text)).toEqual({ observed: true, value: { generation, version } });
  });

  it.each(["", "v2 \n", "v2 docker: 'compose' is not a docker command.\n", "2.29.0\n", "v3 3.0\n"])(
    "that prints %j is not known",
    (text) => {
      expect(parseCompose(text).observed).toBe(false);
    },
  );
});

describe("projects", () => {
  it("whose files Compose refuses are known, and why their services are not", () => {
    const projects = parseProjects([
      part("project", "1", "shop\t/srv/shop\t/srv/shop/compose.yml\t/srv/shop/.env,/srv/b.env\tlabels\n"),
      part("config", "1", ""),
      part("config-why", "1", "\x1b[31myaml: line 3: did not find expected key\x1b[0m\n"),
      part("project", "2", "\t/opt/odoo-ce\t/opt/odoo-ce/docker-compose.prod.yml\t\tfiles\n"),
      part("config", "2", JSON.stringify(CONFIG)),
      part("hashes", "2", "odoo fedcba\n"),
      part("project", "3", "bare\t/srv/bare\t/srv/bare/compose.yml\t\tlabels\n"),
    ]);
    expect(projects).toMatchObject([
      {
        name: "shop",
        environmentFiles: ["/srv/shop/.env", "/srv/b.env"],
        services: unseen("yaml: line 3: did not find expected key"),
      },
      {
        name: "odoo-ce",
        origin: "files",
        environmentFiles: [],
        services: { observed: true, value: [{ configHash: "fedcba" }, { configHash: undefined }] },
      },
      { name: "bare", services: unseen("docker compose config printed nothing usable") },
    ]);
  });

  it("whose configuration was cut off by a bound are not known by halves", () => {
    const config = JSON.stringify(CONFIG).slice(0, -30);
    const [project] = parseProjects([
      part("project", "1", "a\t/a\t/a/c.yml\t\tlabels"),
      part("config", "1", config),
    ]);
    expect(project?.services.observed).toBe(false);
  });

  it("expose ports that are written as numbers, as text, or with a protocol", () => {
    const config = {
      name: "a",
      services: { odoo: { expose: [8069, "8072", "8073/tcp"], ports: null }, db: {} },
    };
    const [project] = parseProjects([
      part("project", "1", "a\t/a\t/a/c.yml\t\tlabels"),
      part("config", "1", JSON.stringify(config)),
    ]);
    expect(project?.services).toMatchObject({
      value: [
        { exposes: [8069, 8072, 8073], publishes: [], image: undefined },
        { exposes: [], publishes: [] },
      ],
    });
  });

  it("have the places of their keys, whatever is in the path or the line", () => {
    const [project] = parseProjects([
      part("project", "1", "a\t/a b\t/a b/c.yml\t\tlabels"),
      part("outline", "1", "/a b/c.yml:12:  odoo: # see: 3:4\nno line\n/a b/c.yml:x:y\n"),
    ]);
    expect(project?.outline).toEqual([{ file: "/a b/c.yml", line: 12, text: "  odoo: # see: 3:4" }]);
  });
});

describe("logs", () => {
  it("are by container, without what terminals obey, and an empty one is there", () => {
    const logs = parseLogs([part("log", "a", "\x1b[2Kone\r\n"), part("log", "b", "")]);
    expect(logs).toEqual(
      new Map([
        ["a", "one\n"],
        ["b", ""],
      ]),
    );
  });
});

describe("the settings of odoo.conf", () => {
  it("are read with their lines, whatever spaces they have", () => {
    const body =
      "3:db_name=odoo\n4: dbfilter  =  ^%d$ \n5:limit_time_real = \nno number\n6:\u0000workers = 4\n";
    expect(parseSettings([part("conf", "a", body)])).toEqual(
      new Map([
        [
          "a",
          [
            { name: "db_name", value: "odoo", line: 3 },
            { name: "dbfilter", value: "^%d$", line: 4 },
            { name: "limit_time_real", value: "", line: 5 },
            { name: "workers", value: "4", line: 6 },
          ],
        ],
      ]),
    );
  });

  it("of a container without the file are none", () => {
    expect(parseSettings([part("conf", "a", "")])).toEqual(new Map([["a", []]]));
  });
});

describe("what Compose did not make", () => {
  it("are the containers without a project, and the services of the system", () => {
    const found = parseOthers([
      part("containers", "", "shop-odoo-1\todoo:14\tUp\t\tshop\nodoo\todoo:14\tExited (1)\t\t\n"),
      part(
        "services",
        "",
        "  odoo.service loaded active running Odoo\ncaddy.service  loaded failed failed Caddy\n",
      ),
    ]);
    expect(found).toEqual({
      containers: [{ name: "odoo", image: "odoo:14", status: "Exited (1)", ports: "" }],
      services: [
        { unit: "odoo.service", active: "active" },
        { unit: "caddy.service", active: "failed" },
      ],
    });
  });

  it("never holds a container of a project, whatever its other columns are", () => {
    const column = fc.string().map((text) => text.replaceAll(/[\t\r\n\s]/g, "_").replaceAll(/\p{Cc}/gu, "_"));
    fc.assert(
      fc.property(column, column, column, column, fc.constantFrom("shop", ""), (a, b, c, d, project) => {
        fc.pre(a !== "");
        const { containers: found } = parseOthers([
          part("containers", "", `${[a, b, c, d, project].join("\t")}\n`),
        ]);
        expect(found).toHaveLength(project === "" ? 1 : 0);
      }),
    );
  });
});
