// Which modules a person should look at first: only where a module may be to blame, and never without a reason.

import { describe, expect, it } from "vitest";
import type { Bundle, OdooDatabase } from "../../src/survey/survey.ts";
import { seen } from "../../src/survey/survey.ts";
import {
  activity,
  ago,
  answer,
  asset,
  BAD_GATEWAY,
  BUNDLES,
  database,
  db,
  diagnosisOf,
  LOGIN_PAGE,
  logged,
  odoo,
  odooDatabase,
  PROCESSES,
  pageAssets,
  process,
  type Shop,
} from "./surveys.ts";

const holding = (more: Partial<OdooDatabase>) =>
  database(seen(activity({ odoo: [odooDatabase("odoo", more)] })));
const touched = (name: string, secondsAgo: number, state = "installed") => ({
  name,
  state,
  at: ago(secondsAgo),
});
const traceback = (secondsAgo: number, module = "shop_notes") =>
  logged(
    secondsAgo,
    `Traceback (most recent call last):
  File "/usr/lib/python3/dist-packages/odoo/modules/registry.py", line 86, in new
  File "/mnt/extra-addons/${module}/models.py", line 3, in <module>
ModuleNotFoundError: No module named 'phonenumbers'`,
  );
const fails = { direct: seen(answer({ code: 500 })), proxy: seen(answer({ code: 500 })) };
const suspects = (shop: Shop) => diagnosisOf(shop).suspects;

describe("a module is suspected", () => {
  it("first where a traceback names it, and more so where it was just updated", () => {
    expect(
      suspects({
        ...fails,
        log: traceback(60),
        databases: holding({
          recent: [touched("shop_theme", 300), touched("shop_notes", 900), touched("shop_old", 40_000)],
        }),
      }),
    ).toEqual([
      {
        module: "shop_notes",
        why: "named by the traceback in Odoo's log (models.py line 3); installed or updated 14 min before the first error",
      },
      { module: "shop_theme", why: "installed or updated 4 min before the first error" },
      { module: "shop_old", why: "installed or updated 11 h before the first error" },
    ]);
  });

  it("where it is stuck half-way, or was removed", () => {
    expect(
      suspects({
        ...fails,
        databases: holding({
          pending: [{ name: "shop_notes", state: "to upgrade" }],
          recent: [touched("shop_old", 60, "uninstalled")],
        }),
      }),
    ).toEqual([
      { module: "shop_notes", why: "stuck in `to upgrade`" },
      { module: "shop_old", why: "uninstalled 1 min before the first error" },
    ]);
  });

  it("where its stylesheet is in a bundle that does not compile, and it was touched lately", () => {
    const login = LOGIN_PAGE.answered ? LOGIN_PAGE.body : "";
    // As Odoo 14 wrote it.
    const page = seen(
      answer({
        body: `${login}<script>window.__assetsBundleErrorSeen = true;
            })("Error: Undefined variable: \\"$shop-brand-colour\\".&NewLine;        on line 4177:25 of /stdin&NewLine;This error occured while compiling the bundle 'web.assets_frontend' containing:&NewLine;    - /web/static/lib/bootstrap/scss/_functions.scss&NewLine;    - /shop_notes/static/src/scss/shop.scss");</script>`,
      }),
    );
    const diagnosis = diagnosisOf({
      direct: page,
      proxy: page,
      databases: holding({ recent: [touched("shop_theme", 200), touched("shop_notes", 200)] }),
    });
    expect(diagnosis.cause).toBe("assets-poisoned");
    expect(diagnosis.finding).toBe(
      'web.assets_frontend.css was compiled with an error: Error: Undefined variable: "$shop-brand-colour"',
    );
    // The list of the bundle's files names nobody; what Odoo remembers of the page goes with a restart.
    expect(diagnosis.advice).toMatch(/^Mend the source first\. Deleting.* Then restart Odoo once/);
    expect(diagnosis.suspects.map(({ module }) => module)).toEqual(["shop_notes", "shop_theme"]);
    expect(diagnosis.suspects[0]?.why).toContain(
      "/shop_notes/static/src/scss/shop.scss is in the bundle that does not compile",
    );
  });

  it("never where nothing but the time speaks against all of them at once, or it came after the error", () => {
    const many = Array.from({ length: 8 }, (_, at) => touched(`module_${at}`, 300 + at));
    const recent = [...many, touched("shop_late", 5)];
    expect(suspects({ ...fails, log: traceback(60, "base"), databases: holding({ recent }) })).toEqual([]);
  });

  it("never where the cause is none of Odoo's own, or the site is well", () => {
    const recent = [touched("shop_notes", 300)];
    const databases = holding({ recent, pending: [] });
    expect(suspects({ databases })).toEqual([]);
    expect(
      suspects({ containers: [odoo({ state: "exited" }), db()], proxy: seen(BAD_GATEWAY), databases }),
    ).toEqual([]);
    const gone = { code: 404, contentType: "text/html" };
    const [css] = BUNDLES as readonly [Bundle];
    const proxyPage = pageAssets(asset(css, gone));
    expect(diagnosisOf({ proxyPage, databases })).toMatchObject({ cause: "assets-proxy", suspects: [] });
  });
});

describe("modules that are stuck half-way", () => {
  const databases = holding({
    pending: [
      { name: "shop_notes", state: "to upgrade" },
      { name: "shop_old", state: "to remove" },
    ],
  });

  it("are warned of on a site that works: its scheduled actions do not run", () => {
    const { cause, warnings } = diagnosisOf({ databases });
    expect(cause).toBe("healthy");
    expect(warnings).toEqual([
      "modules are stuck half-way, and no scheduled action runs until they are not: shop_notes in `to upgrade`, shop_old in `to remove`",
    ]);
  });

  it("are not stuck while somebody updates them", () => {
    const update = process("/usr/bin/python3 /usr/bin/odoo -d odoo -u shop_notes --stop-after-init", {
      pid: 900,
    });
    expect(diagnosisOf({ databases, processes: seen([...PROCESSES, update]) }).warnings).toEqual([]);
  });
});
