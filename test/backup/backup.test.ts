// The backup gate: what is kept, what is refused and why, and that nothing half stays. The programs for the host run for
// real; the end-to-end tests do the same with PostgreSQL, disks and networks.

import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { backupProgram } from "../../src/backup/backup.ts";
import { RefusedError } from "../../src/errors.ts";
import { unseen } from "../../src/survey/survey.ts";
import { diagnosisOf } from "../remedies/support.ts";
import { until } from "../support/clocks.ts";
import { Stage } from "./support.ts";

let stage: Stage;

beforeEach(async () => {
  stage = await Stage.set();
});
afterEach(() => stage[Symbol.dispose]());

const sha256 = (path: string): string => createHash("sha256").update(readFileSync(path)).digest("hex");

async function refusalOf(taking: Promise<unknown>): Promise<RefusedError> {
  const error = await taking.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof RefusedError) return error;
  throw error ?? new Error("it was not refused");
}

describe("a backup", () => {
  it("onto the droplet lies there for root alone, with a manifest, and its record is what lies there", async () => {
    const made = await stage.take();
    const path = made.onDroplet ?? "";
    expect(made).toMatchObject({ database: "shop", tables: 4, onRunner: undefined, filestore: undefined });
    expect(made.bytes).toBe(statSync(path).size);
    expect(made.sha256).toBe(sha256(path));
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(stage.folder).mode & 0o777).toBe(0o700);
    expect(stage.onDroplet()).toEqual([basename(path), `${basename(path)}.json`]);
    expect(JSON.parse(readFileSync(`${path}.json`, "utf8"))).toMatchObject({
      database: "shop",
      bytes: made.bytes,
    });
    expect(stage.told).toMatch(/^did: backed up the database shop onto the droplet and read it back: /m);
  });

  it("to the runner lies there alone, and the droplet remembers how large it was", async () => {
    const made = await stage.take({ to: "runner" });
    expect(made.onDroplet).toBeUndefined();
    expect(made.sha256).toBe(sha256(made.onRunner ?? ""));
    expect(statSync(made.onRunner ?? "").mode & 0o777).toBe(0o600);
    expect(stage.onRunner()).toEqual([basename(made.onRunner ?? "")]);
    expect(stage.onDroplet()).toEqual([expect.stringMatching(/\.dump\.json$/)]);
    stage.says({
      dump: `printf 'PGDMP\\nshop\\n'; cat "$FAKE/tables"; head -c 60000 /dev/urandom | base64; echo END; exit 0`,
    });
    expect((await refusalOf(stage.take())).message).toContain("has shrunk below half");
  });

  it("to both is the same bytes on both", async () => {
    const made = await stage.take({ to: "both" });
    expect(sha256(made.onRunner ?? "")).toBe(made.sha256);
    expect(sha256(made.onDroplet ?? "")).toBe(made.sha256);
  });

  it("is told to the journal from its beginning to its end", async () => {
    const made = await stage.take();
    expect(stage.journal[0]).toMatchObject({
      kind: "backup-started",
      step: "01234567-1-backup",
      key: stage.place.key,
    });
    expect(stage.journal.at(-1)).toMatchObject({ kind: "backup-ended", backup: made });
  });

  it("asks for a database as the container's role, bounded, by a name under which it can be ended", async () => {
    await stage.take();
    expect(stage.said("dumps")).toMatch(
      /^postgres shop odoo-recover-01234567-1-backup --format=custom --no-password --lock-wait-timeout=60000 --compress=1\n$/,
    );
  });

  it.each([
    ["15.4", false, "1"],
    ["16.1", true, "zstd"],
    ["16.1 (Debian 16.1-1)", false, "1"],
    ["17.0", true, "zstd"],
  ])("of PostgreSQL %s, with zstd: %s, is compressed with %s", async (version, zstd, compress) => {
    stage.says({ version: `pg_dump (PostgreSQL) ${version}\n`, ...(zstd ? { "has-zstd": "" } : {}) });
    await stage.take();
    expect(stage.said("dumps")).toContain(`--compress=${compress}\n`);
  });

  it.each(["sh'o\"p/../$(touch x)", "käse", ".."])(
    "of a database called %s has a name that is only a name, and is compared with its own last one",
    async (database) => {
      const made = await stage.take({ database });
      expect(basename(made.onDroplet ?? "")).toMatch(/^[A-Za-z0-9_-]+-\d{8}T\d{6}Z\.dump$/);
      expect(JSON.parse(readFileSync(`${made.onDroplet}.json`, "utf8")).database).toBe(database);
      stage.says({
        dump: `printf 'PGDMP\\n%s\\n' "$PGDATABASE"; cat "$FAKE/tables"; head -c 60000 /dev/urandom | base64; echo END; exit 0`,
      });
      expect((await refusalOf(stage.take({ database }))).message).toContain("has shrunk below half");
    },
  );

  it("removes what an interrupted one left, and what is older than a week, but of each database the newest", async () => {
    const first = basename((await stage.take()).onDroplet ?? "");
    stage.sh(`sed -i 's/^  "at": .*/  "at": 1000,/' ${first}.json
      sed 's/"shop"/"other"/; s/${first}/other.dump/' ${first}.json >other.dump.json
      touch other.dump precious.dump 0badf00d-1-backup.dump.partial 0badf00d-1-backup.json.partial`);
    const second = basename((await stage.take()).onDroplet ?? "");
    expect(stage.onDroplet()).toEqual(
      [second, `${second}.json`, "other.dump", "other.dump.json", "precious.dump"].sort(),
    );
  });

  it("keeps the newest that lies on the droplet, though a newer one went to the runner", async () => {
    const first = basename((await stage.take()).onDroplet ?? "");
    stage.sh(`sed -i 's/^  "at": .*/  "at": 1000,/' ${first}.json`);
    await stage.take({ to: "runner" });
    expect(stage.onDroplet()).toContain(first);
  });

  it("is never taken twice under one name", async () => {
    await stage.take({ to: "runner", step: "01234567-9-backup" });
    await refusalOf(stage.take({ to: "runner", step: "01234567-9-backup" }));
    expect(stage.said("dumps").split("\n").filter(Boolean)).toHaveLength(1);
  });
});

describe("the files beside it", () => {
  const file = (name: string, text = name): void => {
    const path = join(stage.path, "data", "filestore", "shop", name);
    mkdirSync(join(path, ".."), { recursive: true });
    writeFileSync(path, text);
  };

  it.each(["droplet", "runner"] as const)("are linked and counted (to the %s)", async (to) => {
    file("aa/one");
    file("bb/two");
    stage.says({ names: "aa/one\nbb/two\ncc/gone\n" });
    const made = await stage.take({ to, filestore: true });
    expect(made.filestore).toBe(join(stage.path, "data/odoo-recover/01234567-1-backup/filestore/shop"));
    expect(statSync(join(made.filestore ?? "", "aa/one")).nlink).toBe(2);
    expect(stage.told).toContain(
      "2 files that the database names (1 more that it names were missing before)",
    );
  });

  it("are looked at again after the dump: what was made meanwhile is there too", async () => {
    file("aa/one");
    stage.says({
      names: "aa/one\ndd/new\n",
      dump: `mkdir -p '${stage.path}/data/filestore/shop/dd'; echo new >'${stage.path}/data/filestore/shop/dd/new'`,
    });
    const made = await stage.take({ filestore: true });
    expect(readFileSync(join(made.filestore ?? "", "dd/new"), "utf8")).toBe("new\n");
  });

  it("stay, where what they belong to was removed", async () => {
    file("aa/one");
    stage.says({ names: "aa/one\n", dump: `rm '${stage.path}/data/filestore/shop/aa/one'` });
    const made = await stage.take({ filestore: true });
    expect(readFileSync(join(made.filestore ?? "", "aa/one"), "utf8")).toBe("aa/one");
  });

  it("are let go of when the dump is not good", async () => {
    file("aa/one");
    stage.says({ names: "aa/one\n", dump: "exit 3" });
    await refusalOf(stage.take({ filestore: true }));
    expect(statSync(join(stage.path, "data/filestore/shop/aa/one")).nlink).toBe(1);
    expect(() => statSync(join(stage.path, "data/odoo-recover"))).toThrow("ENOENT");
  });

  it("of one that a reboot cut off are let go of by the next", async () => {
    file("aa/one");
    stage.says({ names: "aa/one\n" });
    const half = join(stage.path, "data/odoo-recover/0badf00d-1-backup/filestore.partial/shop/aa");
    mkdirSync(half, { recursive: true });
    await stage.take({ filestore: true });
    expect(readdirSync(join(stage.path, "data/odoo-recover"))).toEqual(["01234567-1-backup"]);
  });

  it("are let go of when what came home is not what was sent, and the droplet keeps no manifest", async () => {
    file("aa/one");
    stage.says({ names: "aa/one\n" });
    await stage.take({ to: "runner" });
    stage.says({
      dump: `printf 'PGDMP\\nshop\\n'; cat "$FAKE/tables"; head -c 60000 /dev/urandom | base64; echo END; exit 0`,
    });
    expect((await refusalOf(stage.take({ to: "runner", filestore: true }))).message).toContain("has shrunk");
    expect(statSync(join(stage.path, "data/filestore/shop/aa/one")).nlink).toBe(1);
    expect(stage.onRunner()).toHaveLength(1);
  });

  it("that are not there are a refusal", async () => {
    const refusal = await refusalOf(stage.take({ filestore: true }));
    expect(refusal.message).toContain("The filestore could not be kept beside the dump");
    expect(refusal.detail).toContain("there is no filestore");
    expect(stage.said("dumps")).toBe("");
  });
});

const BAD: readonly [string, Readonly<Record<string, string>>, RegExp][] = [
  [
    "pg_dump fails",
    { dump: 'echo "pg_dump: error: no such role" >&2; exit 1' },
    /pg_dump failed with status 1/,
  ],
  ["pg_dump is killed", { dump: "kill -9 $$" }, /pg_dump was killed/],
  [
    "pg_dump fails after all of it",
    {
      dump: `printf 'PGDMP\\nshop\\n'; cat "$FAKE/tables"; head -c 200000 /dev/urandom | base64; echo END; exit 1`,
    },
    /pg_dump failed with status 1/,
  ],
  ["it is empty", { dump: "exit 0" }, /wrote 0 bytes|pg_restore cannot read/],
  [
    "it is tiny",
    { dump: `printf 'PGDMP\\nshop\\n'; cat "$FAKE/tables"; echo END; exit 0` },
    /wrote \d+ bytes/,
  ],
  [
    "it is cut off",
    { dump: `printf 'PGDMP\\nshop\\n'; cat "$FAKE/tables"; head -c 200000 /dev/urandom | base64; exit 0` },
    /pg_restore cannot read the dump/,
  ],
  ["it is of another database", { dump: "PGDATABASE=other" }, /is one of the database other, not of shop/],
  [
    "it has no users",
    { tables: "table ir_attachment\ntable ir_module_module\n" },
    /lacks the rows of res_users/,
  ],
  ["the database's container is down", { runs: "false\n" }, /container does not run/],
  ["Docker is away", { "docker-fails": "" }, /no pg_dump in the database's container/],
  [
    "PostgreSQL does not answer",
    { psql: "#!/bin/sh\necho 'the database system is starting up' >&2; exit 2\n" },
    /does not say how large/,
  ],
  ["there is no room", { size: "900000000000000\n" }, /not enough room on the droplet/],
];

describe.each(["droplet", "runner"] as const)(
  "nothing more is done, for there is no good backup (to the %s),",
  (to) => {
    it.each(BAD.filter(([what]) => to === "droplet" || what !== "there is no room"))(
      "when %s",
      async (_, files, words) => {
        stage.says(files);
        const refusal = await refusalOf(stage.take({ to }));
        expect(refusal.message).toMatch(/^There is no good backup, so nothing more was done: /);
        expect(`${refusal.message}\n${refusal.detail}`).toMatch(words);
        expect(refusal.advice).not.toBe("");
        expect(stage.onDroplet()).toEqual([]);
        expect(stage.onRunner()).toEqual([]);
        expect(stage.journal.at(-1)).toMatchObject({ kind: "backup-ended", backup: undefined });
      },
    );

    it("when somebody else has the lease", async () => {
      const refusal = await refusalOf(stage.take({ to, lease: false }));
      expect(refusal.message).toContain("Somebody else took the lease over");
      expect(stage.said("dumps")).toBe("");
    });

    it("when a person cancels: the reason is theirs, and the dump is ended", async () => {
      stage.says({ dump: `echo begun >"$FAKE/begun"; printf 'PGDMP\\n'; sleep 30` });
      const cancel = new AbortController();
      const taking = stage.take({ to, signal: cancel.signal });
      await until("it began", () => stage.said("begun") !== "");
      cancel.abort(new Error("stopped by SIGINT"));
      await expect(taking).rejects.toThrow("stopped by SIGINT");
      expect(stage.onDroplet()).toEqual([]);
      expect(stage.onRunner()).toEqual([]);
      expect(stage.said("terminated")).toContain("odoo-recover-01234567-1-backup");
    });

    it("when it takes longer than it may", async () => {
      stage.says({ dump: `printf 'PGDMP\\n'; exec sleep 30` });
      const refusal = await refusalOf(stage.take({ to, timeoutMs: 1_000 }));
      expect(refusal.message).toContain("did not end within 1 s");
      expect(refusal.advice).toContain("backup_timeout");
    });
  },
);

it("without room on the runner nothing of the dump is taken, and with less than was thought it is ended", async () => {
  const none = await refusalOf(stage.take({ to: "runner", room: async () => 10 }));
  expect(none.message).toContain("not enough room on the runner");
  expect(none.advice).toContain("backup_to: droplet");
  const dumps = stage.said("dumps");
  const both = await refusalOf(stage.take({ to: "both", room: async () => 10 }));
  expect(both.message).toContain("not enough room on the runner");
  expect(both.advice).toContain("backup_to: droplet");
  expect(stage.said("dumps"), "it was looked at only after a dump").toBe(dumps);
  let looks = 0;
  stage.says({ size: "1000\n", dump: `printf 'PGDMP\\nshop\\n'; head -c 20000000 /dev/zero` });
  const less = await refusalOf(
    stage.take({
      to: "runner",
      room: async () => {
        looks += 1;
        return looks === 1 ? 1e9 : -1;
      },
    }),
  );
  expect(less.message).toContain("it came to the reserve of the runner's disk");
  expect(stage.onRunner()).toEqual([]);
});

describe("the program in a plan", () => {
  const options = { to: "droplet", filestore: true } as const;

  it("is the same for the same situation, and another for another place", () => {
    const program = backupProgram(stage.diagnosis(), stage.place, options);
    expect(backupProgram(stage.diagnosis(), stage.place, options)).toBe(program);
    expect(backupProgram(stage.diagnosis(), stage.place, { ...options, to: "runner" })).not.toBe(program);
    expect(backupProgram(stage.diagnosis(), stage.place, { ...options, filestore: false })).not.toBe(program);
  });

  it("holds any name of a database as a value, and as nothing else", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary", minLength: 1 }).filter((name) => !name.includes("\0")),
        (name) => {
          const program = backupProgram(stage.diagnosis(name), stage.place, options);
          const [, file = ""] = /^FILE_NAME='(.*)'$/m.exec(program) ?? [];
          expect(file).toMatch(/^[A-Za-z0-9_-]+$/);
        },
      ),
      { numRuns: 30 },
    );
  });

  it("cannot be made without a database", () => {
    expect(() =>
      backupProgram(diagnosisOf({ database: unseen("two of them") }), stage.place, options),
    ).toThrow(RefusedError);
  });
});
