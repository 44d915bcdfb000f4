// Since when the site is bad, and what happened just before.

import { describe, expect, it } from "vitest";
import { seen, unseen } from "../../src/survey/survey.ts";
import {
  accessLog,
  activity,
  ago,
  BAD_GATEWAY,
  database,
  db,
  diagnosisOf,
  host,
  NOW,
  odoo,
  odooDatabase,
  REFUSED,
  type Shop,
  stamp,
  units,
} from "./surveys.ts";

const proxy = seen(BAD_GATEWAY);
/** Odoo ended 767 s ago: at 02:47:13. */
const ended = odoo({ state: "exited", pid: 0, exitCode: 1, finishedAt: stamp(767) });
const noHistory = { files: [], git: [], packages: [], kills: [], gaveUp: [] };
const since = (shop: Shop): string => diagnosisOf({ proxy, ...shop }).since;
const changes = (shop: Shop): string[] => diagnosisOf(shop).changes.map(({ what }) => what);

describe("a site that is down", () => {
  it("is down since its first bad answer, shortly after what changed", () => {
    const recreated = odoo({
      createdAt: stamp(782),
      startedAt: stamp(781),
      state: "restarting",
      restartCount: 4,
    });
    expect(
      since({
        containers: [recreated, db()],
        images: seen(new Map([["odoo:14", { id: recreated.imageId, taggedAt: ago(800) }]])),
        accessLogs: seen([accessLog([], { badSince: ago(767), lastGood: ago(790) })]),
      }),
    ).toBe("Down since 02:47:13 UTC, 15 s after the Odoo container was recreated from a newly tagged image");
  });

  it("is down since the container ended, and that end is not told as its own reason", () => {
    expect(since({ containers: [ended, db()] })).toBe("Down since 02:47:13 UTC");
    const files = [{ at: ago(787), file: "/opt/odoo-ce/odoo.conf" }];
    expect(since({ containers: [ended, db()], history: seen({ ...noHistory, files }) })).toBe(
      "Down since 02:47:13 UTC, 20 s after /opt/odoo-ce/odoo.conf was changed",
    );
  });

  it.each<readonly [string, Shop]>([
    [
      "the package nginx was upgraded to 1.22.1",
      {
        units: units({ nginx: { active: "failed", downSince: ago(767) } }),
        proxy: seen(REFUSED),
        history: seen({ ...noHistory, packages: [{ at: ago(787), what: "nginx was upgraded to 1.22.1" }] }),
      },
    ],
    [
      "the checkout in /opt/odoo-ce moved to abc1234 Add phone numbers",
      {
        containers: [ended, db()],
        history: seen({
          ...noHistory,
          git: [{ at: ago(787), directory: "/opt/odoo-ce", commit: "abc1234 Add phone numbers" }],
        }),
      },
    ],
    [
      "the kernel killed for want of memory: python3",
      {
        containers: [ended, db()],
        history: seen({ ...noHistory, kills: [{ at: ago(787), what: "python3" }] }),
      },
    ],
    ["the host was booted", { containers: [ended, db()], host: seen(host({ uptimeSeconds: 787 })) }],
    [
      "the module shop_notes was installed or updated in odoo",
      {
        containers: [ended, db()],
        databases: database(
          seen(
            activity({
              odoo: [
                odooDatabase("odoo", {
                  recent: [{ name: "shop_notes", state: "installed", at: ago(787) }],
                }),
              ],
            }),
          ),
        ),
      },
    ],
  ])("is told beside what came before it: %s", (what, shop) => {
    expect(since(shop)).toBe(`Down since 02:47:13 UTC, 20 s after ${what}`);
  });

  it("is told beside the nearest change before it, never one after it or long before", () => {
    const files = [
      { at: ago(700), file: "/after" },
      { at: ago(767 + 240), file: "/before" },
      { at: ago(767 + 800), file: "/earlier" },
    ];
    expect(since({ containers: [ended, db()], history: seen({ ...noHistory, files }) })).toBe(
      "Down since 02:47:13 UTC, 4 min after /before was changed",
    );
    const quarter = [{ at: ago(767 + 899), file: "/quarter-of-an-hour-before" }];
    expect(since({ containers: [ended, db()], history: seen({ ...noHistory, files: quarter }) })).toBe(
      "Down since 02:47:13 UTC, 15 min after /quarter-of-an-hour-before was changed",
    );
    const old = [{ at: ago(767 + 901), file: "/long-before" }];
    expect(since({ containers: [ended, db()], history: seen({ ...noHistory, files: old }) })).toBe(
      "Down since 02:47:13 UTC",
    );
  });

  it("is down since the earliest of what bears witness", () => {
    const shop = { containers: [ended, db()], accessLogs: seen([accessLog([], { badSince: ago(900) })]) };
    const { outage } = diagnosisOf({ proxy, ...shop });
    expect(outage).toEqual({ since: ago(900), how: "the first 5xx in /var/log/nginx/access.log" });
  });

  it("for days is told with the day", () => {
    const long = odoo({ state: "exited", finishedAt: "2024-04-30T02:47:13Z" });
    expect(since({ containers: [long, db()] })).toBe("Down since 2024-04-30 02:47:13 UTC");
    const yesterday = odoo({ state: "exited", finishedAt: "2024-05-01T23:47:13Z" });
    expect(since({ containers: [yesterday, db()] })).toBe("Down since 23:47:13 UTC");
  });

  it("since when nobody saw says nothing", () => {
    expect(since({ accessLogs: unseen("in JSON") })).toBe("");
  });

  it("has no such time while it is good, whatever bears witness of an earlier one", () => {
    const diagnosis = diagnosisOf({ accessLogs: seen([accessLog([], { badSince: ago(900) })]) });
    expect(diagnosis).toMatchObject({ outage: undefined, since: "" });
  });
});

describe("what changed", () => {
  it("within a day is listed, newest first", () => {
    const history = seen({
      files: [
        { at: ago(3_600), file: "/opt/odoo-ce/.env" },
        { at: ago(90_000), file: "/opt/odoo-ce/older" },
      ],
      git: [],
      packages: [{ at: ago(60), what: "tzdata was upgraded" }],
      kills: [],
      gaveUp: [],
    });
    expect(changes({ history })).toEqual([
      "the package tzdata was upgraded",
      "/opt/odoo-ce/.env was changed",
      "the Odoo container was recreated",
      "the database container was recreated",
    ]);
  });

  it("tells who started a container: a person, or Docker", () => {
    const started = (restartCount: number) =>
      changes({ containers: [odoo({ startedAt: stamp(60), restartCount }), db()] })[0];
    expect(started(0)).toBe("the Odoo container was started");
    expect(started(1)).toBe("the Odoo container was restarted by Docker");
  });

  it("tells how a container ended", () => {
    expect(changes({ containers: [ended, db()] })[0]).toBe("the Odoo container ended with status 1");
  });

  it("names an image as the reason for a container only when it was tagged shortly before, and is the one it runs", () => {
    const of = (id: string, taggedAt: number) =>
      changes({ images: seen(new Map([["odoo:14", { id, taggedAt }]])) });
    const created = Date.parse(odoo().createdAt);
    expect(of("sha256:odoo", created - 60_000)).toContain(
      "the Odoo container was recreated from a newly tagged image",
    );
    expect(of("sha256:odoo", created - 7_200_000)).toContain("the Odoo container was recreated");
    expect(of("sha256:another", created - 60_000)).toContain("the Odoo container was recreated");
    expect(of("sha256:odoo", created + 60_000)).toContain("the image odoo:14 was pulled, built or tagged");
  });

  it("is not taken from a clock that runs ahead, nor from times that are none", () => {
    const history = seen({ ...noHistory, files: [{ at: NOW + 3_600_000, file: "/ahead" }] });
    const containers = [odoo({ createdAt: "", startedAt: "", finishedAt: "" }), db()];
    expect(changes({ containers, history })).toEqual(["the database container was recreated"]);
  });

  it("is nothing where the host's clock is not known", () => {
    expect(changes({ host: unseen("no date") })).toEqual([]);
  });
});
