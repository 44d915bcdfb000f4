// What is uploaded, under which name, and what is taken away again; with an uploader that only notes what it was given.

import { execFileSync, spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import type { Readable } from "node:stream";
import { Decrypter, generateIdentity, identityToRecipient } from "age-encryption";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { encryptTo } from "../../src/backup/encrypt.ts";
import { type BackupMade, type Entry, type Event, type EventOf, Journal } from "../../src/journal.ts";
import { Redactor } from "../../src/redaction/redactor.ts";
import {
  artifactName,
  type Means,
  type Shipment,
  shipBackup,
  shipEvidence,
  worthKeeping,
} from "../../src/report/artifacts.ts";
import { tarOf } from "../../src/report/tar.ts";
import { visibilityOf } from "../../src/report/visibility.ts";
import { VirtualClock } from "../support/clocks.ts";
import { temporaryDirectory } from "../support/hosts.ts";

let home: ReturnType<typeof temporaryDirectory>;
beforeEach(() => {
  home = temporaryDirectory();
});
afterEach(() => home[Symbol.dispose]());

interface Sent {
  readonly name: string;
  /** Name below the root, with the bytes as they were sent. */
  readonly files: ReadonlyMap<string, Buffer>;
  readonly modes: readonly number[];
}

const STARTED: Event = {
  kind: "started",
  mode: "recover",
  version: "1",
  run: "3f9c2a71aabbccdd",
  host: "192.0.2.7:22",
};
const CONCLUDED: Event = { kind: "concluded", status: "unhealthy", headline: "", detail: "", next: "" };

function shipment(
  more: Partial<Shipment> = {},
  ...events: readonly Event[]
): { sent: Sent[]; made: Shipment; journal: Journal } {
  const journal = new Journal(new VirtualClock(), new Redactor(), []);
  for (const event of [STARTED, ...events, CONCLUDED]) journal.append(event);
  const sent: Sent[] = [];
  const uploadArtifact: Awaited<ReturnType<Means["uploader"]>>["uploadArtifact"] = async (
    name,
    paths,
    root,
  ) => {
    const files = new Map(paths.map((path) => [path.slice(root.length + 1), readFileSync(path)]));
    sent.push({ name, files, modes: paths.map((path) => statSync(path).mode & 0o777) });
    return { id: 7, bytes: 10, digest: "abc" };
  };
  const made: Shipment = {
    directory: home.path,
    entries: () => journal.entries,
    journal,
    visibility: "hidden",
    recipients: [],
    uploadLimit: 400_000_000,
    page: "https://github.com/acme/shop/actions/runs/1",
    means: { uploader: async () => ({ uploadArtifact }), cipher: async () => ({ encryptTo }) },
    signal: new AbortController().signal,
    ...more,
  };
  return { sent, made, journal };
}

function file(name: string, text: string | Buffer): string {
  const path = join(home.path, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

const never = async (): Promise<never> => expect.unreachable();

const ended = (entries: readonly Entry[]) => entries.filter((entry) => entry.kind === "artifact-ended");

describe("the evidence", () => {
  it("is report, journal, summary and what lies in evidence/, and no backup that lies beside them", async () => {
    for (const name of ["report.json", "journal.jsonl", "summary.md", "evidence/before/ps.txt", "shop.dump"])
      file(name, name);
    const { sent, made, journal } = shipment();
    await shipEvidence(made);
    expect(sent.map(({ name, files }) => [name, [...files.keys()]])).toEqual([
      [
        "odoo-recover-192.0.2.7-3f9c2a71",
        ["report.json", "journal.jsonl", "summary.md", "evidence/before/ps.txt"],
      ],
    ]);
    expect(ended(journal.entries)).toMatchObject([
      { uploaded: { url: "https://github.com/acme/shop/actions/runs/1/artifacts/7", bytes: 10 } },
    ]);
  });

  it("gets another name where a step that was killed may have taken the first", async () => {
    file("report.json", "{}");
    const begun: Event = { kind: "artifact-begun", holds: "evidence", name: "x", encrypted: false };
    const { sent, made } = shipment({}, begun);
    await shipEvidence(made);
    expect(sent[0]?.name).toBe("odoo-recover-192.0.2.7-3f9c2a71-2");
  });

  it("is not loaded for, and not sent, where everybody could read it and nobody may decrypt it", async () => {
    file("report.json", "{}");
    const { made, journal } = shipment({ visibility: "open", means: { uploader: never, cipher: never } });
    await shipEvidence(made);
    expect(ended(journal.entries)).toMatchObject([
      { uploaded: undefined, why: expect.stringContaining("public, or may be") },
    ]);
  });

  it("whose name is taken gets another one, once", async () => {
    file("report.json", "{}");
    const names: string[] = [];
    const { made, journal } = shipment({
      means: {
        uploader: async () => ({
          uploadArtifact: async (name) => {
            names.push(name);
            throw new Error("(409) Conflict: an artifact with this name already exists");
          },
        }),
        cipher: never,
      },
    });
    await shipEvidence(made);
    expect(names).toEqual(["odoo-recover-192.0.2.7-3f9c2a71", "odoo-recover-192.0.2.7-3f9c2a71-2"]);
    expect(ended(journal.entries)).toHaveLength(1);
  });

  it("that cannot be sent is told without the address, and stays", async () => {
    const path = file("report.json", "{}");
    const fails = async (): Promise<never> => {
      throw new Error("PUT https://store.example/x?sig=CANARY failed");
    };
    const { made, journal } = shipment({ means: { uploader: fails, cipher: fails } });
    await shipEvidence(made);
    expect(ended(journal.entries)).toMatchObject([{ uploaded: undefined, why: "PUT (an address) failed" }]);
    expect(existsSync(path)).toBe(true);
  });

  it("that cannot be sent is told, even where nobody says why", async () => {
    const fails = async (): Promise<never> => {
      throw new Error("");
    };
    const { made, journal } = shipment({ means: { uploader: fails, cipher: fails } });
    await shipEvidence(made);
    expect(ended(journal.entries)).toMatchObject([{ why: "the service gave no reason" }]);
  });

  it("is kept of every run but one that found all well and did nothing", () => {
    const run = (status: "healthy" | "degraded", ...events: readonly Event[]) =>
      shipment({}, ...events, { ...CONCLUDED, status } as Event)
        .made.entries()
        .slice(0, -1);
    expect(worthKeeping(run("healthy"))).toBe(false);
    expect(worthKeeping(run("degraded"))).toBe(true);
    expect(worthKeeping(run("healthy", { kind: "evidence", when: "before", files: [] }))).toBe(true);
    expect(worthKeeping([])).toBe(true);
  });
});

describe("the backup", () => {
  const DUMP = Buffer.from("PGDMP".repeat(300_000));
  const backup = (more: Partial<BackupMade> = {}): Event => ({
    kind: "backup-ended",
    step: "s",
    outcome: "good",
    backup: {
      database: "shop",
      onDroplet: "/var/lib/odoo-recover/x/backups/shop.dump",
      onRunner: join(home.path, "shop.dump"),
      fetch: "",
      bytes: DUMP.length,
      sha256: "",
      seconds: 1,
      tables: 3,
      filestore: undefined,
      ...more,
    },
  });

  const copied = (more: Partial<EventOf<"backup-encrypted">> = {}): Event => ({
    kind: "backup-encrypted",
    path: join(home.path, "backup.dump.age"),
    seconds: 1,
    why: "",
    ...more,
  });

  it("that is on the runner is sent only encrypted, in a file of our own, of which nothing stays; the user's does", async () => {
    const dump = file("shop.dump", DUMP);
    const identity = await generateIdentity();
    const { sent, made } = shipment({ recipients: [await identityToRecipient(identity)] }, backup());
    await shipBackup(made);
    const [only] = sent;
    expect(only?.name).toBe("odoo-recover-192.0.2.7-3f9c2a71-backup");
    expect([...(only?.files.keys() ?? [])]).toEqual(["backup.dump.age"]);
    expect(only?.modes).toEqual([0o600]);
    const encrypted = only?.files.get("backup.dump.age") ?? Buffer.alloc(0);
    expect(encrypted.includes("PGDMP")).toBe(false);
    const decrypter = new Decrypter();
    decrypter.addIdentity(identity);
    expect(Buffer.from(await decrypter.decrypt(encrypted)).equals(DUMP)).toBe(true);
    expect(existsSync(dump)).toBe(true);
    expect(existsSync(join(home.path, "backup.dump.age"))).toBe(false);
    // A post step has nothing left to do.
    await shipBackup(made);
    expect(sent).toHaveLength(1);
  });

  it("that is on the droplet is sent as the copy of it that came, which goes when it is uploaded and stays when not", async () => {
    const recipients = [await identityToRecipient(await generateIdentity())];
    const onDroplet = backup({ onRunner: undefined });
    const copy = file("backup.dump.age", "for the recipients");
    const failing = shipment(
      { recipients, means: { uploader: async () => Promise.reject(new Error("503")), cipher: never } },
      onDroplet,
      copied(),
    );
    await shipBackup(failing.made);
    expect(ended(failing.journal.entries)).toMatchObject([
      { holds: "backup", uploaded: undefined, why: "503" },
    ]);
    expect(existsSync(copy)).toBe(true);
    const { sent, made } = shipment({ recipients }, onDroplet, copied());
    await shipBackup(made);
    expect(sent.map(({ files }) => [...files.keys()])).toEqual([["backup.dump.age"]]);
    expect(existsSync(copy)).toBe(false);
  });

  it("of which no copy came is not sent, and it is told why; to everybody, only that", async () => {
    const recipients = [await identityToRecipient(await generateIdentity())];
    const why = "the connection to erp.example.com was lost";
    for (const [visibility, events, expected] of [
      ["hidden", [copied({ path: undefined, why })], why],
      ["open", [copied({ path: undefined, why })], "no copy of it came to the runner"],
      ["hidden", [], "the run was stopped before a copy came to the runner"],
    ] as const) {
      const { sent, made, journal } = shipment(
        { recipients, visibility },
        backup({ onRunner: undefined }),
        ...events,
      );
      await shipBackup(made);
      expect(sent).toEqual([]);
      expect(ended(journal.entries)).toMatchObject([{ holds: "backup", uploaded: undefined, why: expected }]);
    }
  });

  it("is not encrypted on a runner without the room, and one whose disk is full keeps nothing half", async () => {
    const dump = file("shop.dump", DUMP);
    const recipients = [await identityToRecipient(await generateIdentity())];
    const full = async (_: readonly string[], source: Readable, path: string): Promise<never> => {
      await source.toArray();
      writeFileSync(path, "half");
      throw Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
    };
    for (const [more, why] of [
      [{ room: async () => DUMP.length - 1 }, /not enough room on the runner/],
      [
        {
          means: {
            uploader: async () => ({ uploadArtifact: never }),
            cipher: async () => ({ encryptTo: full }),
          },
        },
        /ENOSPC/,
      ],
    ] as const) {
      const { made, journal } = shipment({ recipients, ...more }, backup());
      await shipBackup(made);
      expect(ended(journal.entries)).toMatchObject([
        { uploaded: undefined, why: expect.stringMatching(why) },
      ]);
      expect(readdirSync(home.path)).toEqual(["shop.dump"]);
      expect(readFileSync(dump).equals(DUMP)).toBe(true);
    }
  });

  // CI has it (.ci/run).
  it.skipIf(spawnSync("age", ["--version"]).error !== undefined)(
    "can be opened by Debian's age",
    async () => {
      const keys = join(home.path, "key.txt");
      const identity = await generateIdentity();
      writeFileSync(keys, `${identity}\n`, { mode: 0o600 });
      file("shop.dump", DUMP);
      const { sent, made } = shipment({ recipients: [await identityToRecipient(identity)] }, backup());
      await shipBackup(made);
      const path = file("sent.age", sent[0]?.files.get("backup.dump.age") ?? "");
      const opened = execFileSync("age", ["--decrypt", "--identity", keys, path], { maxBuffer: 10_000_000 });
      expect(opened.equals(DUMP)).toBe(true);
    },
  );

  it("is not sent without recipients, and stays where it is", async () => {
    const dump = file("shop.dump", DUMP);
    const { sent, made, journal } = shipment({}, backup());
    await shipBackup(made);
    expect(sent).toEqual([]);
    expect(existsSync(dump)).toBe(true);
    expect(ended(journal.entries)).toEqual([]);
  });

  it("that is larger than the limit is not sent, and is told", async () => {
    file("shop.dump", DUMP);
    const recipients = [await identityToRecipient(await generateIdentity())];
    const { sent, made, journal } = shipment({ recipients, uploadLimit: 1_000_000 }, backup());
    await shipBackup(made);
    expect(sent).toEqual([]);
    expect(ended(journal.entries)).toMatchObject([
      { holds: "backup", why: expect.stringContaining("`backup_upload_limit`, 1 MB") },
    ]);
  });
});

describe("an artifact's name", () => {
  it("has only letters that every artifact's name may have, whatever the host is called", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary" }),
        fc.string(),
        fc.constantFrom("evidence" as const, "backup" as const),
        fc.integer({ min: 1, max: 9 }),
        (host, run, holds, number) => {
          expect(artifactName(host, run, holds, number)).toMatch(
            /^odoo-recover-[A-Za-z0-9][A-Za-z0-9._-]{0,130}$/,
          );
        },
      ),
    );
    expect(artifactName("[2001:db8::1]:2222", "3f9c2a71", "evidence", 1)).toBe(
      "odoo-recover-2001-db8-1-2222-3f9c2a71",
    );
  });
});

/** Files below `in/` as one archive. */
async function packed(names: readonly string[]): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of tarOf(join(home.path, "in"), names)) pieces.push(piece);
  return Buffer.concat(pieces);
}

describe("an archive", () => {
  it("is read by tar as it was written, long paths and empty files too", async () => {
    const names = ["a.txt", "empty", `${"d".repeat(90)}/${"e".repeat(90)}.log`, "block.bin"];
    const texts = ["one\n", "", "long", "x".repeat(1024)];
    for (const [at, name] of names.entries()) file(`in/${name}`, texts[at] ?? "");
    const archive = file("all.tar", await packed(names));
    const out = join(home.path, "out");
    mkdirSync(out);
    execFileSync("tar", ["-xf", archive, "-C", out]);
    expect(names.map((name) => readFileSync(join(out, name), "utf8"))).toEqual(texts);
  });
});

describe("what lies in the report directory and is no file of ours", () => {
  it("is left out, and said: links to files and folders, a pipe, names that lead elsewhere", async () => {
    file("report.json", "{}");
    file("evidence/before/ps.txt", "ps");
    const secret = file("../outside-of-the-report.txt", "CANARY");
    try {
      symlinkSync(secret, join(home.path, "evidence/link.txt"));
      symlinkSync(dirname(home.path), join(home.path, "evidence/folder"));
      symlinkSync("before/ps.txt", join(home.path, "evidence/inside.txt"));
      execFileSync("mkfifo", [join(home.path, "evidence/pipe")]);
      file("evidence/line\nend.txt", "x");
      file("evidence/\u202eodd.txt", "x");
      file("evidence/back\\slash.txt", "x");
      const { sent, made, journal } = shipment();
      await shipEvidence(made);
      expect(sent.map(({ files }) => [...files.keys()])).toEqual([["report.json", "evidence/before/ps.txt"]]);
      const notes = journal.entries.flatMap((entry) => (entry.kind === "note" ? [entry.text] : []));
      expect(notes).toEqual([expect.stringMatching(/^Left out of the artifact, [^\n\u202e]* and 4 more$/)]);
    } finally {
      rmSync(secret);
    }
  });

  it("is in no archive, whoever asks for it", async () => {
    file("in/a.txt", "one");
    symlinkSync(file("outside.txt", "CANARY"), join(home.path, "in/link"));
    for (const name of ["link", "../outside.txt", "/etc/passwd", "a.txt/../../outside.txt", ".", "", "a\0b"])
      await expect(packed([name]), name).rejects.toThrow();
  });
});

describe("whether everybody can read it", () => {
  it.each([
    [{ repository: { full_name: "acme/shop", private: true } }, "hidden"],
    [{ repository: { full_name: "Acme/Shop", private: true } }, "hidden"],
    [{ repository: { visibility: "internal" } }, "hidden"],
    [{ repository: { private: true, visibility: "public" } }, "open"],
    [{ repository: { private: false } }, "open"],
    [{ repository: { full_name: "acme/other", private: true } }, "open"],
    [{ repository: { private: "yes" } }, "open"],
    [{ repository: null }, "open"],
    [{}, "open"],
    [[], "open"],
    [null, "open"],
  ] as const)("%j is %s", (event, expected) => {
    expect(visibilityOf("acme/shop", JSON.stringify(event))).toBe(expected);
  });

  it("is taken for yes where the event cannot be read, and for no outside of a workflow", () => {
    expect(visibilityOf("acme/shop", undefined)).toBe("open");
    expect(visibilityOf("acme/shop", "{")).toBe("open");
    expect(visibilityOf("", undefined)).toBe("hidden");
  });
});
