// Causes that lie in the database.

import { describe, expect, it } from "vitest";
import { seen, unseen } from "../../../src/survey/survey.ts";
import { activity, database, db, diagnosisOf, logged, odoo, project, session } from "../surveys.ts";

import { causeOf, down, exited, fails, falling, hangs } from "./states.ts";

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
