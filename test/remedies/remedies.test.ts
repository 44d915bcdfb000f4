// Each remedy's program, run by the real sh: nothing is called when its precheck says no, exactly what it promises when it
// says yes, and what did not work is not called done.

import { spawn, spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { RefusedError } from "../../src/errors.ts";
import { REMEDIES } from "../../src/remedies/index.ts";
import { INEFFECTIVE, UNFIT } from "../../src/remedies/remedy.ts";
import { containerOf, DB_ID, diagnosisOf, ODOO_ID, RemedyHost } from "./support.ts";

const COMPOSE =
  "docker|compose|--file|/opt/my shop/a.yml|--file|/opt/my shop/b's.yml|--env-file|/opt/my shop/.env|--project-name|shop|--project-directory|/opt/my shop|";
const UP = "up|--detach|--no-recreate|--no-build|--pull|never|--no-color|";

const ODOO = `state-${ODOO_ID}`;
const DB = `state-${DB_ID}`;

describe("every remedy", () => {
  it("is registered under its own name, and says what it does", () => {
    for (const [name, remedy] of Object.entries(REMEDIES)) {
      expect(remedy.name).toBe(name);
      expect(remedy.does).toMatch(/^[a-z]+s .*[^.]$/);
    }
  });

  it("that needs a target, or Odoo's container, refuses without one", () => {
    const { target, ...rest } = diagnosisOf();
    expect(target).toBeDefined();
    for (const name of ["start-db", "start-stack", "resume-odoo", "restart-odoo", "boot-check"] as const)
      expect(() => REMEDIES[name].program({ ...rest, target: undefined })).toThrow(RefusedError);
    for (const name of ["resume-odoo", "restart-odoo", "boot-check"] as const)
      expect(() => REMEDIES[name].program(diagnosisOf({ odoo: undefined }))).toThrow(RefusedError);
  });
});

/** What was done, less the question in the container. */
const changes = (host: RemedyHost): string[] => host.calls.filter((call) => !call.startsWith("docker|exec|"));

describe("restart-odoo", () => {
  it.each(["running", "paused"])("restarts the one container by its id when it is %s", (state) => {
    using host = new RemedyHost().says(ODOO, state);
    const { status } = host.run(REMEDIES["restart-odoo"].program(diagnosisOf()));
    expect({ status, calls: changes(host) }).toEqual({
      status: 0,
      calls: [`docker|restart|--time|30|${ODOO_ID}|`],
    });
  });

  it("has less patience with one that answers nothing", () => {
    using host = new RemedyHost().says(ODOO, "running");
    host.run(REMEDIES["restart-odoo"].program(diagnosisOf({}, "odoo-frozen")));
    expect(changes(host)).toEqual([`docker|restart|--time|10|${ODOO_ID}|`]);
  });

  it.each(["exited", "restarting", "created", "dead", "removing"])(
    "does nothing when the container is %s by then",
    (state) => {
      using host = new RemedyHost().says(ODOO, state);
      const { status, output } = host.run(REMEDIES["restart-odoo"].program(diagnosisOf()));
      expect({ status, calls: changes(host) }).toEqual({ status: UNFIT, calls: [] });
      expect(output).toBe(`not done: Odoo's container is ${state}\n`);
    },
  );

  it("does nothing when the container is gone", () => {
    using host = new RemedyHost();
    expect(host.run(REMEDIES["restart-odoo"].program(diagnosisOf())).status).toBe(UNFIT);
    expect(changes(host)).toEqual([]);
  });

  it("says that it did not work when the container does not run afterwards", () => {
    using host = new RemedyHost().says(ODOO, "running").says("on-restart", `echo exited >"$FAKE/${ODOO}"`);
    const { status, output } = host.run(REMEDIES["restart-odoo"].program(diagnosisOf()));
    expect(status).toBe(INEFFECTIVE);
    expect(output).toContain("it did not work: the container was restarted and does not run");
  });

  it("restarts no Odoo of which a new start is known not to come up", () => {
    const words =
      "Odoo's own credentials get no connection to its database: FATAL:  password authentication failed";
    using host = new RemedyHost()
      .says(ODOO, "running")
      .says("on-exec", `cat >/dev/null; echo "unfit ${words}"`);
    const { status, output } = host.run(REMEDIES["restart-odoo"].program(diagnosisOf()));
    expect({ status, calls: changes(host) }).toEqual({ status: UNFIT, calls: [] });
    expect(output).toBe(`not done: a new start of Odoo would not come up: ${words}\n`);
  });

  it("says what could not be looked at, which forbids nothing", () => {
    using host = new RemedyHost().says(ODOO, "running").says("on-exec", "exit 126");
    const { status, output } = host.run(REMEDIES["restart-odoo"].program(diagnosisOf()));
    expect({ status, calls: changes(host).length }).toEqual({ status: 0, calls: 1 });
    expect(output).toContain("not looked at: whether a new start would come up\n");
  });

  it("fails as docker fails", () => {
    using host = new RemedyHost()
      .says(ODOO, "running")
      .says("on-restart", "echo 'Error response from daemon: cannot restart' >&2; exit 1");
    const { status, output } = host.run(REMEDIES["restart-odoo"].program(diagnosisOf()));
    expect({ status, output }).toEqual({
      status: 1,
      output: expect.stringContaining("Error response from daemon: cannot restart\n"),
    });
  });
});

describe("resume-odoo", () => {
  it("unpauses one that is paused, and restarts nothing", () => {
    using host = new RemedyHost().says(ODOO, "paused");
    const { status } = host.run(REMEDIES["resume-odoo"].program(diagnosisOf()));
    expect({ status, calls: host.calls }).toEqual({ status: 0, calls: [`docker|unpause|${ODOO_ID}|`] });
  });

  it.skipIf(spawnSync("ps").error !== undefined)(
    "lets processes that were stopped go on, and no others",
    () => {
      const sleeper = spawn("sleep", ["60"]);
      try {
        using host = new RemedyHost().says(ODOO, "running");
        sleeper.kill("SIGSTOP");
        // As docker top does: what ps says of them now.
        host.command(
          "docker",
          `case $1 in inspect) echo running ;; top) ps -o pid,stat -p ${sleeper.pid},1 ;; *) echo "$*" >>"$FAKE/calls" ;; esac`,
        );
        const { status } = host.run(REMEDIES["resume-odoo"].program(diagnosisOf()));
        expect({ status, calls: host.calls }).toEqual({ status: 0, calls: [] });
        expect(host.run({ text: `ps -o stat= -p ${sleeper.pid}`, values: {} }).output).toMatch(/^[SRD]/);
      } finally {
        sleeper.kill("SIGKILL");
      }
    },
  );

  it("does nothing when none is stopped any more, or the container does not run", () => {
    using host = new RemedyHost().says(ODOO, "running").says("top", "PID STAT\n12 Ssl\n13 Sl");
    expect(host.run(REMEDIES["resume-odoo"].program(diagnosisOf()))).toEqual({
      status: UNFIT,
      output: "not done: no process of Odoo is stopped any more\n",
    });
    host.says(ODOO, "exited");
    expect(host.run(REMEDIES["resume-odoo"].program(diagnosisOf())).status).toBe(UNFIT);
    expect(host.calls).toEqual([]);
  });

  it("says that it did not work when they are still stopped", () => {
    // A process that is not there cannot be let go.
    using host = new RemedyHost().says(ODOO, "running").says("top", "PID STAT\n999999999 T");
    const { status, output } = host.run(REMEDIES["resume-odoo"].program(diagnosisOf()));
    expect(status).toBe(INEFFECTIVE);
    expect(output).toContain("it did not work: its processes are still stopped");
  });
});

describe("start-db", () => {
  it.each([
    ["exited", "start"],
    ["created", "start"],
    ["dead", "start"],
    ["paused", "unpause"],
  ])("of a database that is %s does one `docker %s`", (state, verb) => {
    using host = new RemedyHost().says(DB, state);
    const { status } = host.run(REMEDIES["start-db"].program(diagnosisOf()));
    expect({ status, calls: host.calls }).toEqual({ status: 0, calls: [`docker|${verb}|${DB_ID}|`] });
  });

  it.each(["running", "restarting", "removing"])("leaves one that is %s alone", (state) => {
    using host = new RemedyHost().says(DB, state);
    const { status } = host.run(REMEDIES["start-db"].program(diagnosisOf()));
    expect({ status, calls: host.calls }).toEqual({ status: UNFIT, calls: [] });
  });

  it("makes one where the service has none, and touches no other service", () => {
    using host = new RemedyHost();
    const { status } = host.run(REMEDIES["start-db"].program(diagnosisOf({ db: undefined })));
    expect({ status, calls: host.calls }).toEqual({
      status: 0,
      calls: [`${COMPOSE}${UP}--|db|`],
    });
  });

  it("says that it did not work when it does not run afterwards, and fails as Compose fails", () => {
    using host = new RemedyHost().says(DB, "exited").says("stubborn", "");
    expect(host.run(REMEDIES["start-db"].program(diagnosisOf())).status).toBe(INEFFECTIVE);
    host.says("on-compose", "echo 'no such image' >&2; exit 17");
    expect(host.run(REMEDIES["start-db"].program(diagnosisOf({ db: undefined }))).status).toBe(17);
  });
});

describe("start-stack", () => {
  const stopped = [
    containerOf("odoo", { state: "exited", finishedAt: "2024-05-02T02:00:00Z" }),
    containerOf("db", { state: "exited", finishedAt: "2024-05-02T02:00:00Z" }),
  ];
  const ABSENT = diagnosisOf({ odoo: undefined, containers: [containerOf("db")] });
  const MAKE = `${UP}--no-deps|--|`;
  const hostOf = (odooState: string, dbState: string): RemedyHost =>
    new RemedyHost().says("ps-odoo", ODOO_ID).says("ps-db", DB_ID).says(ODOO, odooState).says(DB, dbState);

  it("starts all of a stack of which nothing runs, by id, the database first", () => {
    using host = hostOf("exited", "exited");
    const { status, output } = host.run(
      REMEDIES["start-stack"].program(diagnosisOf({ containers: stopped })),
    );
    expect({ status, output, calls: host.calls }).toEqual({
      status: 0,
      output: "did: started shop-db-1\ndid: started shop-odoo-1\n",
      calls: [`docker|start|${DB_ID}|`, `docker|start|${ODOO_ID}|`],
    });
  });

  it("starts only Odoo while the rest runs: somebody may have stopped another service on purpose", () => {
    using host = hostOf("exited", "running");
    const mailer = containerOf("mailer", { id: "aa", state: "exited" });
    const containers = [containerOf("odoo", { state: "exited" }), containerOf("db"), mailer];
    expect(host.run(REMEDIES["start-stack"].program(diagnosisOf({ containers }))).status).toBe(0);
    expect(host.calls).toEqual([`docker|start|${ODOO_ID}|`]);
  });

  it("makes the container of a service that has none, without touching what it needs", () => {
    using host = new RemedyHost()
      .says("ps-db", DB_ID)
      .says("on-compose", `echo ${ODOO_ID} >"$FAKE/ps-odoo"; echo running >"$FAKE/${ODOO}"`);
    const { status, output } = host.run(REMEDIES["start-stack"].program(ABSENT));
    expect({ status, output, calls: host.calls }).toEqual({
      status: 0,
      output: "did: made the container of odoo, which had none\n",
      calls: [`${COMPOSE}${MAKE}odoo|`],
    });
  });

  it("fails as Compose and Docker fail", () => {
    using host = new RemedyHost()
      .says("ps-db", DB_ID)
      .says("on-compose", "echo 'port is already allocated' >&2; exit 1");
    expect(host.run(REMEDIES["start-stack"].program(ABSENT))).toEqual({
      status: 1,
      output: "port is already allocated\n",
    });
    using other = hostOf("exited", "running").says("on-start", "echo 'network not found' >&2; exit 1");
    const { status, output } = other.run(
      REMEDIES["start-stack"].program(diagnosisOf({ containers: stopped })),
    );
    expect({ status, output }).toEqual({ status: 1, output: "network not found\n" });
  });

  it.each<[string, Readonly<Record<string, string>>, string]>([
    ["a container came or went", { "ps-odoo": `${ODOO_ID}\nbb` }, "the containers of odoo are others by now"],
    ["one is being removed", { [ODOO]: "removing" }, "shop-odoo-1 is removing by now"],
  ])("starts nothing where %s meanwhile, the database neither", (_, state, words) => {
    using host = hostOf("exited", "exited");
    for (const [name, text] of Object.entries(state)) host.says(name, text);
    const { status, output } = host.run(
      REMEDIES["start-stack"].program(diagnosisOf({ containers: stopped })),
    );
    expect({ status, output, calls: host.calls }).toEqual({
      status: UNFIT,
      output: `not done: ${words}\n`,
      calls: [],
    });
  });

  it("waits until the database is healthy, and starts no Odoo without one", () => {
    const program = REMEDIES["start-stack"].program(diagnosisOf({ containers: stopped }));
    using slow = hostOf("exited", "exited").says(`health-${DB_ID}`, "starting");
    slow.command("sleep", `echo healthy >"$FAKE/health-${DB_ID}"`);
    expect(slow.run(program).status).toBe(0);
    using never = hostOf("exited", "exited").says(`health-${DB_ID}`, "unhealthy");
    const late = never.run(program, { SECONDS_FOR_NEEDED: "2" });
    expect(late).toEqual({
      status: INEFFECTIVE,
      output: "did: started shop-db-1\nit did not work: db, which comes first, is not ready after 2 s\n",
    });
    using ends = hostOf("exited", "exited").says("stubborn", "");
    expect(ends.run(program)).toMatchObject({
      status: INEFFECTIVE,
      output: expect.stringContaining("db, which comes first, does not run"),
    });
    for (const host of [never, ends]) expect(host.calls).toEqual([`docker|start|${DB_ID}|`]);
  });

  it("says that it did not work when Odoo does not run afterwards, whatever it ended with", () => {
    using host = hostOf("exited", "running").says("stubborn", "").says(`code-${ODOO_ID}`, "0");
    const { status, output } = host.run(
      REMEDIES["start-stack"].program(diagnosisOf({ containers: stopped })),
    );
    expect({ status, output }).toEqual({
      status: INEFFECTIVE,
      output: expect.stringContaining("a container of odoo was started and does not run"),
    });
  });

  it("is shown to people as what runs", () => {
    const { commands } = REMEDIES["start-stack"];
    expect(commands(diagnosisOf({ containers: stopped }))).toBe(
      "docker start shop-db-1 && docker start shop-odoo-1",
    );
    const made = commands(ABSENT);
    expect(made).toMatch(/ up --detach --no-recreate --no-build --pull never --no-deps odoo$/);
    expect(made).not.toMatch(/--remove-orphans|--force-recreate|--build\b/);
  });
});

describe("start-docker", () => {
  const loaded = () =>
    new RemedyHost().says("load-docker.service", "loaded").says("load-docker.socket", "loaded");

  it("starts socket and service, in that order, and waits until the daemon answers", () => {
    using host = loaded();
    const { status } = host.run(REMEDIES["start-docker"].program(diagnosisOf()));
    expect({ status, calls: host.calls }).toEqual({
      status: 0,
      calls: [
        "systemctl reset-failed docker.service docker.socket",
        "systemctl start docker.socket",
        "systemctl start docker.service",
        "docker|ps|--all|",
      ],
    });
  });

  it("starts the service alone where there is no socket", () => {
    using host = new RemedyHost().says("load-docker.service", "loaded");
    expect(host.run(REMEDIES["start-docker"].program(diagnosisOf())).status).toBe(0);
    expect(host.calls).not.toContain("systemctl start docker.socket");
  });

  it("does nothing when the daemon answers again", () => {
    using host = loaded().says("daemon", "");
    expect(host.run(REMEDIES["start-docker"].program(diagnosisOf()))).toEqual({
      status: UNFIT,
      output: "not done: the daemon answers again\n",
    });
    expect(host.calls).toEqual([]);
  });

  it.each(["masked", "not-found"])("does nothing where the service is %s", (load) => {
    using host = new RemedyHost().says("load-docker.service", load);
    expect(host.run(REMEDIES["start-docker"].program(diagnosisOf())).status).toBe(UNFIT);
    expect(host.calls).toEqual([]);
  });

  it("fails where systemd cannot start it, and waits no longer", () => {
    using host = loaded().says("refuses", "");
    const { status, output } = host.run(REMEDIES["start-docker"].program(diagnosisOf()));
    expect(status).toBe(1);
    expect(output).toContain("Job for docker.socket failed");
  });
});

describe("start-nginx", () => {
  it("starts one that is down behind a valid configuration", () => {
    using host = new RemedyHost();
    const { status } = host.run(REMEDIES["start-nginx"].program(diagnosisOf()));
    expect({ status, calls: host.calls }).toEqual({
      status: 0,
      calls: ["systemctl reset-failed nginx", "systemctl start nginx"],
    });
  });

  it("leaves one alone whose configuration does not pass, and says where", () => {
    using host = new RemedyHost().says("invalid", "nginx: [emerg] unknown directive in /etc/nginx/x.conf:3");
    const { status, output } = host.run(REMEDIES["start-nginx"].program(diagnosisOf()));
    expect({ status, calls: host.calls }).toEqual({ status: UNFIT, calls: [] });
    expect(output).toContain("/etc/nginx/x.conf:3");
  });

  it("does nothing when it runs again", () => {
    using host = new RemedyHost().says("active-nginx", "");
    expect(host.run(REMEDIES["start-nginx"].program(diagnosisOf())).status).toBe(UNFIT);
    expect(host.calls).toEqual([]);
  });

  it("says that it did not work, in nginx's own words, when it will not start or does not stay", () => {
    using host = new RemedyHost().says("refuses", "");
    const refused = host.run(REMEDIES["start-nginx"].program(diagnosisOf()));
    expect(refused.status).toBe(INEFFECTIVE);
    expect(refused.output).toContain("bind() to 0.0.0.0:80 failed");
    host.says("stubborn", "");
    expect(host.run(REMEDIES["start-nginx"].program(diagnosisOf())).status).toBe(INEFFECTIVE);
  });
});
