// The wipe: what it selects is what the survey calls a compiled bundle, what puts it back needs nothing but itself, and
// where its prechecks say no, nothing was changed. What it does to a real database is shown on the test droplet.

import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Diagnosis } from "../../src/diagnosis/diagnosis.ts";
import { RefusedError } from "../../src/errors.ts";
import { UNFIT } from "../../src/remedies/remedy.ts";
import { wipeAssets } from "../../src/remedies/wipe-assets/wipe-assets.ts";
import { temporaryDirectory } from "../support/hosts.ts";
import { DB_ID, diagnosisOf, ODOO_ID, RemedyHost } from "./support.ts";

const SETUP = {
  user: "101:101",
  dataDirectory: "/var/lib/odoo",
  filestore: "/var/lib/odoo/filestore/shop",
  version: "14.0",
};
const diagnosis: Diagnosis = { ...diagnosisOf({}, "assets-missing"), setup: SETUP };

function conditionIn(file: string): string {
  const text = readFileSync(new URL(`../../src/${file}`, import.meta.url), "utf8");
  const [, condition = ""] = /where (type = 'binary' .*?\)\)\n)/s.exec(text) ?? [];
  return condition.replaceAll(/\s+/g, " ");
}

describe("wipe-assets", () => {
  it("takes what the survey calls a compiled bundle, and nothing by the runbook's patterns", () => {
    const condition = conditionIn("remedies/wipe-assets/bundles.sql");
    expect(condition).toContain("create_uid = 1");
    expect(condition).toBe(conditionIn("survey/bundles.sql"));
    const { text, values } = wipeAssets.program(diagnosis);
    expect(text + JSON.stringify(values)).not.toMatch(
      /like '(?:\/web\/%|%assets_bundle%)'|truncate|delete from ir_qweb/i,
    );
  });

  it("has the same program at each look, whatever rows and files there are", () => {
    const { text, values, putBack } = wipeAssets.program(diagnosis);
    expect(wipeAssets.program(structuredClone(diagnosis))).toEqual({ text, values, putBack });
  });

  it("is refused where it was not seen as whom Odoo runs and where its files are", () => {
    expect(() => wipeAssets.program(diagnosisOf())).toThrow(RefusedError);
    expect(() => wipeAssets.program({ ...diagnosis, setup: { ...SETUP, user: "" } })).toThrow(RefusedError);
  });

  it("changes nothing when the database does not run", () => {
    using host = new RemedyHost();
    host.says(`state-${ODOO_ID}`, "running").says(`state-${DB_ID}`, "exited");
    const { status, output } = host.run(wipeAssets.program(diagnosis), {
      KEEP_DIR: join(host.path, "kept"),
    });
    expect(output).toBe("not done: the database does not run\n");
    expect(status).toBe(UNFIT);
    expect(host.calls).toEqual([]);
  });

  it("writes down a program that puts everything back and that stands alone", () => {
    using directory = temporaryDirectory();
    const { values } = wipeAssets.program(diagnosis);
    const kept = join(directory.path, "kept", "3f9c2a71-1-wipe-assets");
    mkdirSync(kept, { recursive: true });
    writeFileSync(join(kept, "undo"), values.PUT_BACK ?? "");
    const docker = join(directory.path, "docker");
    writeFileSync(docker, "#!/bin/sh\nexit 1\n", { mode: 0o755 });
    const { stdout, status } = spawnSync("/bin/sh", [join(kept, "undo")], {
      env: { PATH: `${directory.path}:${process.env.PATH}` },
      encoding: "utf8",
    });
    expect(stdout).toBe("not put back, and nothing was changed: Odoo has no container\n");
    expect(status).toBe(1);
  });
});

/** files.py on a filestore of ours, as whoever runs the tests. */
function files(root: string, what: string, names: readonly string[]): string {
  const { values } = wipeAssets.program(diagnosis);
  const data = [
    `user=${process.getuid?.()}:${process.getgid?.()}`,
    `data=${root}`,
    `filestore=${root}/filestore/shop`,
    "aside=step",
    `do=${what}`,
    ...names.map((name) => `file=${name}`),
  ].join("\n");
  const { stdout, stderr, status } = spawnSync(
    "python3",
    [
      "-I",
      "-B",
      "-c",
      'import sys; p, _, d = sys.stdin.read().partition("\\n# data\\n"); exec(p, {"DATA": d})',
    ],
    { input: `${values.FILES_PY}\n# data\n${data}\n`, encoding: "utf8" },
  );
  expect(stderr).toBe("");
  expect(status).toBe(0);
  return stdout;
}

describe("the files of a wipe", () => {
  // The SHA-1 of "good".
  const GOOD = "5a/5a34d3f2b6f7c16c1d1c6d1f0a2b9e5a6a8c7d9e";
  const shaOf = (text: string): string => {
    const { stdout } = spawnSync("sha1sum", { input: text, encoding: "utf8" });
    return `${stdout.slice(0, 2)}/${stdout.slice(0, 40)}`;
  };
  const put = (root: string, name: string, text: string): void => {
    mkdirSync(join(root, "filestore/shop", name.slice(0, 2)), { recursive: true });
    writeFileSync(join(root, "filestore/shop", name), text);
  };
  const at = (root: string, name: string): string => readFileSync(join(root, name), "utf8");

  it("are called corrupt when their content is another than was stored", () => {
    using directory = temporaryDirectory();
    const good = shaOf("good");
    put(directory.path, good, "good");
    put(directory.path, GOOD, "something else");
    expect(files(directory.path, "look", [good, GOOD, "../../etc/passwd", "ff/none"])).toBe(
      `corrupt ${GOOD}\nend\n`,
    );
  });

  it("go aside and come back, the same", () => {
    using directory = temporaryDirectory();
    const good = shaOf("good");
    put(directory.path, good, "good");
    expect(files(directory.path, "aside", [good, shaOf("never there")])).toBe(`moved ${good}\nend\n`);
    expect(() => at(directory.path, `filestore/shop/${good}`)).toThrow();
    expect(at(directory.path, `odoo-recover/step/${good}`)).toBe("good");
    expect(files(directory.path, "aside", [good])).toBe("end\n");
    expect(files(directory.path, "back", [])).toBe(`back ${good}\nend\n`);
    expect(at(directory.path, `filestore/shop/${good}`)).toBe("good");
    expect(files(directory.path, "back", [])).toBe("end\n");
  });

  it("are there again when a row turns out to name one, and stay aside as well", () => {
    using directory = temporaryDirectory();
    const good = shaOf("good");
    put(directory.path, good, "good");
    files(directory.path, "aside", [good]);
    expect(files(directory.path, "needed", [good])).toBe(`needed ${good}\nend\n`);
    expect(files(directory.path, "needed", [good])).toBe("end\n");
    expect(at(directory.path, `filestore/shop/${good}`)).toBe("good");
    expect(at(directory.path, `odoo-recover/step/${good}`)).toBe("good");
  });

  it("that were corrupt do not come back over a good one", () => {
    using directory = temporaryDirectory();
    const good = shaOf("good");
    put(directory.path, good, "corrupt");
    files(directory.path, "aside", [good]);
    put(directory.path, good, "good");
    expect(files(directory.path, "needed", [good])).toBe("end\n");
    expect(files(directory.path, "back", [])).toBe(`kept ${good}\nend\n`);
    expect(at(directory.path, `filestore/shop/${good}`)).toBe("good");
  });
});
