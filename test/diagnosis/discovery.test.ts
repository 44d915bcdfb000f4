// What the running Odoo is told, by whom, and what follows from it.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { selectedBy, settingOf, whyNoneIsServed } from "../../src/diagnosis/discovery.ts";
import { seen, unseen } from "../../src/survey/survey.ts";
import {
  activity,
  answer,
  database,
  db,
  diagnosisOf,
  odoo,
  odooDatabase,
  running,
  type Shop,
  settings,
  survey,
} from "./surveys.ts";

const told = (...options: readonly (readonly [string, string])[]) =>
  seen(new Map([["odoo-ce-odoo-id", running({ options: new Map(options) })]]));
const holding = (...names: readonly string[]) =>
  database(seen(activity({ odoo: names.map((each) => odooDatabase(each)) })));
const SELECTOR = seen(
  answer({ code: 303, location: "http://127.0.0.1:8069/web/database/selector", body: "" }),
);
const url = new URL("https://shop.example");

describe("a setting", () => {
  const setting = (name: string, shop: Shop) => settingOf(survey(shop), odoo(), name);

  it("is what the command line says, then odoo.conf, then the container's environment", () => {
    const conf = settings({ name: "db_host", value: "db-conf", line: 7 });
    expect(setting("db_host", { settings: conf, running: told(["db_host", "db-told"]) })).toEqual({
      name: "db_host",
      value: "db-told",
      from: "its command line",
    });
    expect(setting("db_host", { settings: conf, running: told() })).toMatchObject({
      value: "db-conf",
      from: "/etc/odoo/odoo.conf:7",
    });
    expect(setting("db_host", { settings: settings(), running: told() })).toMatchObject({
      value: "db",
      from: "the container's environment",
    });
    expect(setting("workers", { settings: settings(), running: told() })).toBeUndefined();
    expect(settingOf(survey({}), undefined, "workers")).toBeUndefined();
  });

  it("is named with the file that Odoo really reads, and by the last of two lines", () => {
    const look = {
      settings: settings({ name: "workers", value: "2", line: 4 }, { name: "workers", value: "4", line: 9 }),
      running: seen(new Map([["odoo-ce-odoo-id", running({ configFile: "/srv/odoo.conf" })]])),
    };
    expect(setting("workers", look)).toMatchObject({ value: "4", from: "/srv/odoo.conf:9" });
  });

  it("that says nothing is none, and `False` is a value where it is one", () => {
    const conf = settings(
      { name: "dbfilter", value: "", line: 2 },
      { name: "data_dir", value: "None", line: 3 },
      { name: "list_db", value: "False", line: 4 },
    );
    expect(setting("dbfilter", { settings: conf })).toBeUndefined();
    expect(setting("data_dir", { settings: conf })).toBeUndefined();
    expect(setting("list_db", { settings: conf })?.value).toBe("False");
  });

  it("under its older name is one", () => {
    expect(
      setting("http_port", { settings: settings({ name: "xmlrpc_port", value: "8079", line: 2 }) }),
    ).toEqual({
      name: "xmlrpc_port",
      value: "8079",
      from: "/etc/odoo/odoo.conf:2",
    });
  });
});

describe("a filter of databases", () => {
  const names = ["shop", "shop_test", "staging"];

  it.each<readonly [string, string | undefined, readonly string[] | undefined]>([
    ["^%d$", "shop.example", ["shop"]],
    ["^%d$", "www.shop.example", ["shop"]],
    ["%d", "shop.example", ["shop", "shop_test"]],
    ["^%h$", "shop.example", []],
    ["^staging$", undefined, ["staging"]],
    ["shop.*", undefined, ["shop", "shop_test"]],
    ["^(shop|staging)$", undefined, undefined],
    ["^%d$", undefined, undefined],
    ["[", undefined, undefined],
    ["*", undefined, undefined],
    [".*.*.*.*x", undefined, undefined],
  ])(
    "%s for %s lets see what it lets see in Odoo, where it is plain enough to say",
    (filter, host, seenThere) => {
      expect(selectedBy(filter, host, names)).toEqual(seenThere);
    },
  );

  it("takes a host name for nothing but its characters", () => {
    fc.assert(
      fc.property(fc.domain(), (host) => {
        expect(selectedBy("^%h$", host, [host, `${host}x`, host.replace(".", "x")])).toEqual([host]);
      }),
    );
  });

  it("never makes the reading fail or last", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."ab.*+?^$\\|()[]%hd") }), (filter) => {
        selectedBy(filter, "shop.example", ["a".repeat(63), ...names]);
      }),
    );
  });
});

describe("an Odoo that serves none of the databases that there are", () => {
  const named = settings({ name: "db_name", value: "odoo_core", line: 3 });
  const bad = { direct: SELECTOR, proxy: SELECTOR };

  it("is told with the name that is not there, and is not restarted with it", () => {
    const diagnosis = diagnosisOf({ ...bad, settings: named, databases: holding("odoo") });
    expect(diagnosis).toMatchObject({ cause: "odoo-unhealthy", ladder: [] });
    expect(diagnosis.finding).toContain(
      "odoo_core is named (`db_name`, /etc/odoo/odoo.conf:3), and PostgreSQL has no Odoo under that name: there is odoo",
    );
    expect(diagnosis.advice).toContain("it would make a new, empty database");
    expect(diagnosis.ruledOut.find(({ remedy }) => remedy === "restart-odoo")?.why).toContain(
      "a restart changes nothing of that",
    );
  });

  it("is told with the filter that lets nobody see it", () => {
    const filter = settings({ name: "dbfilter", value: "^%d$", line: 5 });
    const diagnosis = diagnosisOf({ ...bad, settings: filter, databases: holding("odoo") }, [], { url });
    expect(diagnosis.finding).toContain(
      "`dbfilter = ^%d$` (/etc/odoo/odoo.conf:5) lets shop.example see none of odoo",
    );
    expect(diagnosis.ladder).toEqual([]);
  });

  it("is none where it may serve one, or what there is was not seen", () => {
    const why = (shop: Shop) => whyNoneIsServed(survey(shop), { odoo: odoo(), db: db() }, url);
    expect(why({ databases: holding("odoo") })).toBeUndefined();
    expect(why({ settings: named, databases: database(unseen("no psql")) })).toBeUndefined();
    expect(why({ settings: named, databases: holding() })).toBeUndefined();
    expect(why({ settings: named, databases: holding("odoo_core", "test") })).toBeUndefined();
  });
});

describe("how the site is set up", () => {
  const facts = (shop: Shop, wishes = {}) =>
    diagnosisOf(shop, [], wishes).facts.map(({ what, value, from }) => `${what}: ${value} (${from})`);

  it("is told with versions, database, places and who said so", () => {
    expect(
      facts({
        settings: settings(
          { name: "workers", value: "2", line: 4 },
          { name: "proxy_mode", value: "True", line: 6 },
        ),
        running: told(["db_host", "db"], ["dbfilter", "^odoo$"]),
      }),
    ).toEqual([
      "Odoo: 14.0 (its module base in odoo)",
      "PostgreSQL: 15.20 (PostgreSQL itself)",
      "database: odoo (the only one that holds an Odoo)",
      "data_dir: /var/lib/odoo (Odoo's own default)",
      "Odoo's user and group: 101:101 (the running process)",
      "db_host: db (its command line)",
      "dbfilter: ^odoo$ (its command line)",
      "workers: 2 (/etc/odoo/odoo.conf:4)",
      "proxy_mode: True (/etc/odoo/odoo.conf:6)",
    ]);
  });

  it("leaves out what was not seen", () => {
    expect(
      facts({ databases: unseen("no psql"), running: unseen("no python3"), settings: unseen("no tar") }),
    ).toEqual(["db_host: db (the container's environment)"]);
  });
});

describe("several databases of which none is named", () => {
  const databases = holding("odoo", "test");

  it("are no trouble for a site that works; what could not be audited is told", () => {
    const diagnosis = diagnosisOf({ databases });
    expect(diagnosis.cause).toBe("healthy");
    expect(diagnosis.warnings).toEqual([
      "the files that Odoo needs were not audited, for its database is not known: several databases hold an Odoo: odoo, test; name one with `database`",
    ]);
    expect(diagnosisOf({ databases }, [], { database: "test" }).warnings).toEqual([]);
  });

  it("keep a step from running that needs one, with the list", () => {
    const falling = odoo({ state: "restarting", exitCode: 1, restartCount: 7, pid: 0 });
    const diagnosis = diagnosisOf({ containers: [falling, db()], proxy: SELECTOR, databases });
    expect(diagnosis).toMatchObject({ cause: "odoo-crash-loop", ladder: [] });
    expect(diagnosis.ruledOut.find(({ remedy }) => remedy === "boot-check")?.why).toContain("odoo, test");
  });
});
