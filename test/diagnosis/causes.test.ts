// What is broken, by what was seen: each cause by the sight of a real droplet in that state, and the lower one of several.

import { describe, expect, it } from "vitest";
import { type Cause, type Diagnosis, diagnose, type RemedyName } from "../../src/diagnosis/diagnosis.ts";
import { seen, unseen } from "../../src/survey/survey.ts";
import {
  activity,
  ago,
  answer,
  BAD_GATEWAY,
  BROKEN,
  brokenNginx,
  container,
  DB,
  database,
  db,
  diagnosisOf,
  disk,
  LISTENERS,
  LOGIN_PAGE,
  listener,
  logged,
  NO_WISHES,
  NOW,
  nginx,
  ODOO,
  odoo,
  odooDatabase,
  PROCESSES,
  process,
  project,
  publicProbe,
  REFUSED,
  type Shop,
  session,
  settings,
  stamp,
  survey,
  TIMED_OUT,
  units,
  upstream,
} from "./surveys.ts";

const exited = { state: "exited", pid: 0, finishedAt: stamp(40) };
const proxy = seen(BAD_GATEWAY);
const down = { direct: seen(REFUSED), proxy };
const hangs = { direct: seen(TIMED_OUT), proxy: seen(answer({ code: 504 })) };
const fails = { direct: seen(answer({ code: 500 })), proxy: seen(answer({ code: 500 })) };
/** Odoo in a crash loop, as Docker tells of one between two tries, and during one. */
const falling = { state: "restarting", exitCode: 1, restartCount: 7, startedAt: stamp(20), pid: 0 };
const trying = { restartCount: 3, startedAt: stamp(2), finishedAt: stamp(3) };
const DAEMON_IS_DOWN =
  "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?";

function causeOf(shop: Shop, tried: readonly RemedyName[] = []): Cause {
  return diagnosisOf(shop, tried).cause;
}

/** A shop whose containers could not be seen. */
function diagnosisOfBlind(shop: Shop, why = DAEMON_IS_DOWN): Diagnosis {
  return diagnose({ ...survey({ proxy, ...shop }), containers: unseen(why) }, NO_WISHES);
}

describe("a healthy shop", () => {
  it("has no cause, nothing to do, and nothing to tell", () => {
    const diagnosis = diagnosisOf();
    expect(diagnosis).toMatchObject({
      cause: "healthy",
      ladder: [],
      ruledOut: [],
      drift: [],
      evidence: [],
      warnings: [],
      topology: [],
      advice: "",
      since: "",
      outage: undefined,
    });
    expect(diagnosis.layers.map(({ name, state }) => [name, state])).toEqual([
      ["database", "good"],
      ["odoo", "good"],
      ["direct", "good"],
      ["proxy", "good"],
      ["assets", "good"],
    ]);
  });

  it("is judged by its public side too, where that is known", () => {
    const diagnosis = diagnosisOf({ public: seen(publicProbe()) });
    expect(diagnosis.cause).toBe("healthy");
    expect(diagnosis.layers.at(-1)).toEqual({ name: "public", state: "good", why: "200 in 0.12 s" });
  });

  it("is healthy although Odoo's own health check lags behind, and the check's opinion is told", () => {
    const diagnosis = diagnosisOf({ containers: [odoo({ health: "unhealthy" }), db()] });
    expect(diagnosis.cause).toBe("healthy");
    expect(diagnosis.warnings).toEqual([expect.stringContaining("own health check says unhealthy")]);
  });

  it.each([
    ["the direct probe", { direct: unseen("no answer in time") }, "direct"],
    ["the proxy probe", { proxy: unseen("curl is not installed") }, "proxy"],
    ["the look from outside", { public: unseen("this runner has no network") }, "public"],
    ["PostgreSQL", { databases: unseen("psql: not found") }, "database"],
  ] as const)(
    "is not called healthy where %s failed: what was not observed is not fine",
    (_, shop, blind) => {
      const diagnosis = diagnosisOf(shop);
      expect(diagnosis).toMatchObject({ cause: "unknown", ladder: [] });
      expect(diagnosis.layers.find(({ name }) => name === blind)?.state).toBe("not observed");
      expect(diagnosis.finding).toContain(blind);
    },
  );

  it("takes PostgreSQL's own health check for its word where PostgreSQL could not be asked", () => {
    expect(causeOf({ containers: [odoo(), db({ health: "healthy" })], databases: unseen("no psql") })).toBe(
      "healthy",
    );
  });
});

describe("Docker", () => {
  const stopped = units({ docker: { active: "inactive", result: "success", downSince: ago(60) } });

  it("is down when its service is, and is started", () => {
    const diagnosis = diagnosisOfBlind({ units: stopped });
    expect(diagnosis).toMatchObject({ cause: "docker-down", ladder: ["start-docker"], target: undefined });
    expect(diagnosis.finding).toBe("the Docker daemon is down: docker.service is inactive");
    expect(diagnosis.place).toEqual({ project: "odoo-ce", directory: "/opt/odoo-ce" });
    expect(diagnosis.layers.map(({ state }) => state)).toEqual([
      "not observed",
      "not observed",
      "not observed",
      "bad",
    ]);
  });

  it("that was killed is told with systemd's own word for it", () => {
    const { finding } = diagnosisOfBlind({
      units: units({ docker: { active: "failed", result: "signal" } }),
    });
    expect(finding).toContain("docker.service is failed (signal)");
  });

  it("that runs and hangs is left alone: restarting it stops every container", () => {
    const diagnosis = diagnosisOfBlind({}, "no answer in time");
    expect(diagnosis).toMatchObject({ cause: "docker-down", ladder: [] });
    expect(diagnosis.finding).toContain("hangs");
    expect(diagnosis.ruledOut.find(({ remedy }) => remedy === "start-docker")?.why).toContain("hangs");
    expect(diagnosis.advice).toContain("person's decision");
  });

  it("is not started while the site works without it", () => {
    const diagnosis = diagnosisOfBlind({ units: stopped, proxy: seen(LOGIN_PAGE) });
    expect(diagnosis).toMatchObject({ cause: "docker-down", ladder: [] });
  });

  it("is not started where it is no service of systemd's, or systemd could not be asked", () => {
    expect(diagnosisOfBlind({ units: units({ docker: { load: "not-found" } }) }).ladder).toEqual([]);
    expect(diagnosisOfBlind({ units: unseen("no systemctl") }).ladder).toEqual([]);
  });

  it("is not down when we are only not let in", () => {
    const why = "permission denied while trying to connect to the Docker daemon socket";
    const diagnosis = diagnosisOfBlind({ units: stopped }, why);
    expect(diagnosis).toMatchObject({ cause: "unknown", ladder: [] });
    expect(diagnosis.evidence).toEqual([why]);
  });

  it("that is being upgraded is waited for: its package takes it down and brings it back", () => {
    const dpkg = process("/usr/bin/dpkg --status-fd 20 --no-triggers --unpack docker-ce_5%3a27.deb", {
      pid: 901,
    });
    const diagnosis = diagnosisOfBlind({ units: stopped, processes: seen([...PROCESSES, dpkg]) });
    expect(diagnosis).toMatchObject({ cause: "in-progress", ladder: [] });
    expect(diagnosis.evidence).toEqual([expect.stringContaining("process 901")]);
    // A client of a daemon that hangs hangs with it, and is no work that would end.
    const pull = process("docker compose -f docker-compose.prod.yml pull odoo", { pid: 902 });
    expect(diagnosisOfBlind({ processes: seen([...PROCESSES, pull]) }, "no answer in time").cause).toBe(
      "docker-down",
    );
  });
});

describe("a full disk", () => {
  // As df(1) showed them on a droplet whose database wrote until nothing was left.
  const full = disk("/var/lib/docker/volumes/odoo-ce_odoo-db-data/_data", { size: 129_024, available: 352 });
  const used = disk("/var/lib/docker/volumes/odoo-ce_odoo-web-data/_data", { inodes: 456, inodesFree: 0 });

  it("is the root of all that is down above it, and nothing is started on it", () => {
    const diagnosis = diagnosisOf({
      containers: [odoo(), db({ state: "restarting", exitCode: 1, restartCount: 4 })],
      ...down,
      disks: seen([disk("/"), full]),
    });
    expect(diagnosis).toMatchObject({ cause: "disk-full", ladder: [] });
    expect(diagnosis.finding).toBe(
      "the file system /var/lib/docker/volumes/odoo-ce_odoo-db-data/_data is full (352 KiB of 126 MiB left)",
    );
    expect(diagnosis.advice).toContain("Free space on /var/lib/docker/volumes/odoo-ce_odoo-db-data/_data");
  });

  it("may be one without inodes", () => {
    const diagnosis = diagnosisOf({ ...fails, disks: seen([used]) });
    expect(diagnosis).toMatchObject({ cause: "inodes-full", ladder: [] });
    expect(diagnosis.finding).toContain("0 of 456");
  });

  it("is no cause while the site works, but a warning", () => {
    const diagnosis = diagnosisOf({ disks: seen([full, used]) });
    expect(diagnosis.cause).toBe("healthy");
    expect(diagnosis.warnings).toEqual([
      expect.stringContaining("has 0 % of its space left"),
      expect.stringContaining("has 0 of 456 inodes left"),
    ]);
  });

  it("is not one that merely has little left, nor one without a number of inodes", () => {
    const shop = {
      containers: [odoo(exited), db()],
      proxy,
      disks: seen([
        disk("/", { size: 81_106_868, available: 9_000 }),
        disk("/boot/efi", { inodes: undefined, inodesFree: undefined }),
        disk("/proc", { size: 0, available: 0 }),
      ]),
    };
    expect(causeOf(shop)).toBe("odoo-stopped");
  });
});

describe("a database", () => {
  it.each([
    ["exited", db({ ...exited, exitCode: 0 }), "exited with status 0"],
    ["paused", db({ state: "paused" }), "is paused"],
    ["created", db({ state: "created", pid: 0 }), "is created"],
  ])("that is %s is down, and is started", (_, container, words) => {
    const diagnosis = diagnosisOf({ containers: [odoo(), container], ...fails });
    expect(diagnosis).toMatchObject({ cause: "database-down", ladder: ["start-db"] });
    expect(diagnosis.finding).toContain(words);
  });

  it("without a container is made from the compose files, where those can be read", () => {
    expect(diagnosisOf({ containers: [odoo()], ...fails })).toMatchObject({
      cause: "database-down",
      ladder: ["start-db"],
    });
    expect(
      diagnosisOf(
        { containers: [odoo()], projects: [project({ services: unseen("yaml: line 3") })], ...fails },
        [],
        { dbService: "db" },
      ).ladder,
    ).toEqual([]);
  });

  it("that ends at each start is told with its last words, and not touched", () => {
    const dbLog = logged(
      3,
      `2024-05-02 02:59:57.972 UTC [15] LOG:  database system was interrupted
2024-05-02 02:59:57.973 UTC [15] PANIC:  could not locate a valid checkpoint record
2024-05-02 02:59:57.974 UTC [1] LOG:  startup process (PID 15) was terminated by signal 6: Aborted`,
    );
    const diagnosis = diagnosisOf({
      containers: [odoo(), db({ state: "restarting", exitCode: 1, restartCount: 4 })],
      ...fails,
      dbLog,
    });
    expect(diagnosis).toMatchObject({ cause: "database-down", ladder: [] });
    expect(diagnosis.finding).toBe(
      "PostgreSQL ends at each start (status 1, 4 restarts): PANIC: could not locate a valid checkpoint record",
    );
  });

  it.each([
    "psql: error: connection to server failed: FATAL:  the database system is starting up",
    "psql: error: FATAL:  the database system is in recovery mode",
    "psql: error: FATAL:  the database system is shutting down",
    "psql: error: FATAL:  the database system is not yet accepting connections",
  ])("that lets nobody in yet is given time: %s", (why) => {
    const diagnosis = diagnosisOf({ ...fails, databases: database(unseen(why)) });
    expect(diagnosis).toMatchObject({ cause: "database-starting", ladder: [] });
    expect(diagnosis.finding).toMatch(/\(the database system is [\w ]+\)$/);
  });

  it("whose health check still says starting is given time too", () => {
    expect(causeOf({ containers: [odoo(), db({ health: "starting" })], ...fails })).toBe("database-starting");
  });

  it("that runs and gives no answer is told as such", () => {
    const diagnosis = diagnosisOf({
      ...hangs,
      containers: [odoo(), db({ health: "unhealthy" })],
      databases: database(unseen("PostgreSQL gave no answer in time")),
    });
    expect(diagnosis).toMatchObject({ cause: "database-unreachable", ladder: [] });
    expect(diagnosis.finding).toContain("runs and gives no answer");
  });

  it.each(["sh: 1: psql: not found", 'psql: error: FATAL:  role "postgres" does not exist'])(
    "is not blamed when it was only our probe that failed: %s",
    (why) => {
      expect(causeOf({ ...hangs, databases: database(unseen(why)) })).toBe("odoo-frozen");
    },
  );

  it.each([
    'Database connection failure: FATAL:  password authentication failed for user "odoo"',
    'psycopg2.OperationalError: FATAL:  database "odoo_core" does not exist',
    'Database connection failure: could not translate host name "db" to address: No address associated with hostname',
    'psycopg2.OperationalError: connection to server at "10.0.0.9", port 5432 failed: Connection refused',
  ])("that Odoo cannot use is told by Odoo's own words: %s", (words) => {
    const diagnosis = diagnosisOf({
      containers: [odoo(falling), db()],
      ...down,
      log: logged(30, words),
    });
    expect(diagnosis).toMatchObject({ cause: "database-unreachable", ladder: [] });
    expect(diagnosis.finding).toContain(words.replace(/^psycopg2.OperationalError: /, ""));
    expect(diagnosis.advice).toContain("Compare the user, the password");
  });

  it("without a free connection is told as that: user and password are not to blame", () => {
    const { cause, finding, advice } = diagnosisOf({
      ...fails,
      log: logged(3, "psycopg2.OperationalError: FATAL:  sorry, too many clients already"),
    });
    expect(cause).toBe("database-unreachable");
    expect(finding).toContain("all connections are taken");
    expect(advice).toMatch(/db_maxconn.*max_connections/);
    expect(advice).not.toContain("password");
  });

  it("is not blamed for what Odoo said of it long ago", () => {
    const log = logged(3_000, "psycopg2.OperationalError: FATAL:  sorry, too many clients already");
    expect(causeOf({ ...fails, log })).toBe("odoo-unhealthy");
  });
});

describe("a lock that somebody else's session holds", () => {
  // As pg_stat_activity showed a shell that had locked a table and was left open.
  const waiting = [21_664, 21_725, 21_766].map((pid) => session({ pid, waits: "Lock", blockedBy: [22_412] }));
  const shell = session({
    pid: 22_412,
    application: "psql",
    address: "",
    state: "idle in transaction",
    seconds: 40,
    statement: "LOCK TABLE res_users IN ACCESS EXCLUSIVE MODE;",
  });

  it("is why Odoo gives no answer; its session is named, and nothing is restarted", () => {
    const diagnosis = diagnosisOf({
      ...hangs,
      databases: database(seen(activity({ sessions: [...waiting, shell] }))),
    });
    expect(diagnosis).toMatchObject({ cause: "database-locked", ladder: [] });
    expect(diagnosis.finding).toBe(
      "Odoo waits for a lock that another session holds: psql (session 22412, idle in transaction for 40 s): LOCK TABLE res_users IN ACCESS EXCLUSIVE MODE;",
    );
    expect(diagnosis.advice).toContain("pg_terminate_backend(22412)");
  });

  it("is found at the head of a queue of Odoo's own sessions", () => {
    const queue = [
      session({ pid: 1, blockedBy: [2] }),
      session({ pid: 2, blockedBy: [22_412] }),
      { ...shell, seconds: 400 },
    ];
    const { finding } = diagnosisOf({ ...hangs, databases: database(seen(activity({ sessions: queue }))) });
    expect(finding).toContain("session 22412");
  });

  it("is none when one of Odoo's own sessions holds it: then Odoo is frozen", () => {
    const own = [session({ pid: 1, blockedBy: [2] }), session({ pid: 2, state: "idle in transaction" })];
    expect(causeOf({ ...hangs, databases: database(seen(activity({ sessions: own }))) })).toBe("odoo-frozen");
  });

  it("is found though another shell waits for it too", () => {
    const second = session({ pid: 5, application: "psql", address: "", blockedBy: [22_412] });
    const sessions = [...waiting, second, shell];
    expect(causeOf({ ...hangs, databases: database(seen(activity({ sessions }))) })).toBe("database-locked");
  });

  it("is none while Odoo answers, or has waited for a moment only", () => {
    const sessions = database(seen(activity({ sessions: [...waiting, shell] })));
    expect(causeOf({ ...fails, databases: sessions })).toBe("odoo-unhealthy");
    const short = [session({ seconds: 1, blockedBy: [22_412] }), shell];
    expect(causeOf({ ...hangs, databases: database(seen(activity({ sessions: short }))) })).toBe(
      "odoo-frozen",
    );
  });
});

describe("Odoo's container", () => {
  it("that is stopped is told with its status, and is started", () => {
    const diagnosis = diagnosisOf({ containers: [odoo({ ...exited, exitCode: 143 }), db()], proxy });
    expect(diagnosis).toMatchObject({ cause: "odoo-stopped", ladder: ["start-stack"] });
    expect(diagnosis.finding).toBe("the Odoo container odoo-ce-odoo-1 exited with status 143");
  });

  it.each(["created", "dead"])("that is %s is the same", (state) => {
    expect(diagnosisOf({ containers: [odoo({ state, pid: 0 }), db()], proxy })).toMatchObject({
      cause: "odoo-stopped",
      ladder: ["start-stack"],
    });
  });

  it("that was removed is made again", () => {
    expect(diagnosisOf({ containers: [db()], proxy })).toMatchObject({
      cause: "odoo-absent",
      ladder: ["start-stack"],
    });
  });

  it.each([
    ["both are stopped", [odoo(exited), db(exited)]],
    ["Odoo is gone and the database stopped", [db(exited)]],
    [
      "both are gone, while a third runs",
      [container("redis", { imageReference: "redis:7", publishes: [], exposes: [] })],
    ],
    ["there are no containers at all", []],
  ])("and the database's are both down: the stack is started when %s", (_, containers) => {
    const projects = [project({ origin: containers.length === 0 ? "files" : "labels" })];
    expect(diagnosisOf({ containers, projects, proxy })).toMatchObject({
      cause: "stack-down",
      ladder: ["start-stack"],
    });
  });
});

describe("an Odoo that was killed for want of memory", () => {
  it("is started once, and a person hears why that will not last", () => {
    const diagnosis = diagnosisOf({
      containers: [odoo({ ...exited, exitCode: 137, oomKilled: true, memoryLimit: 536_870_912 }), db()],
      proxy,
    });
    expect(diagnosis).toMatchObject({ cause: "odoo-out-of-memory", ladder: ["start-stack"] });
    expect(diagnosis.finding).toBe(
      "the Odoo container odoo-ce-odoo-1 was killed for want of memory, status 137 (its limit is 512 MiB)",
    );
    expect(diagnosis.advice).toContain("limit_memory_hard");
  });

  it("at each start is not restarted once more", () => {
    const diagnosis = diagnosisOf({ containers: [odoo({ ...trying, oomKilled: true }), db()], ...down });
    expect(diagnosis).toMatchObject({ cause: "odoo-out-of-memory", ladder: [] });
    expect(diagnosis.finding).toContain("at each start (3 restarts");
    expect(diagnosis.finding).toContain("the host has 1074 of 1967 MiB left");
  });

  it("days ago, and runs since then, is judged by what it does now", () => {
    const diagnosis = diagnosisOf({
      containers: [odoo({ restartCount: 2, oomKilled: true }), db()],
      ...hangs,
    });
    expect(diagnosis).toMatchObject({ cause: "odoo-frozen", ladder: ["restart-odoo"] });
  });
});

describe("an Odoo that ends at each start", () => {
  const traceback = logged(
    4,
    `Traceback (most recent call last):
  File "/usr/bin/odoo", line 8, in <module>
    odoo.cli.main()
  File "/mnt/extra-addons/shop_base/__init__.py", line 2, in <module>
    sys.exit("no licence")
SystemExit: no licence`,
  );

  it.each([
    ["between two tries", falling],
    ["during one", trying],
  ])("is a crash loop %s, told by its own words", (_, state) => {
    const diagnosis = diagnosisOf({ containers: [odoo(state), db()], ...down, log: traceback });
    expect(diagnosis).toMatchObject({ cause: "odoo-crash-loop", ladder: ["boot-check"] });
    expect(diagnosis.finding).toContain(
      "SystemExit: no licence (module shop_base, /mnt/extra-addons/shop_base/__init__.py line 2)",
    );
  });

  it("is none when it fell once, or long ago", () => {
    const once = odoo({ restartCount: 1, startedAt: stamp(2) });
    expect(causeOf({ containers: [once, db()], ...down })).toBe("in-progress");
    const old = odoo({ restartCount: 9, startedAt: stamp(4_000) });
    expect(causeOf({ containers: [old, db()], ...fails })).toBe("odoo-unhealthy");
  });

  it("is none when it serves its page by now", () => {
    expect(causeOf({ containers: [odoo({ ...trying, startedAt: stamp(80) }), db()], proxy })).not.toBe(
      "odoo-crash-loop",
    );
  });
});

describe("an Odoo that gives no answer", () => {
  it("because Docker paused it goes on when it is let", () => {
    const diagnosis = diagnosisOf({ containers: [odoo({ state: "paused" }), db()], ...hangs });
    expect(diagnosis).toMatchObject({ cause: "odoo-frozen", ladder: ["resume-odoo", "restart-odoo"] });
    expect(diagnosis.finding).toContain("is paused");
  });

  it("because each of its processes was stopped by a signal goes on when it is let", () => {
    const stopped = PROCESSES.map((each) => (each.pid === 20_737 ? { ...each, state: "Tsl" } : each));
    const diagnosis = diagnosisOf({ ...hangs, processes: seen(stopped) });
    expect(diagnosis).toMatchObject({ cause: "odoo-frozen", ladder: ["resume-odoo", "restart-odoo"] });
    expect(diagnosis.finding).toContain("SIGSTOP");
    const worker = process("/usr/bin/python3 /usr/bin/odoo", { pid: 99, parent: 20_737, state: "S" });
    const { finding, ladder } = diagnosisOf({ ...hangs, processes: seen([...stopped, worker]) });
    expect(finding).not.toContain("SIGSTOP");
    expect(ladder).toEqual(["restart-odoo"]);
  });

  it("because it was halted in the middle of its boot is not taken for one that boots", () => {
    const entrypoint = PROCESSES.map((each) => (each.pid === 20_737 ? { ...each, state: "Ts" } : each));
    // What the entrypoint had started has ended, and its stopped parent does not ask about it.
    const ended = process("[wait-for-psql.py] <defunct>", { pid: 99, parent: 20_737, state: "Z" });
    const booting = { containers: [odoo({ startedAt: stamp(5) }), db()], ...down };
    expect(causeOf(booting)).toBe("in-progress");
    const diagnosis = diagnosisOf({ ...booting, processes: seen([...entrypoint, ended]) });
    expect(diagnosis).toMatchObject({ cause: "odoo-frozen", ladder: ["resume-odoo", "restart-odoo"] });
  });

  it("for a reason that cannot be seen is restarted", () => {
    expect(diagnosisOf(hangs)).toMatchObject({ cause: "odoo-frozen", ladder: ["restart-odoo"] });
  });
});

describe("Odoo's port", () => {
  it("on which nothing listens, while it listens on another, is told with the line that says so", () => {
    const diagnosis = diagnosisOf({
      direct: seen(BROKEN),
      proxy,
      probe: { listens: [8079, 35_719] },
      settings: settings({ name: "http_port", value: "8079", line: 12 }),
    });
    expect(diagnosis).toMatchObject({ cause: "odoo-not-listening", ladder: [] });
    expect(diagnosis.finding).toBe(
      "Odoo runs in odoo-ce-odoo-1, and nothing listens on its port 8069; it listens on 8079 instead (`http_port = 8079`, /etc/odoo/odoo.conf:12)",
    );
  });

  it("on which nothing listens for no known reason is worth a restart", () => {
    expect(diagnosisOf({ direct: seen(BROKEN), proxy, probe: { listens: [] } })).toMatchObject({
      cause: "odoo-not-listening",
      ladder: ["restart-odoo"],
    });
  });

  it("on which it only listens for itself is told with that setting", () => {
    const diagnosis = diagnosisOf({
      direct: seen(BROKEN),
      proxy,
      probe: { listens: [8069] },
      settings: settings({ name: "http_interface", value: "127.0.0.1", line: 9 }),
    });
    expect(diagnosis).toMatchObject({ cause: "odoo-not-listening", ladder: [] });
    expect(diagnosis.finding).toContain("`http_interface = 127.0.0.1`");
  });

  it("on which it listens, and breaks the connection off, is not said to be closed", () => {
    const { cause, finding } = diagnosisOf({ direct: seen(BROKEN), proxy, probe: { listens: [8069] } });
    expect(cause).toBe("odoo-unhealthy");
    expect(finding).toContain("the connection broke");
  });

  const unpublished = odoo({ publishes: [] });

  it("that is no longer in the compose file is told with the place where it belongs", () => {
    const services = seen([{ ...ODOO, publishes: [] }, DB]);
    const diagnosis = diagnosisOf({
      containers: [unpublished, db()],
      projects: [project({ services })],
      proxy,
    });
    expect(diagnosis).toMatchObject({ cause: "port-mapping-missing", ladder: [] });
    expect(diagnosis.finding).toContain(
      "the service odoo has no such `ports:` (/opt/odoo-ce/docker-compose.prod.yml:18)",
    );
    expect(diagnosis.advice).toContain("127.0.0.1:8069:8069");
  });

  it("that the compose file has, and the container was made without, is told as that", () => {
    const { cause, finding } = diagnosisOf({ containers: [unpublished, db()], proxy });
    expect(cause).toBe("port-mapping-missing");
    expect(finding).toContain("the container was made without");
  });

  it("whose mapping Docker lost comes back with a restart", () => {
    const diagnosis = diagnosisOf({ ...down, probe: { inner: LOGIN_PAGE, listens: [8069, 8072] } });
    expect(diagnosis).toMatchObject({ cause: "port-mapping-missing", ladder: ["restart-odoo"] });
    expect(diagnosis.finding).toContain("nothing listens on 127.0.0.1:8069: Docker's port mapping is lost");
  });

  it("need not be published where nginx is told the container's address, or the proxy is a container", () => {
    const containers = [unpublished, db()];
    expect(causeOf({ containers, proxy: seen(REFUSED), nginx: nginx([upstream("172.31.0.2:8069")]) })).toBe(
      "unknown",
    );
    const caddy = container("caddy", { imageReference: "caddy:2", publishes: ["80/tcp"], exposes: [] });
    const shop = { nginx: unseen("no nginx"), units: units({ nginx: { load: "not-found" } }) };
    expect(
      causeOf({
        ...shop,
        containers: [...containers, caddy],
        proxy,
        listeners: seen([listener(80, "docker-proxy")]),
      }),
    ).toBe("unknown");
  });
});

describe("an Odoo that answers, but not with its login page", () => {
  it("is told by its log, and restarted; a boot check comes only after that", () => {
    const log = logged(
      5,
      `2024-05-02 02:59:55,566 1 ERROR odoo odoo.modules.registry: Failed to load registry 
Traceback (most recent call last):
  File "/mnt/extra-addons/shop_notes/models.py", line 3, in <module>
    import phonenumbers
ModuleNotFoundError: No module named 'phonenumbers'`,
    );
    const diagnosis = diagnosisOf({ ...fails, log });
    expect(diagnosis).toMatchObject({ cause: "odoo-unhealthy", ladder: ["restart-odoo"] });
    expect(diagnosis.finding).toBe(
      "Odoo runs and does not serve its login page (500 in 0.12 s): ModuleNotFoundError: No module named 'phonenumbers' (module shop_notes, /mnt/extra-addons/shop_notes/models.py line 3)",
    );
    expect(diagnosisOf({ ...fails, log }, ["restart-odoo"]).ladder).toEqual(["boot-check"]);
  });
});

describe("an Odoo that sends people to choose a database", () => {
  const selector = seen(answer({ code: 303, location: "http://shop.example/web/database/selector" }));
  const holding = (...names: readonly string[]) => ({
    direct: selector,
    proxy: selector,
    databases: database(seen(activity({ odoo: names.map((name) => odooDatabase(name)) }))),
  });

  it("because there are several is told with their names; a restart would change nothing of that", () => {
    const diagnosis = diagnosisOf(holding("odoo", "odoo_test"));
    expect(diagnosis).toMatchObject({ cause: "odoo-unhealthy", ladder: [] });
    expect(diagnosis.finding).toContain("which database to serve");
    expect(diagnosis.finding).toContain("there are odoo and odoo_test");
    expect(diagnosis.advice).toContain("dbfilter");
  });

  it("because there is none is told as that, and nobody is sent to make a new one", () => {
    const diagnosis = diagnosisOf(holding());
    expect(diagnosis).toMatchObject({ cause: "odoo-unhealthy", ladder: [] });
    expect(diagnosis.finding).toContain("there is none that holds an Odoo");
    expect(diagnosis.advice).toMatch(/^Do not make a new one/);
  });

  it("although there is exactly one may be helped by a restart", () => {
    expect(diagnosisOf(holding("odoo"))).toMatchObject({ cause: "odoo-unhealthy", ladder: ["restart-odoo"] });
  });
});

describe("nginx", () => {
  const stopped = units({ nginx: { active: "inactive", downSince: ago(60) } });
  const failed = units({ nginx: { active: "failed", result: "exit-code", downSince: ago(60) } });

  it("that is down is started", () => {
    const shop = { proxy: seen(REFUSED), listeners: seen([listener(22, "sshd")]) };
    expect(diagnosisOf({ ...shop, units: stopped })).toMatchObject({
      cause: "nginx-down",
      finding: "nginx is not running",
      ladder: ["start-nginx"],
    });
    expect(diagnosisOf({ ...shop, units: failed }).finding).toBe("nginx is down (failed: exit-code)");
  });

  it("that is down with an invalid configuration is not started, and the line is told", () => {
    const diagnosis = diagnosisOf({ proxy: seen(REFUSED), units: failed, nginx: brokenNginx });
    expect(diagnosis).toMatchObject({ cause: "nginx-config-invalid", ladder: [] });
    expect(diagnosis.finding).toBe(
      'nginx is down, and its configuration is invalid: unknown directive "proxy_passs" in /etc/nginx/sites-enabled/odoo:24',
    );
  });

  it("that runs on with an older configuration than the broken one on disk is told before it restarts", () => {
    const diagnosis = diagnosisOf({ nginx: brokenNginx });
    expect(diagnosis).toMatchObject({ cause: "nginx-config-invalid", ladder: [] });
    expect(diagnosis.finding).toContain('unknown directive "proxy_passs"');
  });

  it("whose broken configuration serves nobody, for something else is the proxy, is no worry of ours", () => {
    expect(causeOf({ nginx: brokenNginx, listeners: seen([listener(80, "caddy")]) })).toBe("healthy");
  });

  it("that was never started is left alone where something else is the proxy", () => {
    const disabled = units({ nginx: { active: "inactive", upSince: undefined } });
    const caddy = container("caddy", { imageReference: "caddy:2", publishes: ["80/tcp"], exposes: [] });
    const running = diagnosisOf({
      containers: [odoo(), db(), caddy],
      proxy,
      units: disabled,
      listeners: seen([listener(80, "docker-proxy")]),
    });
    expect(running).toMatchObject({ cause: "unknown", ladder: [] });
    const down = diagnosisOf({
      containers: [odoo(), db(), { ...caddy, state: "exited", exitCode: 1 }],
      proxy: seen(REFUSED),
      units: disabled,
      listeners: seen([listener(22, "sshd")]),
    });
    expect(down).toMatchObject({ cause: "unknown", ladder: [] });
    expect(down.finding).toBe(
      "the reverse proxy is down: the container odoo-ce-caddy-1 (caddy:2) exited with status 1",
    );
  });

  it("that sends requests to where nothing listens is told with the line, and left alone", () => {
    const diagnosis = diagnosisOf({ proxy, nginx: nginx([upstream("127.0.0.1:8079")]) });
    expect(diagnosis).toMatchObject({ cause: "nginx-elsewhere", ladder: [] });
    expect(diagnosis.finding).toBe(
      "nginx sends requests to 127.0.0.1:8079 (/etc/nginx/sites-enabled/odoo:4; nothing listens there), and Odoo answers on 127.0.0.1:8069",
    );
  });
});

describe("nginx that answers by itself", () => {
  const maintenance = "<title>Back soon</title><h1>We are down for maintenance</h1>";

  it("with an empty page is told as that, with the line that would have led to Odoo", () => {
    const diagnosis = diagnosisOf({ proxy: seen(answer({ body: "", bytes: 0 })) });
    expect(diagnosis).toMatchObject({ cause: "nginx-elsewhere", ladder: [] });
    expect(diagnosis.finding).toBe(
      "nginx answers by itself and passes nothing on to Odoo, although 127.0.0.1:8069 (/etc/nginx/sites-enabled/odoo:4) is there: 200 in 0.12 s, but the page is not Odoo's login page: it is empty",
    );
    expect(diagnosis.advice).toMatch(
      /in \/etc\/nginx\/sites-enabled\/odoo that comes before `proxy_pass`.*by `url` which one/,
    );
  });

  it("without any way to Odoo, or with an error of its own, is told too", () => {
    const without = diagnosisOf({ proxy: seen(answer({ body: maintenance })), nginx: nginx([]) });
    expect(without.cause).toBe("nginx-elsewhere");
    expect(without.finding).toContain("no location of its configuration leads to Odoo");
    const own = answer({ code: 503, body: "<hr><center>nginx/1.22.1</center>" });
    expect(causeOf({ proxy: seen(own) })).toBe("nginx-elsewhere");
    const named = diagnosisOf({ proxy: seen(own) }, [], { url: new URL("https://shop.example") });
    expect(named.advice).not.toContain("localhost");
  });

  it("is not blamed for what a server behind it says, nor for what another proxy does", () => {
    const gateway = answer({ code: 502, body: "<hr><center>nginx/1.22.1</center>" });
    expect(causeOf({ proxy: seen(gateway) })).toBe("unknown");
    expect(causeOf({ proxy: seen(answer({ code: 404, body: "Not Found" })) })).toBe("unknown");
    expect(
      causeOf({ proxy: seen(answer({ body: maintenance })), listeners: seen([listener(80, "caddy")]) }),
    ).toBe("unknown");
  });

  it("with a page about maintenance is no more than that while Odoo is stopped", () => {
    const shop = { containers: [odoo(exited), db()], proxy: seen(answer({ body: maintenance })) };
    const diagnosis = diagnosisOf(shop);
    expect(diagnosis).toMatchObject({ cause: "odoo-stopped", ladder: ["start-stack"] });
    expect(diagnosis.layers.at(-1)?.why).toContain("it is one about maintenance (Back soon)");
  });
});

describe("a redirect that leads to itself", () => {
  const url = new URL("https://shop.example");
  const circle = (location: string) => seen(answer({ code: 301, location, body: "" }));

  it("of nginx's is told with its file, and nothing is restarted", () => {
    const diagnosis = diagnosisOf({ proxy: circle("http://localhost/web/login") });
    expect(diagnosis).toMatchObject({ cause: "redirect-loop", ladder: [] });
    expect(diagnosis.finding).toBe(
      "nginx sends browsers round in a circle, and Odoo does not: 301 to http://localhost/web/login in 0.12 s, which is where it was asked for: a circle",
    );
    expect(diagnosis.advice).toContain("in /etc/nginx/sites-enabled/odoo, or what it includes");
  });

  it("between http and https is one", () => {
    const proxy = seen({
      door: "https:443",
      answer: answer({ code: 302, location: "http://localhost/web/login", body: "" }),
    });
    expect(diagnose({ ...survey(), proxy }, NO_WISHES).cause).toBe("redirect-loop");
  });

  it("of Odoo's own is told as Odoo's, whatever nginx makes of it", () => {
    const diagnosis = diagnosisOf(
      { direct: circle("https://shop.example/web/login"), proxy: circle("https://shop.example/web/login") },
      [],
      { url },
    );
    expect(diagnosis.cause).toBe("redirect-loop");
    expect(diagnosis.finding).toMatch(/^Odoo itself sends/);
    expect(diagnosis.ladder).toEqual([]);
  });

  it("that only the public meets is laid to what stands between", () => {
    const page = answer({ code: 301, location: "https://shop.example/web/login", body: "" });
    const cloudflare = { server: "cloudflare", "cf-ray": "88a1b2c3d4e5f6-FRA" };
    const outside = (headers = {}) =>
      diagnosisOf({ public: seen(publicProbe({ answer: page, headers })) }, [], { url });
    expect(outside()).toMatchObject({ cause: "redirect-loop", ladder: [] });
    expect(outside().advice).toContain("a load balancer, a CDN");
    expect(outside(cloudflare).advice).toMatch(/^Cloudflare stands between/);
  });

  it("is not the root while Odoo is down", () => {
    expect(causeOf({ containers: [odoo(exited), db()], proxy: circle("http://localhost/web/login") })).toBe(
      "odoo-stopped",
    );
  });
});

describe("a page for choosing a database", () => {
  it("that comes with 200 is one as much as a redirect to it", () => {
    const page = answer({ body: '<a href="/web?db=a" class="list-group-item">a</a>' });
    const two = activity({ odoo: [odooDatabase("a"), odooDatabase("b")] });
    const diagnosis = diagnosisOf({ direct: seen(page), proxy: seen(page), databases: database(seen(two)) });
    expect(diagnosis).toMatchObject({ cause: "odoo-unhealthy", ladder: [] });
    expect(diagnosis.finding).toContain("there are a and b");
  });
});

describe("the public side", () => {
  it("that answers otherwise than the host does is where a person must look", () => {
    const diagnosis = diagnosisOf({
      public: seen(publicProbe({ answer: TIMED_OUT, certificate: undefined })),
    });
    expect(diagnosis).toMatchObject({ cause: "public-unreachable", ladder: [] });
    expect(diagnosis.finding).toBe("the site is good on the host, and not from outside: no answer in time");
    expect(diagnosis.advice).toMatch(/DNS.*firewall/);
  });

  it("with a certificate that browsers refuse is bad, whatever page it hands out", () => {
    const certificate = { names: ["shop.example"], expires: ago(60), problem: "it expired on 2024-05-02" };
    const diagnosis = diagnosisOf({ public: seen(publicProbe({ certificate })) });
    expect(diagnosis).toMatchObject({ cause: "public-unreachable", ladder: [] });
    expect(diagnosis.finding).toContain("browsers refuse its certificate: it expired on 2024-05-02");
    expect(diagnosis.advice).toContain("certbot renew");
    // What could not be seen below changes nothing of that.
    expect(causeOf({ public: seen(publicProbe({ certificate })), databases: unseen("no psql") })).toBe(
      "public-unreachable",
    );
  });

  it("with a certificate that ends soon is warned of", () => {
    const certificate = { names: ["shop.example"], expires: NOW + 3.5 * 86_400_000, problem: undefined };
    const diagnosis = diagnosisOf({ public: seen(publicProbe({ certificate })) });
    expect(diagnosis.cause).toBe("healthy");
    expect(diagnosis.warnings).toEqual(["the certificate expires in 3 days (2024-05-05)"]);
  });

  it("on which a CDN shows its own page is told as that", () => {
    const headers = { server: "cloudflare", "cf-ray": "88a1b2c3d4e5f6-FRA" };
    const page = publicProbe({ answer: answer({ code: 521, body: "Web server is down" }), headers });
    const diagnosis = diagnosisOf({ public: seen(page) });
    expect(diagnosis.cause).toBe("public-unreachable");
    expect(diagnosis.finding).toBe("Cloudflare answers 521: it cannot use the droplet");
    expect(diagnosis.advice).toContain("CDN");
    expect(diagnosis.topology).toEqual(["Cloudflare stands in front of the site"]);
    const challenge = publicProbe({
      answer: answer({ code: 403, body: "Just a moment..." }),
      headers: { ...headers, "cf-mitigated": "challenge" },
    });
    // That says nothing of whether people get through.
    const asked = diagnosisOf({ public: seen(challenge) });
    expect(asked).toMatchObject({ cause: "unknown", ladder: [] });
    expect(asked.layers.at(-1)).toMatchObject({
      name: "public",
      state: "not observed",
      why: expect.stringContaining("a challenge page"),
    });
  });

  it("is not the root while the host itself is bad", () => {
    const bad = seen(publicProbe({ answer: BAD_GATEWAY }));
    expect(causeOf({ containers: [odoo(exited), db()], proxy, public: bad })).toBe("odoo-stopped");
  });
});

describe("of several faults at once", () => {
  const disks = seen([disk("/", { available: 0 })]);
  const stoppedNginx = { units: units({ nginx: { active: "inactive", downSince: ago(60) } }) };
  const wrongNginx = { nginx: nginx([upstream("127.0.0.1:8079")]) };
  const pull = process("docker compose pull odoo", { pid: 900 });

  it.each<readonly [string, Shop, Cause]>([
    [
      "a full disk is before somebody at work, who cannot end the work either",
      { ...fails, disks, processes: seen([...PROCESSES, pull]) },
      "disk-full",
    ],
    [
      "a full disk is before a stopped stack",
      { containers: [odoo(exited), db(exited)], proxy, disks },
      "disk-full",
    ],
    [
      "a stopped stack is before a stopped nginx",
      { containers: [odoo(exited), db(exited)], ...stoppedNginx, proxy: seen(REFUSED) },
      "stack-down",
    ],
    [
      "a stopped database is before a crash loop",
      { containers: [odoo(falling), db(exited)], ...down },
      "database-down",
    ],
    [
      "a stopped database is before a paused Odoo",
      { containers: [odoo({ state: "paused" }), db(exited)], ...hangs },
      "database-down",
    ],
    [
      "a database that recovers is before a stopped Odoo",
      {
        containers: [odoo(exited), db()],
        proxy,
        databases: database(unseen("psql: error: FATAL:  the database system is starting up")),
      },
      "database-starting",
    ],
    [
      "a database that is locked up is before a crash loop",
      {
        containers: [odoo(falling), db()],
        ...down,
        log: logged(9, 'FATAL:  password authentication failed for user "odoo"'),
      },
      "database-unreachable",
    ],
    [
      "a stopped Odoo is before a stopped nginx",
      { containers: [odoo(exited), db()], ...stoppedNginx, proxy: seen(REFUSED) },
      "odoo-stopped",
    ],
    ["a hanging Odoo is before a wrong upstream", { ...hangs, ...wrongNginx }, "odoo-frozen"],
    [
      "a lost port is before a wrong upstream",
      { ...down, ...wrongNginx, probe: { inner: LOGIN_PAGE } },
      "port-mapping-missing",
    ],
    [
      "a stopped nginx is before a wrong upstream",
      { ...wrongNginx, ...stoppedNginx, proxy: seen(REFUSED), listeners: seen(LISTENERS.slice(0, 1)) },
      "nginx-down",
    ],
    [
      "a wrong upstream is before what the public gets",
      { ...wrongNginx, proxy, public: seen(publicProbe({ answer: BAD_GATEWAY })) },
      "nginx-elsewhere",
    ],
  ])("%s", (_, shop, cause) => {
    expect(causeOf(shop)).toBe(cause);
  });
});
