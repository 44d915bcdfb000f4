// The remedies for Odoo's files, run by the real sh: nothing is changed before it is known what was there, and what is known
// is forgotten only where nothing was changed. What is wrong with a file's rights is decided by real Python, against the kernel.

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { RefusedError } from "../../src/errors.ts";
import { fixPermissions } from "../../src/remedies/fix-permissions/fix-permissions.ts";
import { REMEDIES } from "../../src/remedies/index.ts";
import { INEFFECTIVE, UNFIT } from "../../src/remedies/remedy.ts";
import { containerOf, diagnosisOf, ODOO_ID, RemedyHost } from "./support.ts";

const source = (path: string) => readFileSync(new URL(`../../src/${path}`, import.meta.url), "utf8");

const SEEN = "data=/var/lib/odoo\nuser=101:101\n0 0 700 101 101 700 filestore\nend 1";

/** A host on whose Odoo the program in the container says what a test wants: `look`, `act` and `prove`, each with a status. */
class FilesHost extends RemedyHost {
  constructor(says: Readonly<Record<string, string>> = {}) {
    super();
    mkdirSync(join(this.path, "kept"));
    this.says(`state-${ODOO_ID}`, "running");
    this.says(
      "on-exec",
      `case $* in
  *'command -v python3'*) ! [ -f "$FAKE/no-python" ] ;;
  *' act') ls "$FAKE/kept/step" >"$FAKE/ready"; . "$FAKE/say-act" ;;
  *' prove '*) . "$FAKE/say-prove" ;;
  *' look '*) . "$FAKE/say-look" ;;
esac`,
    );
    const all = { look: `echo '${SEEN}'`, act: "echo gave Odoo back 1 file", prove: "exit 0", ...says };
    for (const [what, text] of Object.entries(all)) this.says(`say-${what}`, text);
  }

  get kept(): string[] {
    const folder = join(this.path, "kept/step");
    return existsSync(folder) ? readdirSync(folder).toSorted() : [];
  }

  apply(remedy: "fix-permissions") {
    return this.run(REMEDIES[remedy].program(diagnosisOf()), {
      KEEP_DIR: join(this.path, "kept/step"),
      STEP_NAME: "step",
    });
  }
}

describe.each([["fix-permissions", "owners"]] as const)("%s", (remedy, records) => {
  it("keeps what it is about to do, and what takes it back, before it does it", () => {
    using host = new FilesHost();
    const { status, output } = host.apply(remedy);
    expect(status, output).toBe(0);
    expect(output).toContain("did: gave Odoo back 1 file\n");
    expect(output).toContain(`undo: sh ${host.path}/kept/step/undo\n`);
    expect(host.read("ready").split("\n")).toEqual(expect.arrayContaining([records, "program.py", "undo"]));
    expect(host.kept).toEqual([records, "program.py", "undo"].toSorted());
    expect(host.read(`kept/step/${records}`)).toBe(`${SEEN}\n`);
  });

  it.each<[string, Readonly<Record<string, string>>, string]>([
    ["Odoo's container does not run", { [`state-${ODOO_ID}`]: "exited" }, "is exited"],
    ["its image has no python3", { "no-python": "" }, "has no python3"],
    ["the program says no", { "say-look": "echo 'not done: all is well' >&2; exit 10" }, "all is well"],
    ["the program fails", { "say-look": `echo '${SEEN}'; exit 137` }, "could not be looked at (status 137)"],
    ["what it saw is cut off", { "say-look": "echo data=/var/lib/odoo" }, "could not be kept whole"],
    ["it was mended meanwhile", { "say-act": "exit 0" }, "mended it meanwhile"],
  ])("does nothing, and leaves nothing, where %s", (_, state, words) => {
    using host = new FilesHost();
    for (const [name, text] of Object.entries(state)) host.says(name, text);
    const { status, output } = host.apply(remedy);
    expect({ status, output }).toEqual({ status: UNFIT, output: expect.stringContaining(words) });
    expect(output).not.toContain("undo: ");
    expect(host.kept).toEqual([]);
  });

  it("forgets what was refused as a whole, and says so", () => {
    using host = new FilesHost({ act: "exit 11" });
    const { status, output } = host.apply(remedy);
    expect({ status, kept: host.kept }).toEqual({ status: INEFFECTIVE, kept: [] });
    expect(output).toContain("nothing was changed");
  });

  it.each([
    ["refused in part", "echo gave Odoo back 1 file; exit 11", "not all of it"],
    ["broken off", "exit 3", "broke off half-way, with status 3"],
  ])("can be taken back where it was %s", (_, act, words) => {
    using host = new FilesHost({ act });
    const { status, output } = host.apply(remedy);
    expect({ status, output }).toEqual({ status: INEFFECTIVE, output: expect.stringContaining(words) });
    expect(output).toContain("undo: sh ");
    expect(host.kept).toContain(records);
  });

  it("refuses without a target, and without Odoo's container", () => {
    expect(() => REMEDIES[remedy].program({ ...diagnosisOf(), target: undefined })).toThrow(RefusedError);
    expect(() => REMEDIES[remedy].program(diagnosisOf({ odoo: undefined }))).toThrow(RefusedError);
  });
});

describe("fix-permissions", () => {
  it("has not worked where Odoo may still not use its files", () => {
    using host = new FilesHost({ prove: "exit 11" });
    const { status, output } = host.apply("fix-permissions");
    expect({ status, output }).toEqual({
      status: INEFFECTIVE,
      output: expect.stringContaining("may still not"),
    });
    expect(host.kept).toContain("owners");
  });

  it("is typed for the container that runs, or for one of its own", () => {
    expect(fixPermissions.commands(diagnosisOf())).toMatch(
      /^docker exec -u 0 shop-odoo-1 find \/var\/lib\/odoo -xdev /,
    );
    const stopped = diagnosisOf({ odoo: containerOf("odoo", { state: "exited" }) });
    expect(fixPermissions.commands(stopped)).toMatch(
      / run --rm --no-deps --user 0 --entrypoint '' odoo find /,
    );
  });
});

/** The Python of a remedy as it runs in the container, with a test of its own in place of what it would do. */
function python(remedy: string, test: string): { status: number | null; output: string } {
  const program = ["survey/odoo-process.py", "remedies/in-container.py", `remedies/${remedy}`]
    .map(source)
    .join("\n\n")
    .replace(/^\{"look": look.*$/m, () => source(`../test/remedies/${test}`));
  const { status, stdout, stderr } = spawnSync("python3", ["-"], { input: program, encoding: "utf8" });
  return { status, output: `${stdout}${stderr}` };
}

describe.skipIf(process.getuid?.() !== 0)("whether Odoo may use a file", () => {
  it("is decided as the kernel decides it: for any owner, group, mode and access list", () => {
    const { status, output } = python("fix-permissions/permissions.py", "rights.py");
    expect(output).toMatch(
      /^of 1200, \d{2,} usable, \d{2,} with an access list: all as the kernel has it\n$/,
    );
    expect(status).toBe(0);
  });
});
