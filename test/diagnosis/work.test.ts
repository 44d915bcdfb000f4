// Who is at work on the site: what counts, what only looks like it, and that it is never interrupted.

import { describe, expect, it } from "vitest";
import { seen, unseen } from "../../src/survey/survey.ts";
import {
  activity,
  BAD_GATEWAY,
  database,
  db,
  diagnosisOf,
  logged,
  odoo,
  PROCESSES,
  process,
  REFUSED,
  type Shop,
  session,
  stamp,
  TIMED_OUT,
} from "./surveys.ts";

/** Odoo is taken down for what somebody does; without the work it would be started. */
const stopped: Shop = {
  containers: [odoo({ state: "exited", pid: 0, finishedAt: stamp(5) }), db()],
  proxy: seen(BAD_GATEWAY),
};

/** What is said to be under way when such a process runs beside a stopped Odoo; undefined when nothing is. */
function workOf(command: string, seconds = 2): string | undefined {
  const diagnosis = diagnosisOf({
    ...stopped,
    processes: seen([...PROCESSES, process(command, { seconds })]),
  });
  if (diagnosis.cause !== "in-progress") {
    expect(diagnosis).toMatchObject({ cause: "odoo-stopped", ladder: ["start-stack"] });
    return undefined;
  }
  expect(diagnosis.ladder).toEqual([]);
  expect(diagnosis.evidence[0]).toContain(`process 14855, for ${seconds} s: ${command.slice(0, 40)}`);
  return / ?(.*) is under way/.exec(diagnosis.finding)?.[1];
}

describe("at work is", () => {
  it.each([
    // As ps(1) showed them on a droplet.
    [
      "a module update",
      "/usr/bin/python3 /usr/bin/odoo -d odoo -u shop_notes --no-http --stop-after-init --db_host db --db_port 5432 --db_user odoo --db_password ***",
    ],
    ["a restore of the database", "/usr/lib/postgresql/15/bin/pg_restore -U odoo --no-owner -d restored"],
    [
      "`docker compose pull`",
      "/usr/libexec/docker/cli-plugins/docker-compose compose -f docker-compose.prod.yml pull odoo",
    ],
    ["`docker compose pull`", "docker compose -f docker-compose.prod.yml pull odoo"],
    // By their manuals.
    [
      "a module update",
      "/opt/odoo/venv/bin/python /opt/odoo/odoo-bin -c /etc/odoo.conf --update=all --stop-after-init",
    ],
    ["a module update", "python3 -u /usr/bin/odoo -d odoo -u base --stop-after-init"],
    ["a module update", "odoo -d odoo -ushop_notes --stop-after-init"],
    ["a module installation", "/usr/bin/python3 /usr/bin/odoo -d odoo -i crm --stop-after-init"],
    ["a module update", "/usr/bin/python3 /usr/bin/odoo module upgrade crm -d odoo"],
    ["a restore of the database", "/usr/bin/python3 /usr/bin/odoo db load odoo /tmp/odoo.zip"],
    ["a module update", "/usr/bin/python3 /usr/local/bin/click-odoo-update -d odoo"],
    ["a restore of the database", "/usr/lib/postgresql/15/bin/psql -X -U odoo -d odoo -f /tmp/dump.sql"],
    ["a restore of the database", "psql --file=/tmp/dump.sql odoo"],
    [
      "a package upgrade",
      "/usr/bin/dpkg --status-fd 20 --no-triggers --unpack --auto-deconfigure nginx_1.22.deb",
    ],
    ["a package upgrade", "/usr/bin/dpkg --configure -a"],
    ["`docker build`", "docker build -t odoo-prod:14 ."],
    ["`docker pull`", "docker --config /root/.docker pull odoo:14"],
    ["`docker load`", "docker load -i odoo.tar"],
    [
      "`docker compose up`",
      "docker compose -p shop --env-file .env.prod -f docker-compose.prod.yml up -d odoo",
    ],
    ["`docker compose up`", "docker --context production compose --profile all up --detach"],
    ["`docker compose down`", "docker -H unix:///var/run/docker.sock compose down"],
    ["`docker compose up`", "docker-compose -f docker-compose.prod.yml up -d"],
    ["`docker compose up`", "/usr/bin/python3 /usr/bin/docker-compose -f docker-compose.prod.yml up -d"],
    ["`docker compose build`", "docker compose --project-directory=/opt/odoo-ce build --no-cache"],
  ])("%s: %s", (what, command) => {
    expect(workOf(command)).toBe(what);
  });

  it("`docker compose up` in the foreground while it is young; later it only supervises the stack", () => {
    const command = "docker compose -f docker-compose.prod.yml up";
    expect(workOf(command, 20)).toBe("`docker compose up`");
    expect(workOf(command, 3_600)).toBeUndefined();
    expect(workOf(`${command} -d`, 3_600)).toBe("`docker compose up`");
  });

  it("told once for a client and the plugin that it starts", () => {
    const plugin = "/usr/libexec/docker/cli-plugins/docker-compose compose pull odoo";
    const { finding, evidence } = diagnosisOf({
      ...stopped,
      processes: seen([
        ...PROCESSES,
        process("docker compose pull odoo", { pid: 20_024, parent: 1 }),
        process(plugin, { pid: 20_035, parent: 20_024 }),
      ]),
    });
    expect(finding).toBe("`docker compose pull` is under way, and the site is not good meanwhile");
    expect(evidence.filter((line) => line.includes("docker compose pull"))).toHaveLength(1);
  });
});

describe("not at work is", () => {
  it.each([
    "docker compose -f docker-compose.prod.yml logs -f odoo",
    "docker compose -f /srv/up/compose.yml --env-file pull logs --follow",
    "docker compose -p restart ps",
    "docker compose exec -T odoo /entrypoint.sh odoo shell -d odoo",
    "docker exec -i f426414f751b pg_dump -U odoo odoo",
    "docker logs -f odoo-ce-odoo-1",
    "/usr/bin/python3 /usr/bin/odoo shell -d odoo --no-http",
    "/usr/bin/python3 /usr/bin/odoo -d odoo --workers 2",
    "/usr/lib/postgresql/15/bin/psql -X -U odoo -d odoo",
    "psql --field-separator=, -c 'select 1'",
    "bash -c odoo -u all --stop-after-init",
    "sudo docker compose pull",
    "vim /root/docker-compose.prod.yml",
    "less pg_restore.log",
    "/usr/bin/dpkg -l",
    "/usr/bin/python3 /usr/share/unattended-upgrades/unattended-upgrade-shutdown --wait-for-signal",
    "tail -f up pull build",
    "",
  ])("%s", (command) => {
    expect(workOf(command)).toBeUndefined();
  });

  it("anybody, while the site is good meanwhile", () => {
    const pull = process("docker compose pull odoo");
    expect(diagnosisOf({ processes: seen([...PROCESSES, pull]) }).cause).toBe("healthy");
  });

  it("a crash loop that updates modules at each of its starts, as a container's command may", () => {
    const update = process(
      "/usr/bin/python3 /usr/bin/odoo -d odoo -u shop_notes --no-http --stop-after-init",
      { pid: 20_750, parent: 20_737 },
    );
    const entry = process(
      "bash -c /entrypoint.sh odoo -d odoo -u shop_notes --stop-after-init && exec odoo",
      {
        pid: 20_737,
        parent: 20_715,
      },
    );
    const processes = seen([...PROCESSES.filter(({ pid }) => pid !== 20_737), update, entry]);
    const at = (restartCount: number) =>
      diagnosisOf({
        containers: [odoo({ restartCount, startedAt: stamp(2) }), db()],
        direct: seen(REFUSED),
        proxy: seen(BAD_GATEWAY),
        processes,
      }).cause;
    expect(at(0)).toBe("in-progress");
    expect(at(2)).toBe("odoo-crash-loop");
  });

  it("such a loop either, when its container had no process yet as it was looked at", () => {
    const update = process(
      "/usr/bin/python3 /usr/bin/odoo -d odoo -u shop_notes --no-http --stop-after-init",
      { pid: 31_000, parent: 30_999, seconds: 1 },
    );
    const at = (command: readonly string[], seconds = 1) =>
      diagnosisOf({
        containers: [
          odoo({ state: "restarting", exitCode: 255, restartCount: 5, startedAt: stamp(9), pid: 0, command }),
          db(),
        ],
        proxy: seen(BAD_GATEWAY),
        processes: seen([...PROCESSES, { ...update, seconds }]),
      }).cause;
    expect(at(["bash", "-c", "/entrypoint.sh odoo -u shop_notes --stop-after-init && exec odoo"])).toBe(
      "odoo-crash-loop",
    );
    // Somebody else's, for its container's command does no such thing; and one that is at it for long.
    expect(at(["odoo"])).toBe("in-progress");
    expect(at(["bash", "-c", "odoo -u shop_notes"], 300)).toBe("in-progress");
  });
});

describe("a restore is seen by its session in PostgreSQL too", () => {
  const withSession = (more: Parameters<typeof session>[0]) =>
    diagnosisOf({ ...stopped, databases: database(seen(activity({ sessions: [session(more)] }))) });

  it("when pg_restore runs on another machine, or psql reads a dump", () => {
    const restore = withSession({
      application: "pg_restore",
      address: "10.0.0.9",
      state: "idle in transaction",
    });
    expect(restore).toMatchObject({ cause: "in-progress", ladder: [] });
    expect(restore.evidence[0]).toContain("PostgreSQL session 21664 of pg_restore in odoo");
    const statement = "COPY public.res_partner (id, name) FROM stdin;";
    expect(withSession({ application: "psql", address: "", statement }).cause).toBe("in-progress");
  });

  it("and a person at a prompt, or Odoo itself, is none", () => {
    expect(withSession({ application: "psql", statement: "SELECT 1" }).cause).toBe("odoo-stopped");
    expect(
      withSession({ application: "psql", state: "idle in transaction", statement: "COPY x" }).cause,
    ).toBe("odoo-stopped");
    expect(withSession({ statement: "COPY x FROM stdin" }).cause).toBe("odoo-stopped");
  });
});

describe("a boot of Odoo", () => {
  // The first lines of a start, as Odoo 14 wrote them.
  const lines = `2024-05-02 02:59:01,248 1 INFO ? odoo: Odoo version 14.0 
2024-05-02 02:59:01,248 1 INFO ? odoo: database: odoo@db:5432 
2024-05-02 02:59:01,397 1 INFO odoo odoo.modules.loading: loading 1 modules... `;
  const served =
    '2024-05-02 02:59:02,131 1 INFO odoo werkzeug: 127.0.0.1 - - [02/May/2024 02:59:02] "GET /web/login HTTP/1.1" 200 - 195 0.109 0.332';
  const booting = (startedAgo: number, log: string, more: Partial<Shop> = {}) =>
    diagnosisOf({
      containers: [odoo({ startedAt: stamp(startedAgo) }), db()],
      direct: seen(REFUSED),
      proxy: seen(BAD_GATEWAY),
      log,
      ...more,
    });

  it("is given time while its log advances", () => {
    const diagnosis = booting(300, logged(20, lines));
    expect(diagnosis).toMatchObject({ cause: "in-progress", ladder: [] });
    expect(diagnosis.evidence[0]).toBe("a boot of Odoo: started 300 s ago; its log advances");
  });

  it("is given time at first though it said nothing yet", () => {
    expect(booting(60, "").cause).toBe("in-progress");
    expect(booting(120, "")).toMatchObject({ cause: "odoo-not-listening", ladder: ["restart-odoo"] });
  });

  it("is none when its log stands still, or it has taken too long", () => {
    expect(booting(300, logged(120, lines)).cause).toBe("odoo-not-listening");
    expect(booting(1_000, logged(5, "2024-05-02 02:59:55,000 1 INFO ? odoo: waiting ")).cause).toBe(
      "odoo-not-listening",
    );
  });

  it("is over when a page was handed out: what hangs then hangs", () => {
    const hangs = { direct: seen(TIMED_OUT) };
    const done = "2024-05-02 02:59:02,100 1 INFO odoo odoo.modules.loading: Modules loaded. ";
    const cache =
      "2024-05-02 02:59:02,118 1 INFO odoo odoo.modules.registry: At least one model cache has been invalidated, signaling through the database. ";
    const diagnosis = booting(40, logged(20, [lines, done, cache, served].join("\n")), hangs);
    expect(diagnosis).toMatchObject({ cause: "odoo-frozen", ladder: ["restart-odoo"] });
  });

  it("is none of an Odoo that listens elsewhere already, or that the database does not let in", () => {
    expect(booting(40, logged(20, lines), { probe: { listens: [8079] } }).cause).toBe("odoo-not-listening");
    const refused = 'Database connection failure: FATAL:  password authentication failed for user "odoo"';
    expect(booting(40, logged(20, refused)).cause).toBe("database-unreachable");
  });

  it("is none of an Odoo that answers, whatever it answers", () => {
    const log = logged(20, lines);
    const broken = seen({
      answered: true,
      code: 500,
      seconds: 1,
      bytes: 0,
      contentType: "",
      location: "",
      body: "",
    } as const);
    expect(booting(40, log, { direct: broken }).cause).toBe("odoo-unhealthy");
  });

  it("is not assumed where the host's clock is not known", () => {
    expect(booting(40, logged(20, lines), { host: unseen("no date") }).cause).not.toBe("in-progress");
  });

  describe("or a module update through the web client", () => {
    const loading =
      "2024-05-02 02:59:40,858 1 INFO odoo odoo.modules.loading: Loading module shop_notes (2/9) ";
    const hangs = { direct: seen(TIMED_OUT) };

    it("is waited for while modules are being loaded, long after the start and soon after it", () => {
      for (const startedAgo of [61_199, 300]) {
        const log = [logged(startedAgo - 10, served), logged(10, loading)].join("\n");
        const diagnosis = booting(startedAgo, log, hangs);
        expect(diagnosis).toMatchObject({ cause: "in-progress", ladder: [] });
        expect(diagnosis.evidence[0]).toContain("Loading module shop_notes (2/9)");
      }
    });

    it("is over when the modules are loaded, or nothing more came for long", () => {
      const done = "2024-05-02 02:59:55,246 1 INFO odoo odoo.modules.loading: Modules loaded. ";
      const loaded = [logged(290, served), logged(20, loading), logged(5, done)].join("\n");
      expect(booting(300, loaded, hangs).cause).toBe("odoo-frozen");
      const silent = [logged(290, served), logged(120, loading)].join("\n");
      expect(booting(300, silent, hangs).cause).toBe("odoo-frozen");
    });
  });
});
