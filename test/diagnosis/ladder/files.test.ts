// Which remedies broken assets allow, in which order, and what the user has to say before each.

import { describe, expect, it } from "vitest";
import type { Diagnosis } from "../../../src/diagnosis/diagnosis.ts";
import type { RemedyName } from "../../../src/diagnosis/remedy-name.ts";
import type { Wishes } from "../../../src/diagnosis/wishes.ts";
import { type Bundle, type Filestore, seen } from "../../../src/survey/survey.ts";
import { good, whatRecoverWouldDo } from "../../../src/verdicts.ts";
import {
  activity,
  asset,
  BUNDLES,
  database,
  db,
  diagnosisOf,
  filestore,
  GONE,
  odoo,
  odooDatabase,
  pageAssets,
  running,
  type Shop,
} from "../surveys.ts";

const gone = pageAssets(...BUNDLES.map((each) => asset(each, GONE)));
const files = (more: Partial<Filestore> = {}) => seen([filestore(more)]);
const all = (state: Filestore["bundles"][number]["state"]) => ({
  bundles: filestore().bundles.map((file) => ({ ...file, state })),
});
const rows = (bundles: readonly Bundle[]) =>
  database(seen(activity({ odoo: [odooDatabase("odoo", { bundles: seen(bundles) })] })));
const poison = "/* ## CSS error message ##*/";
const CASES = {
  "assets-missing": { page: gone, files: files(all("missing")) },
  "assets-corrupt": { page: gone, files: files(all("corrupt")) },
  "assets-stale": { page: gone, databases: rows([]), files: files({ bundles: [] }) },
  "assets-poisoned": { page: pageAssets(...BUNDLES.map((each) => asset(each, { markers: [poison] }))) },
  "filestore-unreadable": {
    page: gone,
    files: files({ readable: false, writable: false, ...all("unreadable") }),
  },
  "filestore-missing": {
    page: gone,
    files: files({ others: { looked: 40, missing: 40, unreadable: 0 }, ...all("missing") }),
  },
} as const satisfies Record<string, Shop>;
type Known = keyof typeof CASES;

const WIPE: Partial<Wishes> = { ceiling: "wipe" };
const why = ({ ruledOut }: Diagnosis, remedy: RemedyName): string | undefined =>
  ruledOut.find((each) => each.remedy === remedy)?.why;

describe("the ladder of broken assets", () => {
  it.each<[Known, readonly RemedyName[], readonly RemedyName[], readonly RemedyName[]]>([
    ["assets-missing", [], ["regenerate-assets"], ["regenerate-assets", "wipe-assets"]],
    ["assets-corrupt", [], ["regenerate-assets"], ["regenerate-assets", "wipe-assets"]],
    ["assets-stale", ["restart-odoo"], ["regenerate-assets"], ["regenerate-assets", "wipe-assets"]],
    ["assets-poisoned", [], ["regenerate-assets"], ["regenerate-assets"]],
    ["filestore-unreadable", [], ["fix-permissions"], ["fix-permissions"]],
    ["filestore-missing", [], [], []],
  ])("of %s is, up to `restart`, `repair` and `wipe`: %j, %j, %j", (cause, ...ladders) => {
    for (const [at, ceiling] of (["restart", "repair", "wipe"] as const).entries()) {
      const diagnosis = diagnosisOf(CASES[cause], [], { ceiling });
      expect(diagnosis.cause).toBe(cause);
      expect(diagnosis.ladder).toEqual(ladders[at]);
    }
  });

  it("goes on to a restart where what was made anew does not reach the pages, and then to the wipe", () => {
    const left = (...tried: RemedyName[]) => diagnosisOf(CASES["assets-stale"], tried, WIPE).ladder;
    expect(left("regenerate-assets")).toEqual(["restart-odoo", "wipe-assets"]);
    expect(left("regenerate-assets", "restart-odoo")).toEqual(["wipe-assets"]);
    expect(left("regenerate-assets", "restart-odoo", "wipe-assets")).toEqual([]);
  });

  it("says of each that is ruled out why", () => {
    const unreadable = diagnosisOf(CASES["filestore-unreadable"], [], WIPE);
    for (const remedy of ["regenerate-assets", "wipe-assets"] as const)
      expect(why(unreadable, remedy)).toContain("is a row without a file");
    expect(why(diagnosisOf(CASES["filestore-missing"], [], WIPE), "wipe-assets")).toContain(
      "users' files are missing as well",
    );
    expect(why(diagnosisOf(CASES["assets-poisoned"], [], WIPE), "wipe-assets")).toContain(
      "the older stylesheet would be gone",
    );
    expect(why(diagnosisOf(CASES["assets-missing"], [], WIPE), "module")).toContain("no `module` was named");
  });

  it("has nothing that writes while Odoo may not write its filestore, whatever the cause is called", () => {
    const closed = { ...CASES["assets-stale"], files: files({ bundles: [], writable: false }) };
    const diagnosis = diagnosisOf(closed, [], WIPE);
    for (const remedy of ["regenerate-assets", "wipe-assets"] as const)
      expect(diagnosis.ladder).not.toContain(remedy);
  });

  it("has neither where the database is elsewhere", () => {
    const diagnosis = diagnosisOf(
      { ...CASES["assets-stale"], containers: [odoo(), db({ state: "paused" })] },
      [],
      WIPE,
    );
    expect(diagnosis.ladder.filter((remedy) => /assets/.test(remedy))).toEqual([]);
  });

  it("changes no owner where it was not seen as whom Odoo runs", () => {
    const diagnosis = diagnosisOf(
      {
        ...CASES["filestore-unreadable"],
        running: seen(new Map([["odoo-ce-odoo-id", running({ user: "" })]])),
      },
      [],
      WIPE,
    );
    expect(diagnosis).toMatchObject({ cause: "filestore-unreadable", ladder: [] });
    expect(why(diagnosis, "fix-permissions")).toContain("as which user Odoo runs could not be seen");
  });
});

describe("without a backup", () => {
  it("nothing is wiped, and no module is touched", () => {
    const wishes: Partial<Wishes> = {
      ceiling: "wipe",
      backup: "never",
      module: { name: "shop_notes", action: "uninstall" },
    };
    const diagnosis = diagnosisOf(CASES["assets-missing"], [], wishes);
    expect(diagnosis.ladder).toEqual(["regenerate-assets"]);
    expect(why(diagnosis, "wipe-assets")).toContain("`backup: never` forbids one");
  });
});

describe("a ceiling that is too low", () => {
  it("is told with the line to change, and what a person may do by hand", () => {
    const next = whatRecoverWouldDo(diagnosisOf(CASES["assets-missing"]));
    expect(next).toMatch(
      /^With `ceiling: repair`, `mode: recover` would begin with regenerate-assets, which .*\. By hand: Odoo looks/,
    );
    expect(whatRecoverWouldDo(diagnosisOf(CASES["filestore-missing"]))).toMatch(/^Look first/);
  });
});

describe("bundles that only who has logged in asks for", () => {
  const beyond = {
    files: files({
      bundles: [
        ...filestore().bundles.slice(0, 3),
        { storedAs: BUNDLES[3]?.storedAs ?? "", state: "missing" as const, bytes: undefined },
      ],
    }),
    page: pageAssets(...BUNDLES.slice(0, 3).map((each) => asset(each))),
  };

  it("are made anew though every layer is good, and below that ceiling the site is degraded", () => {
    const diagnosis = diagnosisOf(beyond, [], { ceiling: "repair" });
    expect(diagnosis).toMatchObject({ cause: "assets-missing", ladder: ["regenerate-assets"] });
    expect(diagnosis.layers.every(({ state }) => state === "good")).toBe(true);
    const low = diagnosisOf(beyond);
    expect(low.ladder).toEqual([]);
    expect(good(low)).toMatchObject({
      status: "degraded",
      next: expect.stringContaining("With `ceiling: repair`"),
    });
  });
});
