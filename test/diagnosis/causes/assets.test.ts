// Causes that lie in Odoo's files and in what it compiles: by the sight of a real droplet in that state (Odoo 14), and the
// order in which one must act where several hold.

import { describe, expect, it } from "vitest";
import type { Cause } from "../../../src/diagnosis/cause.ts";
import type { Diagnosis } from "../../../src/diagnosis/diagnosis.ts";
import {
  type Asset,
  type Bundle,
  type Filestore,
  type PageAssets,
  seen,
  unseen,
} from "../../../src/survey/survey.ts";
import { unhealthy, good as whenGood } from "../../../src/verdicts.ts";
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
  disk,
  filestore,
  GONE,
  LOGIN_PAGE,
  logged,
  nginx,
  odoo,
  odooDatabase,
  PROCESSES,
  pageAssets,
  process,
  REFUSED,
  running,
  type Shop,
  settings,
  UPSTREAMS,
  units,
  upstream,
} from "../surveys.ts";

const [CSS, COMMON, SCRIPT] = BUNDLES as readonly [Bundle, Bundle, Bundle];
/** Every bundle is a 404 of Odoo's, as with any of these faults in Odoo 14. */
const gone = pageAssets(...BUNDLES.map((each) => asset(each, GONE)));
const files = (more: Partial<Filestore> = {}) => seen([filestore(more)]);
const all = (state: Filestore["bundles"][number]["state"]) => ({
  bundles: filestore().bundles.map((file) => ({ ...file, state })),
});
const rows = (bundles: readonly Bundle[], odooVersion = "14.0") =>
  database(seen(activity({ odoo: [odooDatabase("odoo", { odooVersion, bundles: seen(bundles) })] })));
const page = (...bent: readonly Asset[]): PageAssets =>
  pageAssets(...bent, ...BUNDLES.slice(bent.length).map((each) => asset(each)));
const restart = ({ ruledOut }: Diagnosis) => ruledOut.find(({ remedy }) => remedy === "restart-odoo")?.why;

function causeOf(shop: Shop): Cause {
  return diagnosisOf(shop).cause;
}

describe("a site whose login page comes without its stylesheets and scripts", () => {
  const diagnosis = diagnosisOf({ page: gone, files: files(all("missing")) });

  it("is unhealthy, though every page answers 200", () => {
    const verdict = unhealthy(diagnosis, diagnosis.advice);
    expect(verdict.status).toBe("unhealthy");
    expect(verdict.headline).toMatch(/^The site is broken: compiled stylesheets or scripts/);
  });

  it("tells each of them in the evidence, with its row and its file", () => {
    expect(diagnosis.evidence).toContain(
      `missing file: ${CSS.url} (404 at direct and proxy, ir_attachment 214, ${CSS.storedAs})`,
    );
    expect(diagnosis.evidence).toHaveLength(5);
  });

  it("has no remedy yet, and says of each why not", () => {
    expect(diagnosis.ladder).toEqual([]);
    expect(restart(diagnosis)).toBe("a restart does not bring files back");
  });

  it("is one with a full disk where the filestore has one of its own, and nothing is done on it", () => {
    const small = disk("/var/lib/odoo/filestore", { size: 18_791, available: 91 });
    const full = diagnosisOf({ page: gone, files: files({ ...all("corrupt"), disk: small }) });
    expect(full).toMatchObject({ cause: "disk-full", ladder: [] });
    expect(full.finding).toBe("the file system /var/lib/odoo/filestore is full (91 KiB of 18 MiB left)");
    const onTheHost = { ...small, mount: "/var/lib/docker" };
    const same = diagnosisOf({ page: gone, disks: seen([onTheHost]), files: files({ disk: small }) });
    expect(same.finding).toContain("/var/lib/docker is full");
    expect(same.warnings).toHaveLength(1);
  });

  it("is waited for while somebody is at work", () => {
    const update = process("/usr/bin/python3 /usr/bin/odoo -d odoo -u web --stop-after-init", { pid: 900 });
    expect(causeOf({ page: gone, processes: seen([...PROCESSES, update]) })).toBe("in-progress");
  });
});

describe("a filestore that Odoo may not use", () => {
  it("may be mounted read-only, which no change of its owner mends", () => {
    const failing = seen(answer({ code: 500 }));
    const store = { writable: false, readOnly: true, disk: disk("/var/lib/odoo") };
    const { finding, ruledOut, ...diagnosis } = diagnosisOf({
      direct: failing,
      proxy: failing,
      files: files(store),
    });
    expect(diagnosis.cause).toBe("filestore-unreadable");
    expect(finding).toContain("it is mounted read-only at /var/lib/odoo");
    expect(diagnosis.advice).not.toContain("chown");
    expect(ruledOut.find(({ remedy }) => remedy === "fix-permissions")?.why).toContain("read-only");
  });

  const closed = { readable: false, writable: false, owner: "0:0 700", ...all("unreadable") };

  it("is named with its path, owner and mode, and the user as whom Odoo runs", () => {
    const diagnosis = diagnosisOf({ page: gone, files: files(closed) });
    expect(diagnosis.cause).toBe("filestore-unreadable");
    expect(diagnosis.finding).toBe(
      "Odoo (user and group 101:101) may not read its filestore /var/lib/odoo/filestore/odoo, which belongs to 0:0, mode 700",
    );
    expect(diagnosis.advice).toContain(
      "(`docker exec -u 0 odoo-ce-odoo-1 chown -R 101:101 /var/lib/odoo`); no restart is needed",
    );
    expect(restart(diagnosis)).toBe("a restart does not change whose files they are");
  });

  it("is the root of bundles whose files were never written: that is how rows without files come about", () => {
    const diagnosis = diagnosisOf({
      page: gone,
      files: files({ writable: false, owner: "0:0 755", ...all("missing") }),
    });
    expect(diagnosis.cause).toBe("filestore-unreadable");
    expect(diagnosis.finding).toContain("may not write to its filestore");
  });

  it("may be one in which only the files are closed", () => {
    const some = diagnosisOf({
      page: page(asset(CSS, GONE)),
      files: files({
        bundles: filestore().bundles.map((file) =>
          file.storedAs === CSS.storedAs ? { ...file, state: "unreadable" } : file,
        ),
      }),
    });
    expect(some.cause).toBe("filestore-unreadable");
    expect(some.finding).toContain("web.assets_frontend.css (404 at direct and proxy)");
    const most = { ...all("unreadable"), others: { looked: 40, missing: 0, unreadable: 40 } };
    expect(diagnosisOf({ page: gone, files: files(most) }).finding).toContain(
      "may not read 44 of 44 files in",
    );
  });

  it("is known by Odoo's log alone, where nobody could look", () => {
    const log = logged(
      3,
      `PermissionError: [Errno 13] Permission denied: '/var/lib/odoo/filestore/odoo/${CSS.storedAs}'`,
    );
    const shop = { page: page(asset(CSS, GONE)), files: unseen("no python3"), running: seen(new Map()), log };
    expect(diagnosisOf(shop)).toMatchObject({
      cause: "filestore-unreadable",
      finding: expect.stringMatching(/^Odoo may not read files of compiled/),
      commands: ["docker exec -u 0 odoo-ce-odoo-1 chown -R odoo: /var/lib/odoo"],
    });
  });

  it("keeps Odoo from handing out any page, once one must be compiled or a session be kept", () => {
    const fails = {
      direct: seen(answer({ code: 500 })),
      proxy: seen(answer({ code: 500 })),
      files: files(closed),
    };
    expect(causeOf(fails)).toBe("filestore-unreadable");
    expect(diagnosisOf(fails).ladder).toEqual([]);
    const denied = `Traceback (most recent call last):
  File "/usr/lib/python3/dist-packages/odoo/addons/base/models/ir_attachment.py", line 102, in _file_read
    with open(full_path, 'rb') as f:
PermissionError: [Errno 13] Permission denied: '/var/lib/odoo/filestore/odoo/ab/ab12'`;
    expect(causeOf({ ...fails, log: logged(3, denied) })).toBe("filestore-unreadable");
    // An addon that fails by itself goes on failing when the files are given back.
    const addon = `Traceback (most recent call last):
  File "/mnt/extra-addons/shop_notes/models.py", line 3, in <module>
ModuleNotFoundError: No module named 'phonenumbers'`;
    expect(causeOf({ ...fails, log: logged(3, addon) })).toBe("odoo-unhealthy");
    expect(causeOf({ ...fails, files: files() })).toBe("odoo-unhealthy");
  });

  it("lets people work until they save something: that is told while the login page is good", () => {
    const diagnosis = diagnosisOf({ files: files({ writable: false, owner: "0:0 755" }) });
    expect(diagnosis.cause).toBe("filestore-unreadable");
    expect(whenGood(diagnosis).status).toBe("degraded");
    expect(whenGood(diagnosis).headline).toMatch(
      /^People can work, but Odoo \(user and group 101:101\) may not write/,
    );
  });

  it("is none where the database keeps all files itself", () => {
    const kept = BUNDLES.map((each) => ({ ...each, storedAs: "" }));
    const none = {
      exists: false,
      readable: false,
      writable: false,
      bundles: [],
      others: { looked: 0, missing: 0, unreadable: 0 },
    };
    expect(causeOf({ databases: rows(kept), files: files(none) })).toBe("healthy");
  });
});

describe("a filestore that is not there", () => {
  const absent = { exists: false, readable: false, owner: "101:101 755", ...all("missing") };
  const conf = (value: string) => ({
    settings: settings({ name: "data_dir", value, line: 3 }),
    running: seen(new Map([["odoo-ce-odoo-id", running({ dataDirectory: value })]])),
  });

  it("is told with the data_dir that is in effect, and who says so", () => {
    const path = "/var/lib/odoo/data/filestore/odoo";
    const diagnosis = diagnosisOf({
      page: gone,
      files: files({ ...absent, path }),
      ...conf("/var/lib/odoo/data"),
    });
    expect(diagnosis.cause).toBe("filestore-missing");
    expect(diagnosis.finding).toBe(
      "Odoo's filestore /var/lib/odoo/data/filestore/odoo does not exist; `data_dir` is /var/lib/odoo/data, said by /etc/odoo/odoo.conf:3",
    );
    expect(diagnosis.advice).toMatch(/`data_dir` and the volume.*restore the filestore from the backup/);
    expect(restart(diagnosis)).toBe("a restart does not bring files back");
    const byDefault = diagnosisOf({
      page: gone,
      files: files(absent),
      running: seen(
        new Map([["odoo-ce-odoo-id", running({ dataDirectory: "/var/lib/odoo/.local/share/Odoo" })]]),
      ),
    });
    expect(byDefault.finding).toContain(
      "/var/lib/odoo/.local/share/Odoo, Odoo's own default, for nothing sets it",
    );
  });

  it("is one from which users' files are gone too", () => {
    const others = { looked: 40, missing: 40, unreadable: 0 };
    const diagnosis = diagnosisOf({ page: gone, files: files({ ...all("missing"), others }) });
    expect(diagnosis.cause).toBe("filestore-missing");
    expect(diagnosis.finding).toMatch(
      /^of the files that the database names, 40 of 40 .* users' files among them/,
    );
  });

  it("is found although the bundles were made anew meanwhile", () => {
    const others = { looked: 40, missing: 39, unreadable: 0 };
    const diagnosis = diagnosisOf({ files: files({ others }) });
    expect(diagnosis.cause).toBe("filestore-missing");
    expect(whenGood(diagnosis).status).toBe("degraded");
  });

  it("is none where a single file is missing, and that is told", () => {
    const others = { looked: 40, missing: 1, unreadable: 0 };
    const diagnosis = diagnosisOf({ files: files({ others }) });
    expect(diagnosis.cause).toBe("healthy");
    expect(diagnosis.warnings).toEqual([
      "of 40 files that the database names: 1 missing, 0 that Odoo cannot read (/var/lib/odoo/filestore/odoo)",
    ]);
  });
});

describe("bundles whose files are gone", () => {
  it("are told with what makes them anew in this version", () => {
    const shop = (version: string) => ({
      page: gone,
      files: files(all("missing")),
      databases: rows(BUNDLES, version),
    });
    const fourteen = diagnosisOf(shop("14.0"));
    expect(fourteen.cause).toBe("assets-missing");
    expect(fourteen.finding).toBe(
      "compiled stylesheets or scripts are in the database, and their files are not in the filestore: web.assets_frontend.css, web.assets_common.css, web.assets_common_minimal_js.js and 1 more (404 at direct and proxy)",
    );
    expect(fourteen.advice).toContain(
      "`env['ir.attachment'].browse([214, 215, 216, 217]).unlink(); env.cr.commit()",
    );
    expect(fourteen.advice).toContain("signal_changes()");
    expect(fourteen.commands).toEqual([
      expect.stringMatching(
        /^printf '%s\\n' '.*signal_changes\(\).*' \| docker exec -i odoo-ce-odoo-1 \/entrypoint\.sh odoo shell -d odoo --no-http$/,
      ),
    ]);
    expect(diagnosisOf(shop("17.0")).advice).toContain("regenerate_assets_bundles(); env.cr.commit()");
    expect(diagnosisOf(shop("")).advice).toContain("*Regenerate Assets*");
  });

  it("of the backend are told while the login page is good", () => {
    const backend = bundle(300, "web.assets_backend.css");
    const missing = { storedAs: backend.storedAs, state: "missing", bytes: undefined } as const;
    const diagnosis = diagnosisOf({
      databases: rows([backend, ...BUNDLES]),
      files: files({ bundles: [...filestore().bundles, missing] }),
    });
    expect(diagnosis).toMatchObject({ cause: "assets-missing", ladder: [] });
    expect(diagnosis.finding).toContain("web.assets_backend.css (missing)");
    expect(whenGood(diagnosis).status).toBe("degraded");
  });
});

describe("bundles whose files are not what they were", () => {
  it.each<readonly [string, PageAssets]>([
    ["rubbish", pageAssets(...BUNDLES.map((each) => asset(each, { sha1: "f".repeat(40) })))],
    ["half of it", pageAssets(...BUNDLES.map((each) => asset(each, { sha1: "f".repeat(40), bytes: 12 })))],
    ["nothing, in 14", gone],
    ["nothing, from 17 on", pageAssets(...BUNDLES.map((each) => asset(each, { bytes: 0 })))],
  ])("are to be moved aside before anything is made anew: %s", (_, bad) => {
    const diagnosis = diagnosisOf({ page: bad, files: files(all("corrupt")) });
    expect(diagnosis.cause).toBe("assets-corrupt");
    expect(diagnosis.advice).toContain(
      `Move these files aside first (in /var/lib/odoo/filestore/odoo): ${CSS.storedAs}`,
    );
    expect(restart(diagnosis)).toBe("a restart does not mend files");
  });
});

describe("bundles that were compiled with an error", () => {
  it("of a stylesheet are told with the compiler's words", () => {
    const markers = [
      "## CSS error message ##*/",
      'css_error_message {  content: "Error: Undefined variable: \\"$shop-brand\\".\\A         on line 9 of stdin',
    ];
    const diagnosis = diagnosisOf({ page: page(asset(CSS, { markers })) });
    expect(diagnosis.cause).toBe("assets-poisoned");
    expect(diagnosis.finding).toBe(
      'web.assets_frontend.css was compiled with an error: Error: Undefined variable: "$shop-brand"',
    );
    expect(diagnosis.advice).toMatch(/^Mend the source first\. Deleting bundles before that takes away/);
    expect(restart(diagnosis)).toContain("the same error");
  });

  it("of a script are told with the source that is missing and its module, which is the first suspect", () => {
    const markers = [
      `console.error("Could not get content for /shop_notes/static/src/js/notes.js defined in bundle 'web.assets_common_minimal_js'.`,
    ];
    const diagnosis = diagnosisOf({ page: page(asset(CSS), asset(COMMON), asset(SCRIPT, { markers })) });
    expect(diagnosis.cause).toBe("assets-poisoned");
    expect(diagnosis.finding).toContain("Could not get content for /shop_notes/static/src/js/notes.js");
    expect(diagnosis.advice).toMatch(
      /^Mend the source first: \/shop_notes\/static\/src\/js\/notes\.js, of the module shop_notes\. Then have/,
    );
    expect(diagnosis.suspects).toEqual([
      { module: "shop_notes", why: "named by the error in web.assets_common_minimal_js.js" },
    ]);
  });

  it("are told by Odoo's log where the answer has no words for it", () => {
    const log = logged(
      30,
      `2024-05-02 02:59:30,000 1 WARNING odoo odoo.addons.base.models.assetsbundle: Error: Undefined variable: "$shop-brand".
        on line 8621 of stdin
>> .o_shop { color: $shop-brand; }
   -----------------^
This error occured while compiling the bundle 'web.assets_frontend' containing:
    - /web/static/lib/bootstrap/scss/_functions.scss`,
    );
    const markers = ["A css error occured, using an old style to render this page"];
    expect(diagnosisOf({ page: page(asset(CSS, { markers })), log }).finding).toBe(
      'web.assets_frontend.css was compiled with an error: web.assets_frontend: Error: Undefined variable: "$shop-brand"',
    );
    // An older stylesheet is handed out, and nothing else is wrong.
    const fine = diagnosisOf({ log });
    expect(fine.cause).toBe("healthy");
    expect(fine.warnings).toEqual([
      'a stylesheet did not compile at 02:59:30 UTC, says Odoo\'s log: web.assets_frontend: Error: Undefined variable: "$shop-brand"',
    ]);
  });
});

describe("pages that ask for bundles that are no more", () => {
  it("are remembered by Odoo, which a restart makes forget them", () => {
    for (const left of [[], BUNDLES.map((each) => bundle(each.id + 100, each.name))]) {
      const diagnosis = diagnosisOf({ page: gone, databases: rows(left), files: files({ bundles: [] }) });
      expect(diagnosis.cause).toBe("assets-stale");
      expect(diagnosis.finding).toContain(
        "no longer in the database: web.assets_frontend.css, web.assets_common.css, web.assets_common_minimal_js.js and 1 more (404 at direct and proxy)",
      );
      expect(diagnosis.advice).toContain("`docker restart odoo-ce-odoo-1`");
      // What needs no restart is above the ceiling.
      expect(diagnosis.ladder).toEqual(["restart-odoo"]);
    }
  });
});

describe("bundles that only the proxy spoils", () => {
  it("are told with nginx's own words and its locations", () => {
    const nginxErrors = seen(
      `2024/05/02 02:59:58 [error] 83#83: *12 open() "/var/www/html${CSS.url}" failed (2: No such file or directory), client: 127.0.0.1, server: _, request: "GET ${CSS.url} HTTP/1.1", host: "shop.example"`,
    );
    const diagnosis = diagnosisOf({ proxyPage: gone, nginxErrors });
    expect(diagnosis).toMatchObject({ cause: "assets-proxy", ladder: [] });
    expect(diagnosis.finding).toBe(
      `Odoo hands out its stylesheets and scripts, and nginx does not: web.assets_frontend.css, web.assets_common.css, web.assets_common_minimal_js.js and 1 more (404 at proxy); its error log: open() "/var/www/html${CSS.url}" failed (2: No such file or directory)`,
    );
    expect(diagnosis.advice).toContain(`answers for ${CSS.url}`);
    expect(diagnosis.advice).toContain("`location /` (/etc/nginx/sites-enabled/odoo:4)");
    const cached = upstream("127.0.0.1:8079", { location: "/web/content" });
    expect(diagnosisOf({ proxyPage: gone, nginx: nginx([...UPSTREAMS, cached]) }).advice).toContain(
      "`location /web/content`",
    );
  });
});

describe("anything else that is wrong with them", () => {
  it("is told as it was seen, and says what a module's own file is", () => {
    const own = { ...asset(CSS, GONE), path: "/shop_notes/static/src/css/notes.css" };
    const diagnosis = diagnosisOf({ page: page(own) });
    expect(diagnosis).toMatchObject({ cause: "assets-broken", ladder: [] });
    expect(diagnosis.finding).toBe(
      "the login page is handed out without what it needs: /shop_notes/static/src/css/notes.css (404 at direct and proxy)",
    );
    expect(diagnosis.advice).toContain("files of modules");
    expect(diagnosis.suspects).toEqual([
      { module: "shop_notes", why: "its /shop_notes/static/src/css/notes.css is not good" },
    ]);
    expect(causeOf({ page: page(asset(CSS, { ...GONE, code: 500 })) })).toBe("assets-broken");
    expect(diagnosisOf({ page: pageAssets() }).finding).toContain("names no stylesheet");
  });
});

describe("of several faults at once", () => {
  const closed = { readable: false, writable: false };
  const wrong = asset(CSS, { sha1: "f".repeat(40) });
  const poisoned = asset(COMMON, { markers: ["css_error_message {"] });
  const old = asset(bundle(1, SCRIPT.name), GONE);
  const state = (of: Bundle, is: "missing" | "corrupt") => ({
    bundles: filestore().bundles.map((file) =>
      file.storedAs === of.storedAs ? { ...file, state: is } : file,
    ),
  });

  it.each<readonly [string, Shop, Cause]>([
    [
      "a full disk is before files that may not be read",
      { page: gone, files: files(closed), disks: seen([disk("/", { available: 0 })]) },
      "disk-full",
    ],
    [
      "permissions are before a data_dir that is elsewhere",
      { page: gone, files: files({ ...closed, others: { looked: 9, missing: 9, unreadable: 0 } }) },
      "filestore-unreadable",
    ],
    [
      "a data_dir that is elsewhere is before corrupt files",
      { page: page(wrong, asset(COMMON, GONE)), files: files({ exists: false }) },
      "filestore-missing",
    ],
    [
      "corrupt files are before missing ones",
      { page: page(wrong, asset(COMMON, GONE)), files: files(state(COMMON, "missing")) },
      "assets-corrupt",
    ],
    [
      "missing files are before what was compiled wrongly",
      { page: page(asset(CSS, GONE), poisoned), files: files(state(CSS, "missing")) },
      "assets-missing",
    ],
    [
      "what was compiled wrongly is before what is old",
      { page: page(asset(CSS), poisoned, old) },
      "assets-poisoned",
    ],
    [
      "what is old is before the proxy",
      { page: page(asset(CSS), asset(COMMON), old), proxyPage: gone },
      "assets-stale",
    ],
    [
      "a stopped nginx is before all of them, for it can be started",
      {
        page: gone,
        files: files(closed),
        proxy: seen(REFUSED),
        units: units({ nginx: { active: "failed" } }),
      },
      "nginx-down",
    ],
    [
      "a stopped Odoo is before all of them",
      { containers: [odoo({ state: "exited" }), db()], proxy: seen(BAD_GATEWAY), files: files(closed) },
      "odoo-stopped",
    ],
    [
      "they are before what the public gets",
      {
        page: gone,
        files: files(all("missing")),
        public: seen({
          url: "https://shop.example/web/login",
          answer: LOGIN_PAGE,
          headers: {},
          certificate: { names: [], expires: 0, problem: "it expired" },
        }),
      },
      "assets-missing",
    ],
  ])("%s", (_, shop, cause) => {
    expect(causeOf(shop)).toBe(cause);
  });

  it("files that nothing but the proxy concerns are not blamed for what it does", () => {
    expect(causeOf({ proxyPage: gone, files: files({ writable: false }) })).toBe("assets-proxy");
  });
});
