// A dump that lies on the droplet comes home straight into the cipher, whole or not at all; what goes wrong is told and
// never thrown. The copying program runs for real, the cipher is age's.

import { execFileSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Decrypter, generateIdentity, identityToRecipient } from "age-encryption";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { RoomIn } from "../../src/backup/dump-file.ts";
import { bringHomeEncrypted, type CopyWish } from "../../src/backup/home.ts";
import { HostError } from "../../src/errors.ts";
import { localTransport } from "../../src/host/local.ts";
import type { Transport } from "../../src/host/transport.ts";
import { type BackupMade, type Entry, Journal } from "../../src/journal.ts";
import { Redactor } from "../../src/redaction/redactor.ts";
import { realClock } from "../support/clocks.ts";
import { openHost, temporaryPlace } from "../support/hosts.ts";

const DUMP = randomBytes(9_000_000);
const NAME = "shop-20261124T025013Z.dump";

let state: ReturnType<typeof temporaryPlace>;
let home: string;
let identity: string;
let onDroplet: string;
beforeEach(async () => {
  state = temporaryPlace();
  home = join(state.path, "report");
  identity = await generateIdentity();
  onDroplet = join(state.place.auditRoot, state.place.key, "backups", NAME);
  for (const folder of [home, join(onDroplet, "..")]) mkdirSync(folder, { recursive: true });
  writeFileSync(onDroplet, DUMP);
});
afterEach(() => state[Symbol.dispose]());

/** @returns what the journal has of it */
async function bring(
  more: Partial<CopyWish> & { signal?: AbortSignal; room?: RoomIn; connect?: () => Promise<Transport> } = {},
): Promise<Extract<Entry, { kind: "backup-encrypted" }> | undefined> {
  const { signal = new AbortController().signal, room = async () => 1e12, connect, ...wish } = more;
  const { host } = await openHost(connect);
  const journal = new Journal(realClock, new Redactor(), []);
  const dump: BackupMade & { onDroplet: string } = {
    database: "shop",
    onDroplet,
    onRunner: undefined,
    fetch: "",
    bytes: DUMP.length,
    sha256: createHash("sha256").update(DUMP).digest("hex"),
    seconds: 1,
    tables: 3,
    filestore: undefined,
  };
  const recipients = [await identityToRecipient(identity)];
  await bringHomeEncrypted(
    host,
    state.place,
    dump,
    { recipients, uploadLimit: 400_000_000, ...wish },
    { clock: realClock, journal, reportDirectory: home, room },
    signal,
  );
  await host.close();
  return journal.entries.findLast((entry) => entry.kind === "backup-encrypted");
}

async function expectWhole(path: string | undefined): Promise<void> {
  const decrypter = new Decrypter();
  decrypter.addIdentity(identity);
  const opened = await decrypter.decrypt(readFileSync(path ?? ""));
  expect(Buffer.from(opened).equals(DUMP)).toBe(true);
}

/** A way to this machine that goes away when so many bytes have come, as often as is said. */
function connectionThatBreaks(times: number, bytes: number): () => Promise<Transport> {
  let left = times;
  return async () => {
    const local = localTransport();
    return {
      ...local,
      exec: async (command, options) => {
        let came = 0;
        const lost = new AbortController();
        return await local.exec(command, {
          ...options,
          signal: lost.signal,
          onStdout: (chunk) => {
            came += chunk.length;
            if (came > bytes && left > 0) {
              left -= 1;
              lost.abort(new HostError("lost", "the connection was lost"));
            }
            return lost.signal.aborted ? undefined : options.onStdout(chunk);
          },
        });
      },
    };
  };
}

it("is for the owner of the key alone, and nothing else of it is on the runner", async () => {
  const { path, why } = (await bring()) ?? {};
  expect([path, why]).toEqual([join(home, "backup.dump.age"), ""]);
  expect(readdirSync(home)).toEqual(["backup.dump.age"]);
  expect(statSync(path ?? "").mode & 0o777).toBe(0o600);
  await expectWhole(path);
});

it("goes on where a lost connection cut it off", async () => {
  const { path, why } = (await bring({ connect: connectionThatBreaks(3, 2_000_000) })) ?? {};
  expect(why).toBe("");
  await expectWhole(path);
});

it("is given up when the connection is lost again and again", async () => {
  const { path, why } = (await bring({ connect: connectionThatBreaks(99, 200_000) })) ?? {};
  expect(path).toBeUndefined();
  expect(why).toContain("lost");
  expect(readdirSync(home)).toEqual([]);
});

it.each([
  [
    "was changed meanwhile",
    () => writeFileSync(onDroplet, Buffer.concat([DUMP.subarray(1), Buffer.from("x")])),
    /not what was found good/,
  ],
  ["was cut meanwhile", () => writeFileSync(onDroplet, DUMP.subarray(0, 100)), /100 of 9000000 bytes/],
] as const)("is not taken for the backup where it %s", async (_, meanwhile, words) => {
  meanwhile();
  const { path, why } = (await bring()) ?? {};
  expect(path).toBeUndefined();
  expect(why).toMatch(words);
  expect(readdirSync(home)).toEqual([]);
});

it("is not begun when it is larger than the limit, or than the room on the runner", async () => {
  expect((await bring({ uploadLimit: 1_000_000 }))?.why).toBe(
    "9 MB are more than `backup_upload_limit`, 1 MB",
  );
  expect((await bring({ room: async () => 8_999_999 }))?.why).toContain("not enough room on the runner");
  expect(readdirSync(home)).toEqual([]);
});

it("is given up when the run is stopped, and nothing half stays", async () => {
  const stop = new AbortController();
  const connect = async (): Promise<Transport> => {
    const local = localTransport();
    const exec: Transport["exec"] = (command, options) =>
      local.exec(command, {
        ...options,
        onStdout: (chunk) => {
          stop.abort(new Error("stopped by SIGINT"));
          return options.onStdout(chunk);
        },
      });
    return { ...local, exec };
  };
  expect(await bring({ signal: stop.signal, connect })).toMatchObject({
    path: undefined,
    why: "stopped by SIGINT",
  });
  expect(readdirSync(home)).toEqual([]);
});

const asRoot = (command: string, words: readonly string[]): Buffer => execFileSync(command, words);

// Only root may mount a file system that is really full.
it.skipIf(process.getuid?.() !== 0)(
  "is given up when the runner's disk is full, and leaves it empty",
  async () => {
    asRoot("mount", ["-t", "tmpfs", "-o", "size=4m", "tmpfs", home]);
    try {
      expect(await bring()).toMatchObject({
        path: undefined,
        why: expect.stringMatching(/disk is full.*ENOSPC/),
      });
      expect(readdirSync(home)).toEqual([]);
    } finally {
      asRoot("umount", [home]);
    }
  },
);
