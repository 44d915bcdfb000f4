// Which module may be acted upon: the one that the user named, if the database has it and Odoo can do without it.

import { describe, expect, it } from "vitest";
import { findTarget } from "../../src/diagnosis/find-target.ts";
import { moduleObjection } from "../../src/diagnosis/module.ts";
import { type OdooDatabase, seen, unseen } from "../../src/survey/survey.ts";
import { activity, db, NO_WISHES, namedModule, odooDatabase, survey } from "./surveys.ts";

const UPDATE = { module: { name: "shop_notes", action: "update" } } as const;
const UNINSTALL = { module: { name: "shop_notes", action: "uninstall" } } as const;

function objection(
  database: Partial<OdooDatabase>,
  wishes: Parameters<typeof moduleObjection>[2] = UNINSTALL,
): string | undefined {
  const look = survey({
    databases: seen(new Map([[db().id, seen(activity({ odoo: [odooDatabase("odoo", database)] }))]])),
  });
  const search = findTarget(look, NO_WISHES);
  if (search.found !== "one") throw new Error("the survey has no target");
  return moduleObjection(look, search.target, wishes);
}

describe("a module that was named", () => {
  it.each([UPDATE, UNINSTALL])("may be acted upon when it is installed: %j", (wishes) => {
    expect(objection({ named: seen(namedModule()) }, wishes)).toBeUndefined();
  });

  it("is not, when none was named", () => {
    expect(objection({ named: seen(namedModule()) }, { module: undefined })).toContain(
      "no `module` was named",
    );
  });

  it.each<[string, Partial<OdooDatabase>, RegExp]>([
    ["the database knows none of that name", { named: seen(undefined) }, /knows no module shop_notes/],
    ["it was not asked for", { named: undefined }, /was not observed/],
    [
      "the database did not tell",
      { named: unseen("no answer in time") },
      /not observed \(no answer in time\)/,
    ],
    [
      "it is not installed",
      { named: seen(namedModule({ state: "uninstalled" })) },
      /not installed, but `unin/,
    ],
    [
      "it is base, web, or what they need",
      { named: seen(namedModule({ essential: true })) },
      /without which/,
    ],
    [
      "another one is marked, which would be carried out as well",
      { named: seen(namedModule()), pending: [{ name: "sale", state: "to upgrade" }] },
      /sale is marked `to upgrade`/,
    ],
  ])("is not, when %s", (_, database, words) => {
    expect(objection(database, UPDATE)).toMatch(words);
    expect(objection(database, UNINSTALL)).toMatch(words);
  });

  it("may be updated, and not uninstalled, when an update of it was cut off", () => {
    const half = {
      named: seen(namedModule({ state: "to upgrade", dependents: ["shop_invoices"] })),
      pending: [
        { name: "shop_invoices", state: "to upgrade" },
        { name: "shop_notes", state: "to upgrade" },
      ],
    };
    expect(objection(half, UPDATE)).toBeUndefined();
    expect(objection(half, UNINSTALL)).toContain("`to upgrade`");
  });
});
