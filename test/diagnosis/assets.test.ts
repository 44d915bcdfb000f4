// The stylesheets and scripts of the login page: each kind of what can be wrong with one, and the layer that tells it.

import { describe, expect, it } from "vitest";
import { type AssetFinding, assetsOf, beyondThePage } from "../../src/diagnosis/assets.ts";
import { findTarget } from "../../src/diagnosis/find-target.ts";
import { type Asset, type AssetAnswer, type Bundle, seen, unseen } from "../../src/survey/survey.ts";
import {
  activity,
  answer,
  asset,
  BAD_GATEWAY,
  BUNDLES,
  bundle,
  database,
  db,
  diagnosisOf,
  filestore,
  GONE,
  LOGIN_PAGE,
  logged,
  NO_WISHES,
  odoo,
  odooDatabase,
  pageAssets,
  REFUSED,
  type Shop,
  survey,
} from "./surveys.ts";

const [CSS] = BUNDLES as readonly [Bundle];
const OTHERS = BUNDLES.slice(1).map((each) => asset(each));
const SHA1 = CSS.storedAs.split("/")[1] ?? "";

/** A page on which one asset is as told, and the others are good. */
const pageWith = (...assets: readonly Asset[]) => pageAssets(...assets, ...OTHERS);
const bent = (more: Partial<AssetAnswer & { answered: true }>) => pageWith(asset(CSS, more));
const stored = (state: "missing" | "unreadable" | "corrupt" | "good", of = CSS) =>
  seen([
    filestore({
      bundles: filestore().bundles.map((file) => (file.storedAs === of.storedAs ? { ...file, state } : file)),
    }),
  ]);
const rows = (...bundles: readonly Bundle[]) =>
  database(seen(activity({ odoo: [odooDatabase("odoo", { bundles: seen(bundles) })] })));

function sightOf(shop: Shop) {
  const look = survey(shop);
  const search = findTarget(look, NO_WISHES);
  if (search.found !== "one") throw new Error("the shop has no target");
  return { ...assetsOf(look, search.target), beyond: beyondThePage(look, search.target) };
}
function only(shop: Shop): AssetFinding {
  const { findings } = sightOf(shop);
  expect(findings).toHaveLength(1);
  return findings[0] as AssetFinding;
}
function layerOf(shop: Shop) {
  return diagnosisOf(shop).layers.find(({ name }) => name === "assets");
}

describe("the assets of the login page", () => {
  it("are good where each is handed out as what it is, at both places", () => {
    expect(sightOf({})).toMatchObject({
      at: ["direct", "proxy"],
      findings: [],
      bare: [],
      unseen: [],
      total: 4,
    });
    expect(layerOf({})).toEqual({
      name: "assets",
      state: "good",
      why: "4 of 4 stylesheets and scripts, at direct and proxy",
    });
    expect(sightOf({ page: bent({ sha1: SHA1 }) }).findings).toEqual([]);
  });

  it("are named where they are bad, with the place and the reason", () => {
    const page = pageAssets(...BUNDLES.map((each) => asset(each, GONE)));
    expect(layerOf({ page })).toEqual({
      name: "assets",
      state: "bad",
      why: "web.assets_frontend.css, web.assets_common.css, web.assets_common_minimal_js.js and 1 more (404 at direct and proxy)",
    });
    const differs = { page: bent(GONE), proxyPage: bent({ ...GONE, code: 500 }) };
    expect(layerOf(differs)?.why).toBe("web.assets_frontend.css (404 at direct, 500 at proxy)");
  });

  it.each<readonly [string, Partial<AssetAnswer & { answered: true }>, string]>([
    ["not modified, which nobody asked about", { code: 304, bytes: 0 }, "304"],
    ["a redirect to elsewhere", { code: 302, location: "http://x/web/login" }, "302 to /web/login"],
    ["nothing", { bytes: 0 }, "200 with 0 bytes"],
    [
      "a page of HTML",
      { contentType: "text/html; charset=utf-8" },
      "200 with text/html; charset=utf-8, which is no stylesheet",
    ],
    ["no type", { contentType: "" }, "200 with no content type, which is no stylesheet"],
    [
      "an error that was compiled into it",
      { markers: ["/* ## CSS error message ##*/"] },
      "200 with an error compiled into it",
    ],
    ["other content than was stored", { sha1: "f".repeat(40) }, "200 with another content than was stored"],
    [
      "half of what was stored",
      { sha1: "f".repeat(40), bytes: 600 },
      "200 with 600 bytes, and 1214 were stored",
    ],
    [
      "half of it, where the host cannot compute a SHA-1",
      { bytes: 600 },
      "200 with 600 bytes, and 1214 were stored",
    ],
  ])("are bad with %s", (_, more, why) => {
    expect(only({ page: bent(more) }).why).toMatch(new RegExp(`^${why.replace(/[;/]/g, "\\$&")} at direct`));
  });

  it("are bad where they do not come at all", () => {
    const page = pageWith({
      ...asset(CSS),
      answer: { answered: false, problem: "timed-out", detail: "" },
    });
    expect(only({ page })).toMatchObject({ kind: "other", why: "no answer in time at direct and proxy" });
  });

  it("of a script may have other types, and look for a stylesheet's errors", () => {
    const [, , script] = BUNDLES as readonly [Bundle, Bundle, Bundle];
    const page = (more: Partial<AssetAnswer & { answered: true }>) =>
      pageAssets(asset(CSS), asset(script, more));
    for (const contentType of ["text/javascript", "application/x-javascript"])
      expect(sightOf({ page: page({ contentType }) }).findings).toEqual([]);
    expect(sightOf({ page: page({ markers: ["css_error_message"] }) }).findings).toEqual([]);
    expect(only({ page: page({ contentType: "text/plain" }) }).why).toContain("which is no script");
  });

  it("are bad on a page that names no stylesheet", () => {
    expect(layerOf({ page: pageAssets(...OTHERS.filter(({ kind }) => kind === "js")) })).toMatchObject({
      state: "bad",
      why: "the login page at direct and proxy names no stylesheet",
    });
  });

  it("are left out where no login page is handed out, for that is bad already", () => {
    expect(layerOf({ direct: seen(REFUSED), proxy: seen(BAD_GATEWAY) })).toBeUndefined();
    expect(
      layerOf({ containers: [odoo({ state: "exited" }), db()], proxy: seen(BAD_GATEWAY) }),
    ).toBeUndefined();
    // Those of another page than Odoo's login page say nothing.
    const look = survey({ proxy: seen(answer({ body: "<h1>Welcome to nginx!</h1>" })) });
    const target = findTarget(look, NO_WISHES);
    if (target.found !== "one") throw new Error("no target");
    const others = { ...look, proxyAssets: seen(pageAssets()) };
    expect(assetsOf(others, target.target).at).toEqual(["direct"]);
  });

  it("are not observed where a page was handed out and they could not be asked for", () => {
    const blind = survey({});
    for (const part of [{ proxyAssets: unseen("no awk") }, { proxyAssets: seen(undefined) }]) {
      const target = findTarget(blind, NO_WISHES);
      if (target.found !== "one") throw new Error("no target");
      expect(assetsOf({ ...blind, ...part }, target.target).unseen).toHaveLength(1);
    }
    expect(layerOf({ directAssets: unseen("the probe failed") })).toEqual({
      name: "assets",
      state: "not observed",
      why: "stylesheets and scripts, at direct: the probe failed",
    });
    // What was seen to be bad is bad all the same.
    expect(layerOf({ directAssets: unseen("no"), proxyPage: bent(GONE) })?.state).toBe("bad");
  });

  it("of another host were not looked at: the layer is left out, and a warning says so", () => {
    const page = { assets: [], elsewhere: ["https://cdn.example/web.css", "//cdn.example/web.js"] };
    const diagnosis = diagnosisOf({ page });
    expect(diagnosis.cause).toBe("healthy");
    expect(diagnosis.layers.map(({ name }) => name)).not.toContain("assets");
    expect(diagnosis.warnings).toEqual([
      "2 stylesheets and scripts of the login page come from cdn.example: they were not looked at",
    ]);
    expect(layerOf({ page: { ...page, assets: OTHERS } })?.why).toMatch(/^3 of 3/);
  });
});

describe("what is wrong with an asset", () => {
  it("is its file, where a row names one that is missing, unreadable or corrupt", () => {
    const page = bent(GONE);
    expect(only({ page, files: stored("missing") })).toMatchObject({ kind: "missing file", row: CSS });
    expect(only({ page, files: stored("unreadable") }).kind).toBe("unreadable");
    // Odoo 14 answers 404 for a file of 0 bytes.
    expect(only({ page, files: stored("corrupt") }).kind).toBe("corrupt");
    expect(only({ page, files: stored("good") }).kind).toBe("other");
  });

  it("is told by what is handed out now, before what an earlier audit saw", () => {
    expect(sightOf({ page: bent({ sha1: SHA1 }), files: stored("corrupt") }).findings).toEqual([]);
    // Without a SHA-1 the audit is all that there is.
    expect(only({ files: stored("corrupt") }).kind).toBe("corrupt");
    expect(only({ page: bent({ sha1: "f".repeat(40) }), files: unseen("no") }).kind).toBe("corrupt");
    expect(only({ page: bent({ bytes: 0 }), files: unseen("no") }).kind).toBe("corrupt");
  });

  it("is told by Odoo's log where nobody could look at the files", () => {
    const log = (error: string) =>
      logged(
        5,
        `Traceback (most recent call last):\n${error}: '/var/lib/odoo/filestore/odoo/${CSS.storedAs}'`,
      );
    const shop = { page: bent(GONE), files: unseen("no python3") };
    expect(only({ ...shop, log: log("FileNotFoundError: [Errno 2] No such file or directory") }).kind).toBe(
      "missing file",
    );
    expect(only({ ...shop, log: log("PermissionError: [Errno 13] Permission denied") }).kind).toBe(
      "unreadable",
    );
    expect(only(shop).kind).toBe("other");
  });

  it("is not a file's fault where the database keeps the content", () => {
    const inDatabase = { ...CSS, storedAs: "" };
    const shop = { databases: rows(inDatabase, ...BUNDLES.slice(1)), files: stored("missing") };
    expect(sightOf(shop).findings).toEqual([]);
    expect(only({ ...shop, page: bent(GONE) }).kind).toBe("other");
  });

  it("is that the page is old, where a newer row of the same bundle is there", () => {
    const page = pageWith(asset(bundle(190, CSS.name), GONE));
    expect(only({ page })).toMatchObject({ kind: "stale", name: "web.assets_frontend.css", row: undefined });
  });

  it("is that nothing of the bundle is there", () => {
    expect(only({ page: bent(GONE), databases: rows(...BUNDLES.slice(1)) }).kind).toBe("missing row");
    // Not all rows were told.
    const many = Array.from({ length: 60 }, (_, at) => bundle(1_000 + at, `shop.assets_${at}.css`));
    expect(only({ page: pageAssets(asset(CSS, GONE)), databases: rows(...many) }).kind).toBe("other");
    // Nothing is known of the rows.
    expect(only({ page: bent(GONE), databases: database(unseen("no psql")) }).kind).toBe("other");
  });

  it.each([
    [
      "15",
      "/web/assets/214-1f3a2bc/2/web.assets_frontend.min.css",
      "/web/assets/190-0000000/2/web.assets_frontend.min.css",
    ],
    [
      "17",
      "/web/assets/2/1f3a2bc/web.assets_frontend.min.css",
      "/web/assets/2/0000000/web.assets_frontend.min.css",
    ],
    [
      "19",
      "/web/assets/1f3a2bc/web.assets_frontend.rtl.autoprefixed.min.css",
      "/web/assets/0000000/web.assets_frontend.rtl.autoprefixed.min.css",
    ],
  ])("is found in the rows of Odoo %s too", (_, now, before) => {
    const row = { ...CSS, url: now };
    const databases = rows(row);
    const ask = (path: string) => pageAssets({ ...asset(CSS, GONE), path });
    expect(only({ page: ask(`${now}?debug=0`), databases, files: stored("missing") }).kind).toBe(
      "missing file",
    );
    expect(only({ page: ask(`https://shop.example${now}`), databases }).row).toEqual(row);
    expect(only({ page: ask(before), databases }).kind).toBe("stale");
    expect(only({ page: ask(now.replace("frontend", "common").replace("214", "900")), databases }).kind).toBe(
      "missing row",
    );
  });

  it("is nothing where browsers are sent on to the current version, and that is there", () => {
    const row = { ...CSS, url: "/web/assets/1f3a2bc/web.assets_frontend.min.css" };
    const old = "/web/assets/0000000/web.assets_frontend.min.css";
    const page = pageAssets({
      ...asset(CSS, { code: 303, location: `http://127.0.0.1:8069${row.url}`, bytes: 0 }),
      path: old,
    });
    expect(sightOf({ page, databases: rows(row) }).findings).toEqual([]);
    expect(only({ page, databases: rows(row), files: stored("missing") }).kind).toBe("stale");
    expect(only({ page, databases: rows() }).kind).toBe("missing row");
  });

  it("is the proxy, where Odoo hands out the same one well", () => {
    expect(only({ proxyPage: bent(GONE) })).toMatchObject({
      kind: "spoiled",
      at: ["proxy"],
      why: "404 at proxy",
    });
    expect(only({ proxyPage: bent({ bytes: 1_000 }) }).why).toBe("1000 of 1214 bytes at proxy");
    expect(
      only({ page: bent({}), proxyPage: bent({ sha1: "f".repeat(40), bytes: 2_000 }), direct: seen(REFUSED) })
        .kind,
    ).toBe("corrupt");
  });

  it("is a compilation that failed, where the page itself tells of it", () => {
    const said =
      "Error: Undefined variable: \\\"$shop-brand\\\".&NewLine;        on line 9 of stdin&NewLine;This error occured while compiling the bundle 'web.assets_frontend' containing:&NewLine;    - /web/static/lib/x.scss";
    const page = answer({
      body: `${LOGIN_PAGE.answered ? LOGIN_PAGE.body : ""}<script>
            (function (message) {
                window.__assetsBundleErrorSeen = true;
                function useAlert() { window.alert(message); }
            })("${said}");
        </script>`,
    });
    const finding = only({ direct: seen(page), proxy: seen(page) });
    expect(finding).toMatchObject({
      kind: "poisoned",
      name: "web.assets_frontend.css",
      at: ["direct", "proxy"],
      why: "the page tells of an error in it",
    });
    expect(finding.markers[0]).toBe('Error: Undefined variable: "$shop-brand".');
    const sixteen = answer({
      body: `${LOGIN_PAGE.answered ? LOGIN_PAGE.body : ""}<script>
                    window.__odooScssCompilationError = "Error: Invalid CSS\\nThis error occurred while compiling the bundle 'web.assets_common' containing:";
                    console.error("x");</script>`,
    });
    expect(only({ direct: seen(sixteen) })).toMatchObject({
      name: "web.assets_common.css",
      at: ["direct"],
    });
  });
});

describe("bundles that the login page does not ask for", () => {
  const backend = bundle(300, "web.assets_backend.css");
  const older = bundle(250, "web.assets_backend.css");
  const shop = (state: "missing" | "good", of = backend): Shop => ({
    databases: rows(
      backend,
      older,
      { ...bundle(299, "x.css"), url: "/web/content/299-1f3a2bc/web.assets_backend.js.map" },
      ...BUNDLES,
    ),
    files: seen([
      filestore({
        bundles: [
          ...filestore().bundles,
          { storedAs: backend.storedAs, state: of === backend ? state : "good", bytes: 1_300 },
          { storedAs: older.storedAs, state: of === older ? state : "good", bytes: 1_250 },
        ],
      }),
    ]),
  });

  it("are told where the file of the newest one of its kind is bad", () => {
    const [finding, ...more] = sightOf(shop("missing")).beyond;
    expect(finding).toMatchObject({
      kind: "missing file",
      name: "web.assets_backend.css",
      at: [],
      row: backend,
    });
    expect(more).toEqual([]);
  });

  it("are not told where only an older one is, nor those that the page asks for", () => {
    expect(sightOf(shop("missing", older)).beyond).toEqual([]);
    expect(sightOf({ page: bent(GONE), files: stored("missing") }).beyond).toEqual([]);
  });
});
