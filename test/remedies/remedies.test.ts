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

describe("restart-odoo", () => {
  it.each(["running", "paused"])("restarts the one container by its id when it is %s", (state) => {
    using host = new RemedyHost().says(ODOO, state);
    const { status } = host.run(REMEDIES["restart-odoo"].program(diagnosisOf()));
    expect({ status, calls: host.calls }).toEqual({
      status: 0,
      calls: [`docker|restart|--time|30|${ODOO_ID}|`],
    });
  });

  it("has less patience with one that answers nothing", () => {
    using host = new RemedyHost().says(ODOO, "running");
    host.run(REMEDIES["restart-odoo"].program(diagnosisOf({}, "odoo-frozen")));
    expect(host.calls).toEqual([`docker|restart|--time|10|${ODOO_ID}|`]);
  });

  it.each(["exited", "restarting", "created", "dead", "removing"])(
    "does nothing when the container is %s by then",
    (state) => {
      using host = new RemedyHost().says(ODOO, state);
      const { status, output } = host.run(REMEDIES["restart-odoo"].program(diagnosisOf()));
      expect({ status, calls: host.calls }).toEqual({ status: UNFIT, calls: [] });
      expect(output).toBe(`not done: Odoo's container is ${state}\n`);
    },
  );

  it("does nothing when the container is gone", () => {
    using host = new RemedyHost();
    expect(host.run(REMEDIES["restart-odoo"].program(diagnosisOf())).status).toBe(UNFIT);
    expect(host.calls).toEqual([]);
  });

  it("says that it did not work when the container does not run afterwards", () => {
    using host = new RemedyHost().says(ODOO, "running").says("on-restart", `echo exited >"$FAKE/${ODOO}"`);
    const { status, output } = host.run(REMEDIES["restart-odoo"].program(diagnosisOf()));
    expect(status).toBe(INEFFECTIVE);
    expect(output).toContain("it did not work: the container was restarted and does not run");
  });

  it("fails as docker fails", () => {
    using host = new RemedyHost()
      .says(ODOO, "running")
      .says("on-restart", "echo 'Error response from daemon: cannot restart' >&2; exit 1");
    const { status, output } = host.run(REMEDIES["restart-odoo"].program(diagnosisOf()));
    expect({ status, output }).toEqual({ status: 1, output: "Error response from daemon: cannot restart\n" });
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
  it("brings up all of a stack of which nothing runs, and recreates, builds, pulls and removes nothing", () => {
    using host = new RemedyHost();
    const stopped = [containerOf("odoo", { state: "exited" }), containerOf("db", { state: "exited" })];
    const { status } = host.run(REMEDIES["start-stack"].program(diagnosisOf({ containers: stopped })));
    expect({ status, calls: host.calls }).toEqual({ status: 0, calls: [`${COMPOSE}${UP}--|`] });
  });

  it("brings up only Odoo while the rest runs: somebody may have stopped another service on purpose", () => {
    using host = new RemedyHost();
    const containers = [containerOf("odoo", { state: "exited" }), containerOf("db")];
    host.run(REMEDIES["start-stack"].program(diagnosisOf({ containers })));
    expect(host.calls).toEqual([`${COMPOSE}${UP}--|odoo|`]);
  });

  it("fails as Compose fails", () => {
    using host = new RemedyHost().says("on-compose", "echo 'port is already allocated' >&2; exit 1");
    expect(host.run(REMEDIES["start-stack"].program(diagnosisOf()))).toEqual({
      status: 1,
      output: "port is already allocated\n",
    });
  });

  it("is shown to people as what runs", () => {
    const shown = REMEDIES["start-stack"].commands(diagnosisOf());
    expect(shown).toContain("up --detach --no-recreate --no-build --pull never odoo");
    expect(shown).not.toMatch(/--remove-orphans|--force-recreate|--build\b/);
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
