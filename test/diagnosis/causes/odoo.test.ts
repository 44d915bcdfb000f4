// Causes that lie in Odoo itself, its container, and its port.

import { describe, expect, it } from "vitest";
import { seen, unseen } from "../../../src/survey/survey.ts";
import {
  activity,
  answer,
  BROKEN,
  container,
  DB,
  database,
  db,
  diagnosisOf,
  LOGIN_PAGE,
  listener,
  logged,
  nginx,
  ODOO,
  odoo,
  odooDatabase,
  PROCESSES,
  process,
  project,
  REFUSED,
  settings,
  stamp,
  units,
  upstream,
} from "../surveys.ts";

import { causeOf, down, exited, fails, falling, hangs, proxy, trying } from "./states.ts";

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

describe("a page for choosing a database", () => {
  it("that comes with 200 is one as much as a redirect to it", () => {
    const page = answer({ body: '<a href="/web?db=a" class="list-group-item">a</a>' });
    const two = activity({ odoo: [odooDatabase("a"), odooDatabase("b")] });
    const diagnosis = diagnosisOf({ direct: seen(page), proxy: seen(page), databases: database(seen(two)) });
    expect(diagnosis).toMatchObject({ cause: "odoo-unhealthy", ladder: [] });
    expect(diagnosis.finding).toContain("there are a and b");
  });
});
