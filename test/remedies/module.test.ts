// The module remedy: what is approved is in its program, and what Odoo would pass over in silence is found before. What it
// does to a real Odoo is shown on the test droplet.

import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Diagnosis } from "../../src/diagnosis/diagnosis.ts";
import { RefusedError } from "../../src/errors.ts";
import type { ModuleWish } from "../../src/inputs/inputs.ts";
import { module } from "../../src/remedies/module/module.ts";
import { UNFIT } from "../../src/remedies/remedy.ts";
import { namedModule } from "../diagnosis/surveys.ts";
import { temporaryDirectory } from "../support/hosts.ts";
import { diagnosisOf, ODOO_ID, RemedyHost } from "./support.ts";

function diagnosis(action: ModuleWish["action"], more: Parameters<typeof namedModule>[0] = {}): Diagnosis {
  return {
    ...diagnosisOf({}, "assets-poisoned"),
    module: { name: "shop_notes", action },
    named: namedModule(more),
  };
}

describe("the module's program", () => {
  it("names what an uninstallation takes along, so that an approval is for just that", () => {
    const plain = module.program(diagnosis("uninstall"));
    const more = module.program(diagnosis("uninstall", { dependents: ["shop_invoices", "shop_pos"] }));
    expect(more.values.DEPENDENTS).toBe("shop_invoices\nshop_pos");
    expect(plain.values.TABLES).toBe("shop_note");
    expect(more.text).toBe(plain.text);
  });

  it("is the same at each look, though rows come and go", () => {
    const one = module.program(diagnosis("uninstall", { tables: [{ name: "shop_note", rows: 20 }] }));
    const other = module.program(diagnosis("uninstall", { tables: [{ name: "shop_note", rows: 21 }] }));
    expect(other).toEqual(one);
  });

  it("holds the name as a value alone", () => {
    const { text, values } = module.program(diagnosis("uninstall"));
    expect(text + values.UNINSTALL + values.FOLDER).not.toContain("shop_notes");
  });

  it("is refused where none was named, or the database has none of that name", () => {
    expect(() => module.program(diagnosisOf())).toThrow(RefusedError);
    expect(() => module.program({ ...diagnosis("update"), named: undefined })).toThrow(RefusedError);
  });

  it("is shown to people with what goes", () => {
    const text = module.commands(
      diagnosis("uninstall", { dependents: ["shop_pos"], columns: ["res_partner.shop_note"] }),
    );
    expect(text).toContain(
      "# uninstalls shop_notes 14.0.1.0 and 1 module that depends on it (shop_pos); drops 1 table (shop_note: 20 rows) and 1 column (res_partner.shop_note)",
    );
    expect(text).toContain("button_immediate_uninstall()");
    expect(module.commands(diagnosis("update"))).toContain("--update=shop_notes --stop-after-init");
  });

  it("changes nothing where Odoo does not run", () => {
    using host = new RemedyHost();
    host.says(`state-${ODOO_ID}`, "exited");
    const { status, output } = host.run(module.program(diagnosis("update")));
    expect(output).toBe("not done: Odoo's container is exited\n");
    expect(status).toBe(UNFIT);
    expect(host.calls).toEqual([]);
  });
});

function folderOf(addons: string, name = "shop_notes"): { status: number | null; said: string } {
  const { values } = module.program(diagnosis("update"));
  const { stdout, stderr, status } = spawnSync(
    "python3",
    [
      "-I",
      "-B",
      "-c",
      'import sys; p, _, d = sys.stdin.read().partition("\\n# data\\n"); exec(p, {"DATA": d})',
    ],
    { input: `${values.FOLDER}\n# data\n${name}\n--addons-path\n/nowhere,${addons}\n`, encoding: "utf8" },
  );
  return { status, said: (stdout + stderr).trim() };
}

describe("the code of a module", () => {
  function addon(addons: string, manifest: string): void {
    mkdirSync(join(addons, "shop_notes"));
    writeFileSync(join(addons, "shop_notes/__manifest__.py"), manifest);
  }

  it("is found where Odoo is told to look", () => {
    using directory = temporaryDirectory();
    addon(directory.path, '{"name": "Shop notes"}');
    expect(folderOf(directory.path)).toEqual({ status: 0, said: join(directory.path, "shop_notes") });
  });

  it.each([
    ["{", /cannot be read: .*__manifest__\.py:1/],
    ['{"installable": False}', /not installable/],
  ])("is no use with the manifest %s", (manifest, words) => {
    using directory = temporaryDirectory();
    addon(directory.path, manifest);
    const { status, said } = folderOf(directory.path);
    expect(status).toBe(1);
    expect(said).toMatch(words);
  });

  it("that is nowhere is said to be nowhere, and where it was looked for", () => {
    using directory = temporaryDirectory();
    const { status, said } = folderOf(directory.path);
    expect(status).toBe(1);
    expect(said).toContain(`the code of shop_notes is in none of /nowhere, ${directory.path}`);
  });
});
