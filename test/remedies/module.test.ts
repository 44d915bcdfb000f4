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
import { INEFFECTIVE, UNFIT } from "../../src/remedies/remedy.ts";
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
    const uninstall = diagnosis("uninstall", {
      dependents: ["shop_pos"],
      columns: ["res_partner.shop_note"],
    });
    expect(module.goesWith?.(uninstall)).toBe(
      "uninstalls shop_notes 14.0.1.0 and 1 module that depends on it (shop_pos); drops 1 table (shop_note: 20 rows) and 1 column (res_partner.shop_note)",
    );
    expect(module.commands(uninstall)).toContain("button_immediate_uninstall()");
    expect(module.goesWith?.(diagnosis("update"))).toBe("");
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

const STATES = (shop: string): string => `base\\tinstalled\\nshop_notes\\t${shop}\\nshop_pos\\tinstalled\\n`;

/**
 * A host with an Odoo and its database. What a second Odoo prints and does is given; the module's state before it is
 * `state-before`, and after it what Odoo says in `$FAKE/after`.
 */
function moduleHost(odoo: string): RemedyHost {
  const host = new RemedyHost().says(`state-${ODOO_ID}`, "running").says("top", "PID");
  host.says(
    "on-exec",
    `now=$(cat "$FAKE/now" 2>/dev/null || echo installed)
case $* in
  *POSTGRES_USER*) echo odoo ;;
  *'select datname'*) printf 'postgres\\nshop\\n' ;;
  *'to upgrade'*) ;;
  *'copy (select name, state'*) printf "${STATES("$now")}" ;;
  *module=*) cat >/dev/null; echo "$now 14.0.1.0" ;;
  *python3*) cat >/dev/null; echo /mnt/extra-addons/shop_notes ;;
  *in-odoo-container*) ${odoo} ;;
esac`,
  );
  return host;
}

function run(host: RemedyHost, action: ModuleWish["action"]): { status: number | null; output: string } {
  return host.run(module.program(diagnosis(action)), { PUT_BACK_DIR: join(host.path, "put-back") });
}

const restarted = (host: RemedyHost): boolean =>
  host.calls.some((call) => call.startsWith("docker|restart|"));

describe("the module's program, by what Odoo says and what the database has afterwards,", () => {
  it("is done when the module is uninstalled, and restarts Odoo", () => {
    using host = moduleHost("echo 'odoo-recover: begun'; echo uninstalled >\"$FAKE/now\"");
    const { status, output } = run(host, "uninstall");
    expect(output).toContain("did: uninstalled shop_notes\n");
    expect(output).toContain("modules in another state than before: shop_notes uninstalled;");
    expect(status).toBe(0);
    expect(restarted(host)).toBe(true);
    expect(host.read("put-back/marks")).toBe("");
  });

  it.each<[string, ModuleWish["action"], string, RegExp]>([
    [
      "the registry does not load",
      "uninstall",
      "echo \"ModuleNotFoundError: No module named 'nothing'\"; exit 1",
      /registry does not load.*No module named 'nothing'.*take its folder out of addons_path/,
    ],
    [
      "other modules depend on it by now",
      "uninstall",
      "echo 'odoo-recover: begun'; echo 'odoo-recover: unfit what depends on shop_notes is now shop_pos, and the plan says nothing'; exit 10",
      /not done: what depends on shop_notes is now shop_pos/,
    ],
    [
      "the states were reset, with exit status 0",
      "uninstall",
      "echo 'odoo-recover: begun'; echo '2026-01-01 00:00:00,000 1 WARNING shop odoo.modules.loading: Transient module states were reset'",
      /shop_notes is `installed` afterwards \(status 0\): .*Transient module states were reset/,
    ],
    [
      "Odoo passed over it, with exit status 0",
      "update",
      "echo '2026-01-01 00:00:00,000 1 WARNING shop odoo.modules.graph: module shop_notes: not installable, skipped'",
      /Odoo did not update it: .*not installable, skipped/,
    ],
    [
      "its update fails",
      "update",
      "echo 'psycopg2.errors.UndefinedColumn: column x does not exist'; echo 'KeyError: x'; exit 255",
      /`-u shop_notes` ended with status 255: KeyError: x/,
    ],
  ])("is not done, and Odoo is left running, when %s", (_, action, odoo, words) => {
    using host = moduleHost(odoo);
    const { status, output } = run(host, action);
    expect(output).toMatch(words);
    expect(status).toBe(UNFIT);
    expect(restarted(host)).toBe(false);
  });

  it("says that it did not work, and leaves the former states to be put back, when modules stay marked", () => {
    using host = moduleHost("echo 'odoo-recover: begun'; echo 'to remove' >\"$FAKE/now\"; exit 1");
    const { status, output } = run(host, "uninstall");
    expect(output).toMatch(/it did not work: shop_notes is `to remove` afterwards/);
    expect(status).toBe(INEFFECTIVE);
    expect(restarted(host)).toBe(false);
    expect(host.read("put-back/marks")).toContain("shop_notes\tinstalled");
  });

  it("does not begin when the module is not installed any more", () => {
    using host = moduleHost('echo began >"$FAKE/began"').says("now", "uninstalled");
    const { status, output } = run(host, "update");
    expect(output).toBe("not done: shop_notes is not installed, but `uninstalled 14.0.1.0`\n");
    expect(status).toBe(UNFIT);
    expect(host.read("began")).toBe("");
  });
});
