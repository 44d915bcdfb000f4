// Compiling anew, on each version's way of doing it: all or nothing, only bundles, and the workers are told. Odoo is a
// stand-in with the signatures of 14 to 19 (fake_odoo.py); the real 14 is in test/droplet/e2e/regenerate.e2e.test.ts.

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { regenerateAssets } from "../../src/remedies/regenerate-assets/regenerate-assets.ts";
import { INEFFECTIVE, UNFIT } from "../../src/remedies/remedy.ts";
import { COMPILED_BADLY } from "../../src/survey/compiled-badly.ts";
import { temporaryDirectory } from "../support/hosts.ts";
import { diagnosisOf, ODOO_ID, RemedyHost } from "./support.ts";

const source = (path: string): string => readFileSync(new URL(`../../src/${path}`, import.meta.url), "utf8");
const PROGRAM = source("remedies/regenerate-assets/regenerate.py");
const FAKE = new URL("./fake_odoo.py", import.meta.url).pathname;

const VERSIONS = [14, 15, 16, 17, 18, 19] as const;
type Version = (typeof VERSIONS)[number];

interface Row {
  readonly url: string;
  readonly name?: string;
  readonly type?: string;
  readonly public?: boolean;
  readonly res_model?: string;
  readonly res_id?: number;
  readonly create_uid?: number;
  readonly store_fname?: string;
  readonly file_size?: number;
}
type Sources = Readonly<
  Record<
    string,
    { readonly css?: readonly [string, string][]; readonly js?: readonly [string, string | null][] }
  >
>;
interface Scenario {
  readonly version: Version;
  readonly rows?: readonly Row[];
  readonly sources?: Sources;
  readonly websites?: readonly number[];
  /** The errno with which writing a file fails. */
  readonly disk?: number;
  readonly storage?: "db" | "loses";
  readonly clashes?: number;
  readonly deaf?: boolean;
  readonly early?: boolean;
  readonly arabic?: boolean;
  readonly program?: string;
  /** Rows, by their place, whose files are not what is in the filestore. */
  readonly gone?: readonly number[];
  /** Files that are in the filestore already, by the content whose name they have. */
  readonly files?: Readonly<Record<string, string>>;
}
interface Outcome {
  readonly status: number | null;
  readonly output: string;
  readonly before: readonly { readonly url: string }[];
  readonly rows: readonly { readonly url: string; readonly name: string; readonly stored: string }[];
  readonly told: number;
  readonly commits: number;
  readonly log: readonly string[];
  readonly files: Readonly<Record<string, string>>;
}

const FRONTEND: Sources = {
  "web.assets_frontend": {
    css: [
      ["/web/static/src/a.scss", "a {}\nb {}"],
      ["/shop/static/src/shop.scss", ".shop {}\n.more {}"],
    ],
    js: [["/web/static/src/a.js", "let a"]],
  },
};
const BACKEND: Sources = { "web.assets_backend": { css: [["/web/static/src/b.scss", "backend {}"]] } };
const LAYOUT = `<t t-name="web.layout"><head>
  <t t-call-assets="web.assets_frontend" t-js="false"/><t t-call-assets="web.assets_frontend" t-css="false" defer_load="True"/>
  <t t-call-assets="web.assets_tests" t-if="'tests' in debug"/></head></t>`;

const FULL = 28;
const NOT_SUPPORTED = 95;

const sha1 = (content: string): string => createHash("sha1").update(content).digest("hex");

function run({
  version,
  rows = [],
  sources = FRONTEND,
  files = {},
  program = PROGRAM,
  ...more
}: Scenario): Outcome {
  using folder = temporaryDirectory();
  for (const [named, content] of Object.entries(files)) {
    const name = sha1(named);
    mkdirSync(join(folder.path, name.slice(0, 2)), { recursive: true });
    writeFileSync(join(folder.path, name.slice(0, 2), name), content);
  }
  const { stdout, stderr, status } = spawnSync("python3", ["-I", "-S", FAKE], {
    input: JSON.stringify({ version, rows, sources, layout: LAYOUT, folder: folder.path, program, ...more }),
    encoding: "utf8",
    env: {
      ...process.env,
      COMPILED_BADLY_CSS: COMPILED_BADLY.css,
      COMPILED_BADLY_JS: COMPILED_BADLY.js,
      ASIDE: "3f9c2a71-1-regenerate-assets",
    },
  });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Outcome;
}

/** An address as this version writes it. */
function urlOf(
  version: Version,
  bundle: string,
  kind: string,
  { website = 0, rtl = false, autoprefixed = false } = {},
): string {
  const site = website === 0 ? "" : `${website}/`;
  if (version < 17)
    return `/web/${version === 14 ? "content" : "assets"}/7-0123abc/${site}${rtl ? "rtl/" : ""}${bundle}.${version === 14 ? "" : "min."}${kind}`;
  return `/web/assets/${site}0123abc/${bundle}${rtl ? ".rtl" : ""}${autoprefixed ? ".autoprefixed" : ""}.min.${kind}`;
}

const rowOf = (version: Version, bundle: string, kind: string, how = {}): Row => ({
  url: urlOf(version, bundle, kind, how),
  name: `${bundle}.${kind}`,
});

/** What is public, and no compiled bundle. */
const OTHERS: readonly Row[] = [
  { url: "/website/static/src/scss/options/user_values.custom.web.assets_common.scss", res_model: "" },
  { url: "/_custom/web.assets_frontend/website/static/src/scss/user.scss", res_model: "" },
  { url: "/web/static/src/scss/asset_styles_company_report.scss", name: "res.company.scss", res_model: "" },
  { url: "/web/image/12-0123abc/banner.png", name: "banner.png", create_uid: 2 },
  { url: "/fonts/google-font-x", name: "google-font-x" },
  { url: "/web/static/img/placeholder.png", type: "url" },
];

const made = (outcome: Outcome): string[] =>
  outcome.rows.map(({ url }) => url).filter((url) => url.includes("aaaaaaa"));
const unchanged = (outcome: Outcome): void => {
  expect(outcome.rows.map(({ url }) => url)).toEqual(outcome.before.map(({ url }) => url));
  expect(outcome.commits).toBe(0);
  expect(outcome.told).toBe(0);
};

describe.each(VERSIONS)("with Odoo %i", (version) => {
  const rows = [
    rowOf(version, "web.assets_frontend", "css"),
    rowOf(version, "web.assets_frontend", "css"),
    rowOf(version, "web.assets_frontend", "js"),
    rowOf(version, "web.assets_backend", "css"),
  ];
  const sources = { ...FRONTEND, ...BACKEND };

  it("every bundle is made anew, in one commit that tells the workers, and nothing else is touched", () => {
    const outcome = run({ version, sources, rows: [...rows, ...OTHERS] });
    expect(outcome.output).toBe(
      "did: made 3 bundles anew: web.assets_backend.css (deleted 1, made 1), web.assets_frontend.css (deleted 2, made 1), web.assets_frontend.js (deleted 1, made 1)\n" +
        "did: told Odoo's workers to forget the pages that they had rendered\n",
    );
    expect(outcome.status).toBe(0);
    const kept = outcome.rows.map(({ url }) => url).filter((url) => !url.includes("aaaaaaa"));
    expect(kept).toEqual(OTHERS.map(({ url }) => url));
    expect(made(outcome)).toHaveLength(3);
    for (const { url, stored } of outcome.rows)
      if (url.includes("aaaaaaa")) expect(sha1(outcome.files[stored] ?? "")).toBe(stored.split("/")[1]);
    const told = outcome.log.findIndex((line) => line.startsWith("commit; "));
    expect(outcome.log[told]).toMatch(
      version === 19
        ? /insert into orm_signaling_assets/
        : version >= 17
          ? /nextval\('base_cache_signaling_assets'\)/
          : /nextval\('base_cache_signaling'\)/,
    );
    // Nothing was committed before.
    expect(outcome.log.indexOf("commit")).toBeGreaterThan(told);
    expect(outcome.log).toContain(version >= 17 ? "clear_cache assets" : "clear_caches");
    expect(outcome.log.includes("regenerate_assets_bundles")).toBe(version >= 15);
    expect(outcome.log.indexOf("precommit")).toBeLessThan(told);
  });

  it("the ones of a website, and those written from right to left, are made for it", () => {
    const special = [
      rowOf(version, "web.assets_frontend", "css", { rtl: true }),
      rowOf(version, "web.assets_frontend", "css", { website: 2 }),
      rowOf(version, "web.assets_frontend", "js", { website: 2 }),
      ...(version === 19 ? [rowOf(version, "web.assets_backend", "css", { autoprefixed: true })] : []),
    ];
    const outcome = run({ version, sources, rows: special, websites: [2] });
    expect(outcome.status, outcome.output).toBe(0);
    const shape = (url: string): string => url.replace(/\d+-aaaaaaa|\d+-0123abc|aaaaaaa|0123abc/, "#");
    expect(made(outcome).map(shape).sort()).toEqual(special.map(({ url }) => shape(url)).sort());
  });

  it("without rows the bundles of the login page are made, and the workers are told: they remember what is gone", () => {
    const outcome = run({ version, sources });
    expect(outcome).toMatchObject({ status: 0, told: 2 });
    expect(outcome.output).toContain(
      "did: made 2 bundles anew: web.assets_frontend.css (deleted 0, made 1), web.assets_frontend.js (deleted 0, made 1)\n",
    );
  });

  it("a stylesheet that does not compile undoes all of it, and its source is named", () => {
    const broken: Sources = {
      ...BACKEND,
      "web.assets_frontend": {
        css: [
          ["/web/static/src/a.scss", "a {}\nb {}"],
          ["/shop/static/src/shop.scss", ".shop { color: $undefined; }"],
          ["/web/static/src/z.scss", "z {}"],
        ],
      },
    };
    const outcome = run({
      version,
      sources: broken,
      rows: [...rows, ...OTHERS],
      files: { former: "former" },
    });
    expect(outcome.status).toBe(UNFIT);
    expect(outcome.output).toBe(
      'not done: web.assets_frontend.css does not compile: Error: Undefined variable: "$undefined" in /shop/static/src/shop.scss, of the module shop; nothing was changed\n',
    );
    unchanged(outcome);
    // A bundle that the page names and that has nothing in it is not one that people miss.
    const css = rows.filter(({ url }) => url.endsWith(".css"));
    const alone = run({ version, sources: broken, rows: css, files: { former: "former" } });
    expect(alone.status).toBe(UNFIT);
    unchanged(alone);
  });

  it("a script that looks for the words of a bad stylesheet is a good script, as Odoo's error dialog is", () => {
    const dialog = 'if (text.includes("## CSS error message ##")) show(css_error_message); // does not exist';
    const good: Sources = { "web.assets_frontend": { js: [["/web/static/src/dialog.js", dialog]] } };
    const outcome = run({ version, sources: good, rows: [rowOf(version, "web.assets_frontend", "js")] });
    expect(outcome.status, outcome.output).toBe(0);
  });

  it("a script without its source undoes all of it", () => {
    const broken: Sources = { "web.assets_frontend": { js: [["/shop/static/src/js/checkout.js", null]] } };
    const outcome = run({ version, sources: broken, rows, files: { former: "former" } });
    expect(outcome.output).toBe(
      "not done: web.assets_frontend.js does not compile: Could not get content for /shop/static/src/js/checkout.js, of the module shop; nothing was changed\n",
    );
    expect(outcome.status).toBe(UNFIT);
    unchanged(outcome);
  });

  it("a file that cannot be written undoes all of it, and no half of one is left in the way", () => {
    const outcome = run({ version, rows, disk: FULL });
    expect(outcome.output).toMatch(
      /^not done: Odoo cannot write its files: \S+ \(No space left on device\); nothing was changed\n$/,
    );
    expect(outcome.status).toBe(UNFIT);
    unchanged(outcome);
    expect(outcome.files).toEqual({});
  });

  it("where others are missing they are made, and the rows of one that does not compile stay as they are", () => {
    const broken: Sources = {
      "web.assets_frontend": FRONTEND["web.assets_frontend"] ?? {},
      "web.assets_backend": { css: [["/shop/static/src/shop.scss", ".shop { color: $undefined; }"]] },
    };
    // The backend's older stylesheet is whole, the other files are gone.
    const outcome = run({
      version,
      sources: broken,
      rows: [...rows, ...OTHERS],
      files: { former: "former" },
      gone: [0, 1, 2],
    });
    expect(outcome.status, outcome.output).toBe(0);
    expect(outcome.output).toBe(
      "did: made 2 bundles anew: web.assets_frontend.css (deleted 2, made 1), web.assets_frontend.js (deleted 1, made 1)\n" +
        'did: left the rows of one bundle as they were: web.assets_backend.css does not compile: Error: Undefined variable: "$undefined" in /shop/static/src/shop.scss, of the module shop\n' +
        "did: told Odoo's workers to forget the pages that they had rendered\n",
    );
    const kept = outcome.rows.map(({ url }) => url).filter((url) => !url.includes("aaaaaaa"));
    expect(kept).toEqual([urlOf(version, "web.assets_backend", "css"), ...OTHERS.map(({ url }) => url)]);
  });

  it("a script with an error in it is more than one that nobody gets", () => {
    const broken: Sources = { "web.assets_frontend": { js: [["/shop/static/src/js/checkout.js", null]] } };
    const outcome = run({ version, sources: broken, rows: [rowOf(version, "web.assets_frontend", "js")] });
    expect(outcome.status, outcome.output).toBe(0);
    expect(outcome.output).toContain(
      "did: made one with an error in it: web.assets_frontend.js does not compile: Could not get content for /shop/static/src/js/checkout.js, of the module shop\n",
    );
    expect(made(outcome)).toHaveLength(1);
  });

  it("a row that was made without its file undoes all of it", () => {
    const outcome = run({ version, rows, storage: "loses" });
    expect(outcome.output).toMatch(
      /^not done: the file of web\.assets_frontend\.css could not be written: \S+ \(No such file or directory\); nothing was changed\n$/,
    );
    expect(outcome.status).toBe(UNFIT);
    unchanged(outcome);
  });

  describe("a file that is not what was stored", () => {
    const content = "let a";
    const name = sha1(content);
    const path = `${name.slice(0, 2)}/${name}`;
    const broken = { version, rows, files: { [content]: "let" } };
    /** Users' files: their content is that by which they are called, or is not. */
    const usersFiles = (count: number, damaged: number) => {
      const all = Array.from({ length: count }, (_, at) => `letter ${at}`);
      return {
        rows: [
          ...rows,
          ...all.map((each) => ({
            ...OTHERS[3],
            url: "/a/letter",
            store_fname: `${sha1(each).slice(0, 2)}/${sha1(each)}`,
            file_size: 0,
          })),
        ],
        files: {
          ...broken.files,
          ...Object.fromEntries(all.map((each, at) => [each, at < damaged ? "encrypted?" : each])),
        },
      };
    };

    it("is replaced just before the commit, and what was there is kept", () => {
      const outcome = run(broken);
      expect(outcome.status, outcome.output).toBe(0);
      expect(outcome.output).toMatch(
        /^did: replaced 1 file that was not what was stored; what was there is in \S+\/odoo-recover\/3f9c2a71-1-regenerate-assets\n/,
      );
      expect(outcome.files[path]).toBe(content);
      expect(outcome.files[`3f9c2a71-1-regenerate-assets/${name}`]).toBe("let");
      expect(Object.keys(outcome.files).filter((file) => file.endsWith(".new"))).toEqual([]);
    });

    it("stays where a stylesheet that does not compile forbids the commit", () => {
      const sources: Sources = {
        "web.assets_frontend": {
          css: [["/shop/static/src/shop.scss", ".shop { color: $undefined; }"]],
          js: [["/web/static/src/a.js", content]],
        },
      };
      const outcome = run({ version, rows, sources, files: { ...broken.files, former: "former" } });
      expect(outcome.status).toBe(UNFIT);
      unchanged(outcome);
      expect(outcome.files[path]).toBe("let");
    });

    it("of users' is told, and left as it is", () => {
      const outcome = run({ ...broken, ...usersFiles(12, 1) });
      expect(outcome.status, outcome.output).toBe(0);
      const letter = `${sha1("letter 0").slice(0, 2)}/${sha1("letter 0")}`;
      expect(outcome.output).toContain(`found 1 damaged files of users: ${letter}; they were left`);
      expect(outcome.files[letter]).toBe("encrypted?");
    });

    it("is no damaged one where most of users' files are not called by their content either", () => {
      const outcome = run({ ...broken, ...usersFiles(12, 8) });
      expect(outcome.output).toContain(
        "this store may be encrypted, or lost as a whole; nothing was changed\n",
      );
      expect(outcome.status).toBe(UNFIT);
      unchanged(outcome);
      expect(outcome.files[path]).toBe("let");
    });

    it("is whole by then where the commit fails, which is said", () => {
      const outcome = run({ ...broken, clashes: 3 });
      expect(outcome.status).toBe(INEFFECTIVE);
      expect(outcome.output).toContain("did: replaced 1 file");
      expect(outcome.output).toContain("; the rows are as they were\n");
      expect(outcome.rows.map(({ url }) => url)).toEqual(outcome.before.map(({ url }) => url));
      expect(outcome.files[path]).toBe(content);
    });
  });

  it("it is tried again when somebody changed the same rows, and given up after three times", () => {
    expect(run({ version, rows, sources, clashes: 2 })).toMatchObject({
      status: 0,
      commits: expect.any(Number),
    });
    const outcome = run({ version, rows, sources, clashes: 3 });
    expect(outcome).toMatchObject({
      status: UNFIT,
      output:
        "not done: Odoo cannot do it: could not serialize access due to concurrent update; nothing was changed\n",
    });
    unchanged(outcome);
  });

  it("it says that it did not work where the workers hear nothing", () => {
    const outcome = run({ version, rows, sources, deaf: true });
    expect(outcome.status).toBe(INEFFECTIVE);
    expect(outcome.output).toContain(
      "it did not work: the bundles were made anew, and then: the workers were not told",
    );
  });

  it("attachments that are kept in the database are looked at there", () => {
    const outcome = run({ version, rows, sources, storage: "db" });
    expect(outcome.status, outcome.output).toBe(0);
    expect(outcome.files).toEqual({});
  });

  it("rows of a bundle that is no more are not made anew, nor those of a direction that nobody reads", () => {
    const gone = [rowOf(version, "gone.assets", "css"), rowOf(version, "gone.assets", "js")];
    const arabic = version < 17 ? [rowOf(version, "web.assets_frontend", "css", { rtl: true })] : [];
    const outcome = run({ version, rows: [...gone, ...arabic], arabic: false });
    expect(outcome.status, outcome.output).toBe(0);
    expect(outcome.output).toContain("gone.assets.css (deleted 1, made 0)");
    expect(made(outcome)).toHaveLength(2);
  });
});

it("half of the program does nothing, wherever it was cut", () => {
  const lines = PROGRAM.split("\n");
  for (const part of [0.2, 0.5, 0.8, 0.99]) {
    const outcome = run({
      version: 14,
      rows: [rowOf(14, "web.assets_frontend", "css")],
      program: lines.slice(0, part * lines.length).join("\n"),
    });
    unchanged(outcome);
    expect(outcome.log).toEqual([]);
  }
});

it("a 15 or 16 that has no regenerate_assets_bundles yet is served by the same condition", () => {
  const rows = [rowOf(16, "web.assets_frontend", "css"), ...OTHERS];
  const outcome = run({ version: 16, rows, early: true });
  expect(outcome.status).toBe(0);
  expect(outcome.rows.map(({ url }) => url)).toEqual(expect.arrayContaining(OTHERS.map(({ url }) => url)));
});

it("where a file system has no files without a name, Odoo writes them as ever", () => {
  const outcome = run({ version: 14, rows: [rowOf(14, "web.assets_frontend", "css")], disk: NOT_SUPPORTED });
  expect(outcome.status, outcome.output).toBe(0);
  expect(Object.keys(outcome.files)).toHaveLength(2);
});

it("so many rows cannot be bundles, and are left alone", () => {
  const rows = Array.from({ length: 1_001 }, () => rowOf(14, "web.assets_frontend", "css"));
  const outcome = run({ version: 14, rows });
  expect(outcome.output).toContain("1001 rows look like compiled bundles, and so many cannot be");
  unchanged(outcome);
});

it("what is deleted is what the diagnosis calls a bundle", () => {
  const words = (text: string): string => text.replace(/\s+/g, " ").trim();
  const [, condition = ""] = /CONDITION = r"""(.*?)"""/s.exec(PROGRAM) ?? [];
  expect(condition).not.toBe("");
  expect(words(source("survey/bundles.sql"))).toContain(words(condition));
});

describe("its program for the host", () => {
  const answers = (shell: string): RemedyHost => {
    const host = new RemedyHost().says(`state-${ODOO_ID}`, "running").says("top", "PID");
    host.says(
      "on-exec",
      `case $* in
  *POSTGRES_USER*) echo odoo ;;
  *'select datname'*) printf 'shop\\n' ;;
  *'to upgrade'*) cat "$FAKE/marked" 2>/dev/null || true ;;
  *in-odoo-container*) head -c 1 >/dev/null; ${shell} ;;
esac`,
    );
    host.says("on-port", "printf '0.0.0.0:8069\\n[::]:8069\\n'");
    host.command(
      "curl",
      `for word; do printf '%s|' "$word"; done >>"$FAKE/curl"; echo >>"$FAKE/curl"
for word; do
  case $before in --output) file=$word ;; --dump-header) : >"$word" ;; esac
  before=$word
done
case $* in
  */web/login) echo '<form class="oe_login_form"><link href="/web/content/7-0123abc/web.assets_frontend.css" rel="stylesheet"/><script src="/web/content/8-0123abc/web.assets_frontend.js"></script><img src="/web/image/1.png"/></form>' >"$file" ;;
  *) echo 'a {}' >"$file" ;;
esac
printf 200`,
    );
    return host;
  };
  const program = regenerateAssets.program({ ...diagnosisOf(), url: new URL("https://shop.example/") });

  it("asks for the page and its assets afterwards, at Odoo's own port, by the public name", () => {
    using host = answers("echo 'did: made 2 bundles anew'");
    const { status, output } = host.run(program);
    expect({ status, output }).toEqual({
      status: 0,
      output:
        "did: made 2 bundles anew\ndid: asked for the login page and its 2 stylesheets and scripts, and got them all\n",
    });
    const asked = host.read("curl").split("\n").filter(Boolean);
    expect(asked).toHaveLength(3);
    for (const line of asked) {
      expect(line).toContain("Host: shop.example|");
      expect(line).toContain("X-Forwarded-Proto: https|");
      expect(line).toContain("http://127.0.0.1:8069/web/");
    }
    expect(host.calls.filter((call) => /\|(?:restart|stop|start|kill)\|/.test(call))).toEqual([]);
  });

  it.each<[string, string, number, RegExp]>([
    [
      "nothing was changed",
      "echo 'not done: x; nothing was changed'; exit 10",
      UNFIT,
      /^not done: x; nothing was changed\n$/,
    ],
    ["it was committed in vain", "exit 11", INEFFECTIVE, /^$/],
    [
      "Odoo does not load",
      "exit 1",
      UNFIT,
      /^not done: a second Odoo ended with status 1 before it changed anything/,
    ],
    ["it took too long", "exit 124", INEFFECTIVE, /^it did not work: it was ended in its middle/],
    ["the kernel killed it", "exit 137", INEFFECTIVE, /^it did not work: it was ended in its middle/],
  ])("tells when %s, and asks for no page", (_, shell, expected, words) => {
    using host = answers(shell);
    const { status, output } = host.run(program);
    expect(status).toBe(expected);
    expect(output).toMatch(words);
    expect(host.read("curl")).toBe("");
  });

  it("starts no Odoo where a module is marked, which that would update", () => {
    using host = answers("echo started");
    host.says("marked", "sale (to upgrade)");
    expect(host.run(program)).toMatchObject({
      status: UNFIT,
      output: expect.stringContaining("sale (to upgrade)"),
    });
  });

  it("is shown to people as one would type it", () => {
    const setup = { user: "", dataDirectory: "", filestore: "", version: "16.0" };
    expect(regenerateAssets.commands({ ...diagnosisOf(), setup })).toMatch(
      /^printf '%s\\n' 'env\[.* \| docker compose .* exec -T odoo \/entrypoint\.sh odoo shell --database=shop --no-http --workers=0$/,
    );
    // An older Odoo has no words for it.
    expect(regenerateAssets.commands(diagnosisOf())).toBe("");
  });
});
