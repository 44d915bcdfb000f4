// The built bundle uploads what it saw, through a server that speaks GitHub's protocol over HTTP; and whatever becomes of
// the upload, the verdict and the files on the runner stay as they are.

import { execFileSync, spawnSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Decrypter, generateIdentity, identityToRecipient } from "age-encryption";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Event } from "../../src/journal.ts";
import { Sandbox } from "../sandbox/sandbox.ts";
import { Action, type ActionInputs, BUNDLE, type StepEnd } from "../support/action.ts";
import { until } from "../support/clocks.ts";
import { ResultsService, type Trouble, unzipped } from "../support/results-service.ts";

const PATIENCE = 180_000;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "odoo-recover-upload-"));
  // Alone, as a runner has it: with no node_modules anywhere above.
  cpSync(dirname(BUNDLE), join(folder, "dist"), { recursive: true });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const alone = (): string => join(folder, "dist", "index.js");

/** What GitHub tells a step of the repository. */
function repository(name: string, event: unknown): Record<string, string> {
  const path = join(folder, `${name}.json`);
  writeFileSync(path, JSON.stringify(event));
  return {
    GITHUB_REPOSITORY: `acme/${name}`,
    GITHUB_SERVER_URL: "https://github.com",
    GITHUB_RUN_ID: "123",
    GITHUB_EVENT_PATH: path,
  };
}

const PRIVATE = { repository: { full_name: "acme/hidden", private: true } };
const PUBLIC = { repository: { full_name: "acme/shown", private: false, visibility: "public" } };

/** What an Odoo and a PostgreSQL may have logged of secrets and of customers. */
const CANARIES = {
  odoo: [
    `2026-11-24 02:40:00,000 1 ERROR odoo odoo.sql_db: bad query: UPDATE "res_partner" SET "name"='Jane CANARY-1
CANARY-2' WHERE id=1
ERROR: relation "res_partner" does not exist
LINE 1: ... SET "name"='CANARY-3
                        ^
`,
    `2026-11-24 02:40:01,000 1 ERROR odoo odoo.http: Exception during request handling.
Traceback (most recent call last):
  File "/usr/lib/python3/dist-packages/odoo/http.py", line 1, in dispatch
    raise UserError(message)
odoo.exceptions.UserError: Jane has no CANARY-4
CANARY-5
`,
    "2026-11-24 02:40:02,000 1 INFO odoo odoo.addons.base.models.res_users: Login failed for db:odoo login:CANARY-6 from 192.0.2.9",
    "2026-11-24 02:40:03,000 1 INFO odoo shop: connecting to postgres://odoo:odoo@db:5432/odoo and https://x:CANARY-7@shop.example/",
    "2026-11-24 02:40:04,000 1 INFO odoo shop: options {'db_password': 'odoo', 'smtp_password': 'CANARY-8'} --db_password odoo -w odoo",
    "2026-11-24 02:40:05,000 1 INFO odoo shop: Authorization: Bearer CANARY-9",
  ],
  postgres: [
    '2026-11-24 02:40:00.000 UTC [44] ERROR:  duplicate key value violates unique constraint "res_users_login_key"',
    "2026-11-24 02:40:00.000 UTC [44] DETAIL:  Key (login)=(CANARY-10) already exists.",
    "2026-11-24 02:40:00.000 UTC [44] STATEMENT:  INSERT INTO res_users (login)\n\tVALUES ('CANARY-11\n\tCANARY-12')",
    '2026-11-24 02:40:00.000 UTC [44] CONTEXT:  COPY res_partner, line 3, column name: "CANARY-13"',
  ],
} as const;

async function uploaded(
  service: ResultsService,
  inputs: ActionInputs,
  environment: Record<string, string> = {},
): Promise<{ action: Action; end: StepEnd }> {
  const action = new Action(inputs, service.environment(environment), alone());
  return { action, end: await action.main() };
}

/** What people see of its log: the runner takes out masks and what was masked, and keeps debug lines to itself. */
function told({ log }: StepEnd): string {
  return log.replaceAll(/^::(?:add-mask|debug)::.*\n/gm, "");
}

describe.concurrent("the bundle", () => {
  it(
    "uploads report, journal, summary and evidence of a recovery, under a name of its own, and says where",
    async () => {
      await using sandbox = await Sandbox.start({ database: 100, odoo: 300 });
      await using service = await ResultsService.start();
      await sandbox.break("odoo-stopped");
      const { action, end } = await uploaded(
        service,
        sandbox.inputs({ mode: "recover", soak: "0s" }),
        repository("hidden", PRIVATE),
      );
      try {
        expect(end.exitCode, told(end)).toBe(0);
        const [artifact] = service.artifacts;
        if (artifact === undefined) throw new Error(told(end));
        expect(artifact.name).toMatch(/^odoo-recover-[A-Za-z0-9.-]+-[0-9a-f]{8}$/);
        const files = unzipped(artifact);
        expect([...files.keys()]).toEqual(
          expect.arrayContaining([
            "report.json",
            "journal.jsonl",
            "summary.md",
            ...["ps.txt", "compose.json", "nginx.txt"].flatMap((name) => [
              `evidence/before/${name}`,
              `evidence/after/${name}`,
            ]),
          ]),
        );
        const logs = [...files.keys()].filter((name) => /^evidence\/(?:before|after)\/.*\.log$/.test(name));
        expect(logs.length).toBeGreaterThanOrEqual(4);
        const report = JSON.parse(files.get("report.json")?.toString() ?? "");
        expect(report).toMatchObject({ status: "recovered", cause: "odoo-stopped", changed: true });
        for (const [name, content] of files)
          expect(content.toString(), name).not.toContain(sandbox.databasePassword);
        const url = "https://github.com/acme/hidden/actions/runs/123/artifacts/4701";
        expect(Object.fromEntries(end.outputs)).toMatchObject({ artifact: artifact.name, artifact_url: url });
        expect(end.summary).toContain(`<code>${artifact.name}</code>`);
        expect(end.summary.match(/^## /gm)).toHaveLength(1);
        const local = JSON.parse(readFileSync(join(action.reportDirectory, "report.json"), "utf8"));
        expect(local.artifacts).toMatchObject([{ holds: "evidence", uploaded: true, url }]);
        // What was signed is nowhere, and the post step has nothing left to do.
        const everywhere = `${told(end)}${end.summary}${JSON.stringify(local)}`;
        expect(everywhere).not.toContain("CANARY-SIGNATURE");
        const asked = service.asked.length;
        expect((await action.post()).exitCode).toBe(0);
        expect(service.asked).toHaveLength(asked);
      } finally {
        action.discard();
      }
    },
    PATIENCE,
  );

  it(
    "lets no canary into any file, output or line, and masks a password that is everybody's name only as a password",
    async () => {
      await using sandbox = await Sandbox.start({ database: 100, odoo: 300 }, "odoo");
      await using service = await ResultsService.start();
      const [odoo, db] = [sandbox.engine.of("odoo"), sandbox.engine.of("db")];
      if (odoo === undefined || db === undefined) throw new Error("the sandbox has no containers");
      for (const text of CANARIES.odoo) sandbox.engine.log(odoo, text);
      for (const text of CANARIES.postgres) sandbox.engine.log(db, text);
      await sandbox.break("odoo-stopped");
      const { action, end } = await uploaded(
        service,
        sandbox.inputs({ mode: "recover", soak: "0s" }),
        repository("hidden", PRIVATE),
      );
      try {
        expect(end.exitCode, told(end)).toBe(0);
        const [artifact] = service.artifacts;
        if (artifact === undefined) throw new Error(told(end));
        const files = [...unzipped(artifact)].map(([name, content]) => [name, content.toString()] as const);
        const outputs = [...end.outputs].map(([name, value]) => [`output ${name}`, value] as const);
        const seen = [...files, ...outputs, ["summary", end.summary] as const, ["log", told(end)] as const];
        for (const [name, text] of seen) {
          expect(text, name).not.toMatch(/CANARY|Jane/);
          expect(text, name).not.toMatch(
            /pass(?:word|wd)?["'\s]*[=:]["'\s]*odoo|\/\/odoo:odoo@|(?:-w|db_password)\s+odoo/i,
          );
        }
        // And what is left can be read.
        const log = files.find(([name]) => name === "evidence/before/odoo-ce-odoo-1.log")?.[1] ?? "";
        expect(log).toContain('bad query: UPDATE "res_partner" SET "name"=');
        expect(log).toContain('relation "res_partner" does not exist');
        expect(log).toContain("odoo.exceptions.UserError: [cut]");
        const inspected =
          files.find(([name]) => name === "evidence/before/odoo-ce-odoo-1.inspect.json")?.[1] ?? "";
        expect(inspected).toContain('"PASSWORD=***"');
        expect(inspected).toContain('"USER=odoo"');
        const compose = files.find(([name]) => name === "evidence/before/compose.json")?.[1] ?? "";
        expect(JSON.parse(compose).services.odoo.environment).toMatchObject({
          USER: "odoo",
          PASSWORD: "***",
        });
        expect(end.summary).toContain("odoo-ce-odoo-1");
        for (const [name, text] of files) expect(text.match(/\*\*\*/g)?.length ?? 0, name).toBeLessThan(12);
      } finally {
        action.discard();
      }
    },
    PATIENCE,
  );

  it(
    "uploads nothing of a healthy check, and loads nothing for it",
    async () => {
      // The bundle without what uploads and encrypts.
      const without = join(folder, "without");
      cpSync(join(folder, "dist"), without, { recursive: true });
      const heavy = readdirSync(without).filter(
        (name) =>
          /^\d+\.index\.js$/.test(name) &&
          /ArtifactService|age-encryption\.org/.test(readFileSync(join(without, name), "utf8")),
      );
      expect(heavy.length).toBeGreaterThanOrEqual(2);
      for (const name of heavy) rmSync(join(without, name));
      await using sandbox = await Sandbox.start({ database: 100, odoo: 300 });
      await using service = await ResultsService.start();
      const environment = service.environment(repository("hidden", PRIVATE));
      const check = async (): Promise<StepEnd> => {
        const action = new Action(sandbox.inputs({ mode: "check" }), environment, join(without, "index.js"));
        try {
          return await action.main();
        } finally {
          action.discard();
        }
      };
      const healthy = await check();
      expect(healthy.exitCode, told(healthy)).toBe(0);
      expect(healthy.outputs.get("status")).toBe("healthy");
      expect(healthy.outputs.get("artifact")).toBe("");
      expect(service.asked).toEqual([]);
      // Where there is something to upload, it is missed; and even then the verdict is what it was.
      await sandbox.break("odoo-stopped");
      const bad = await check();
      expect(bad.outputs.get("status")).toBe("unhealthy");
      expect(told(bad)).toMatch(/^::warning::The evidence was not uploaded: Cannot find module/m);
    },
    PATIENCE,
  );

  for (const [trouble, why] of [
    ["refuses", /401|token is not valid/],
    ["fails", /500|after 5 attempts/],
    ["cuts", /network|ECONNRESET|socket hang up/i],
    ["stalls", /stalled/i],
  ] as const satisfies readonly (readonly [Trouble, RegExp])[]) {
    it(
      `keeps verdict and files where the service ${trouble}, and warns`,
      async () => {
        await using sandbox = await Sandbox.start({ database: 100, odoo: 300 });
        await using service = await ResultsService.start(trouble);
        await sandbox.break("odoo-stopped");
        const { action, end } = await uploaded(service, sandbox.inputs({ mode: "check" }), {
          ...repository("hidden", PRIVATE),
          ...(trouble === "stalls" ? { ACTIONS_ARTIFACT_UPLOAD_TIMEOUT_MS: "2000" } : {}),
        });
        try {
          expect(service.asked).not.toEqual([]);
          expect(service.artifacts).toEqual([]);
          expect(end.exitCode, told(end)).toBe(1);
          expect(Object.fromEntries(end.outputs)).toMatchObject({
            status: "unhealthy",
            cause: "odoo-stopped",
            artifact: "",
            artifact_url: "",
          });
          const warning = /^::warning::The evidence was not uploaded: (.*)$/m.exec(end.log)?.[1] ?? end.log;
          expect(warning).toMatch(why);
          expect(end.summary).toMatch(/^## 🔴 unhealthy: /);
          expect(end.summary).toContain("not uploaded");
          expect(readdirSync(action.reportDirectory)).toEqual(
            expect.arrayContaining(["journal.jsonl", "report.json", "summary.md"]),
          );
          expect(told(end)).not.toContain("CANARY-SIGNATURE");
        } finally {
          action.discard();
        }
      },
      PATIENCE,
    );
  }
});

/** A report directory as a main step that was killed leaves it, and the post step that finds it. */
class Killed {
  readonly directory = mkdtempSync(join(folder, "killed-"));
  readonly run = "3f9c2a71".repeat(4);

  constructor(...events: readonly Event[]) {
    const lines = [
      { kind: "started", mode: "recover", version: "1", run: this.run, host: "erp.example.com:22" },
      ...events,
    ];
    const stamped = lines.map((event, at) =>
      JSON.stringify({ at: "2026-11-24T02:47:13.000Z", ms: at, ...event }),
    );
    // The last line was cut.
    writeFileSync(join(this.directory, "journal.jsonl"), `${stamped.join("\n")}\n{"at":"2026-`);
  }

  /** Behind the cut line, which ends here. */
  append(event: Event): void {
    const line = JSON.stringify({ at: "2026-11-24T02:48:13.000Z", ms: 9, ...event });
    appendFileSync(join(this.directory, "journal.jsonl"), `\n${line}\n`);
  }

  async post(inputs: ActionInputs, environment: Record<string, string>): Promise<StepEnd> {
    const action = new Action(
      { host: "local", ...inputs },
      { ...environment, STATE_report_directory: this.directory },
      alone(),
    );
    try {
      return await action.post();
    } finally {
      action.discard();
    }
  }
}

it.concurrent(
  "a run that is stopped while it uploads ends at once, and its post step uploads",
  async () => {
    await using sandbox = await Sandbox.start({ database: 100, odoo: 300 });
    await using service = await ResultsService.start("stalls");
    await sandbox.break("odoo-stopped");
    const environment = service.environment(repository("hidden", PRIVATE));
    const action = new Action(sandbox.inputs({ mode: "check" }), environment, alone());
    try {
      action.start();
      await action.seen("the upload", ({ kind }) => kind === "artifact-begun");
      await until(
        "the upload is under way",
        () => service.asked.some((each) => each.startsWith("PUT")),
        60_000,
      );
      const stopped = performance.now();
      action.kill("SIGINT");
      const end = await action.main();
      expect(performance.now() - stopped).toBeLessThan(7_000);
      expect(end.exitCode).toBe(1);
      expect(end.outputs.get("status")).toBe("unhealthy");
      expect(service.artifacts).toEqual([]);
      service.trouble = undefined;
      const post = await action.post();
      expect(post.exitCode, told(post)).toBe(0);
      expect(service.artifacts.map(({ name }) => name)).toEqual([expect.stringMatching(/-[0-9a-f]{8}-2$/)]);
    } finally {
      action.discard();
    }
  },
  PATIENCE,
);

const CONCLUDED: Event = {
  kind: "concluded",
  status: "recovered",
  headline: "Odoo is back",
  detail: "",
  next: "",
};

const RECIPIENT = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p";

/** A backup on the droplet; on the runner too, where a path is given. */
function backedUp(dump: Buffer, onRunner?: string): Event {
  const backup = {
    database: "shop",
    onDroplet: "/var/lib/odoo-recover/x/backups/shop.dump",
    onRunner,
    fetch: "ssh deploy@erp.example.com sudo -n cat /var/lib/odoo-recover/x/backups/shop.dump >shop.dump",
    bytes: dump.length,
    sha256: createHash("sha256").update(dump).digest("hex"),
    seconds: 1,
    tables: 3,
    filestore: undefined,
  };
  return { kind: "backup-ended", step: "s", outcome: "good", backup };
}

/** A run whose encrypted copy of the backup came home, and which was killed before it uploaded anything. */
function copiedAndKilled(): { readonly killed: Killed; readonly path: string; readonly copy: Buffer } {
  const copy = randomBytes(300_000);
  const killed = new Killed(backedUp(copy), CONCLUDED);
  const path = join(killed.directory, "backup.dump.age");
  writeFileSync(path, copy);
  killed.append({ kind: "backup-encrypted", path, seconds: 1, why: "" });
  return { killed, path, copy };
}

describe.concurrent("evidence and dump, where the results service", () => {
  for (const at of ["create", "block", "finalize"] as const)
    for (const trouble of ["refuses", "fails", "cuts"] as const)
      it(
        `${trouble} (${at}), stay where they are; the verdict does not change`,
        async () => {
          await using service = await ResultsService.start(trouble);
          service.at = at;
          const { killed, path, copy } = copiedAndKilled();
          const end = await killed.post(
            { backup_recipients: RECIPIENT },
            service.environment(repository("hidden", PRIVATE)),
          );
          expect(end.exitCode, told(end)).toBe(0);
          expect(service.artifacts).toEqual([]);
          expect(end.outputs.get("status")).toBe("recovered");
          for (const holds of ["evidence", "backup"])
            expect(end.log).toMatch(new RegExp(`^::warning::The ${holds} was not uploaded: .`, "m"));
          expect(readFileSync(path).equals(copy)).toBe(true);
          expect(readdirSync(killed.directory)).toEqual(
            expect.arrayContaining(["journal.jsonl", "report.json", "summary.md"]),
          );
          expect(end.summary).toContain("ssh deploy");
          expect(`${told(end)}${end.summary}`).not.toContain("CANARY-SIGNATURE");
        },
        PATIENCE,
      );

  it(
    "never answers that the dump is whole, are given up in a minute and a half: the evidence is there",
    async () => {
      await using service = await ResultsService.start("stalls");
      service.at = "finalize";
      service.of = "-backup";
      const { killed, path } = copiedAndKilled();
      const end = await killed.post(
        { backup_recipients: RECIPIENT },
        service.environment(repository("hidden", PRIVATE)),
      );
      expect(end.exitCode, told(end)).toBe(0);
      expect(end.log).toMatch(/^::warning::The backup was not uploaded: it took too long/m);
      expect(service.artifacts.map(({ name }) => name)).toEqual(["odoo-recover-erp.example.com-3f9c2a71"]);
      expect(existsSync(path)).toBe(true);
    },
    PATIENCE,
  );

  it(
    "is slow, are uploaded all the same; a name that was taken is another one",
    async () => {
      await using service = await ResultsService.start("dawdles");
      service.takeName("odoo-recover-erp.example.com-3f9c2a71-backup");
      const { killed, path, copy } = copiedAndKilled();
      const end = await killed.post(
        { backup_recipients: RECIPIENT },
        service.environment(repository("hidden", PRIVATE)),
      );
      expect(end.exitCode, told(end)).toBe(0);
      expect(service.artifacts.map(({ name }) => name)).toEqual([
        "odoo-recover-erp.example.com-3f9c2a71-backup-2",
        "odoo-recover-erp.example.com-3f9c2a71",
      ]);
      const [dump] = service.artifacts;
      expect(dump && unzipped(dump).get("backup.dump.age")?.equals(copy)).toBe(true);
      expect(existsSync(path)).toBe(false);
      expect(end.outputs.get("backup_artifact")).toBe("odoo-recover-erp.example.com-3f9c2a71-backup-2");
    },
    PATIENCE,
  );
});

describe.concurrent("the post step of a run that was killed", () => {
  it(
    "uploads what the main step did not, under another name if that had begun",
    async () => {
      await using service = await ResultsService.start();
      const begun: Event = { kind: "artifact-begun", holds: "evidence", name: "x", encrypted: false };
      const killed = new Killed(CONCLUDED, begun);
      const end = await killed.post({}, service.environment(repository("hidden", PRIVATE)));
      expect(end.exitCode, told(end)).toBe(0);
      const [artifact] = service.artifacts;
      if (artifact === undefined) throw new Error(told(end));
      expect(artifact.name).toBe("odoo-recover-erp.example.com-3f9c2a71-2");
      const report = JSON.parse(unzipped(artifact).get("report.json")?.toString() ?? "");
      expect(report).toMatchObject({ status: "recovered", headline: "Odoo is back" });
    },
    PATIENCE,
  );

  // CI has age (.ci/run).
  it.skipIf(spawnSync("age", ["--version"]).error !== undefined)(
    "uploads the backup encrypted, for Debian's age to open, and leaves but the user's own copy behind",
    async () => {
      await using service = await ResultsService.start();
      const dump = randomBytes(20_000_000);
      const folderOfDump = mkdtempSync(join(folder, "dump-"));
      const path = join(folderOfDump, "shop.dump");
      writeFileSync(path, dump, { mode: 0o600 });
      const killed = new Killed(backedUp(dump, path), CONCLUDED);
      const identity = await generateIdentity();
      const end = await killed.post(
        { backup_recipients: await identityToRecipient(identity) },
        service.environment(repository("hidden", PRIVATE)),
      );
      expect(end.exitCode, told(end)).toBe(0);
      expect(service.artifacts.map(({ name }) => name)).toEqual([
        "odoo-recover-erp.example.com-3f9c2a71-backup",
        "odoo-recover-erp.example.com-3f9c2a71",
      ]);
      const [artifact, evidence] = service.artifacts;
      if (artifact === undefined || evidence === undefined) throw new Error(told(end));
      const files = unzipped(artifact);
      expect([...files.keys()]).toEqual(["backup.dump.age"]);
      const keys = join(folderOfDump, "key.txt");
      writeFileSync(keys, `${identity}\n`, { mode: 0o600 });
      const encrypted = join(folderOfDump, "shop.dump.age");
      writeFileSync(encrypted, files.get("backup.dump.age") ?? "");
      const decrypted = execFileSync("age", ["--decrypt", "--identity", keys, encrypted], {
        maxBuffer: 30_000_000,
      });
      expect(decrypted.equals(dump)).toBe(true);
      expect(existsSync(path)).toBe(true);
      expect(readdirSync(killed.directory).filter((name) => /dump|age$/.test(name))).toEqual([]);
      expect([...unzipped(evidence).keys()].toSorted()).toEqual([
        "journal.jsonl",
        "report.json",
        "summary.md",
      ]);
      expect(end.summary).toContain("Uploaded, encrypted, as the artifact");
      expect(end.outputs.get("backup_artifact")).toBe(artifact.name);
    },
    PATIENCE,
  );
});

describe.concurrent("in a repository that is public, or may be", () => {
  for (const [what, event] of [
    ["public", PUBLIC],
    ["of another name", { repository: { full_name: "acme/other", private: true } }],
    ["not told of", {}],
  ] as const) {
    it(
      `the evidence is uploaded only encrypted, and the page tells cause and next step alone: ${what}`,
      async () => {
        await using sandbox = await Sandbox.start({ database: 100, odoo: 300 });
        await sandbox.break("odoo-stopped");
        const environment = repository("shown", event);
        const inputs = sandbox.inputs({ mode: "check" });

        await using closed = await ResultsService.start();
        const without = await uploaded(closed, inputs, environment);
        expect(closed.asked).toEqual([]);
        expect(without.end.log).toMatch(
          /^::warning::The evidence was not uploaded: the repository is public, or may be/m,
        );

        await using service = await ResultsService.start();
        const identity = await generateIdentity();
        const backup_recipients = await identityToRecipient(identity);
        const { action, end } = await uploaded(service, { ...inputs, backup_recipients }, environment);
        const [artifact] = service.artifacts;
        if (artifact === undefined) throw new Error(told(end));
        expect(artifact.name).toMatch(/^odoo-recover-droplet-[0-9a-f]{8}$/);
        const files = unzipped(artifact);
        expect([...files.keys()]).toEqual(["evidence.tar.gz.age"]);
        const decrypter = new Decrypter();
        decrypter.addIdentity(identity);
        const archive = join(folder, `${what}.tar.gz`);
        writeFileSync(archive, await decrypter.decrypt(files.get("evidence.tar.gz.age") ?? Buffer.alloc(0)));
        const names = execFileSync("tar", ["-tzf", archive], { encoding: "utf8" }).split("\n");
        expect(names).toEqual(expect.arrayContaining(["report.json", "journal.jsonl", "summary.md"]));
        const report = execFileSync("tar", ["-xzOf", archive, "report.json"], { encoding: "utf8" });
        expect(JSON.parse(report)).toMatchObject({ status: "unhealthy", cause: "odoo-stopped" });
        // Nothing of the encrypted file stays, and everything else does.
        expect(readdirSync(action.reportDirectory).filter((name) => name.endsWith(".age"))).toEqual([]);
        expect(statSync(join(action.reportDirectory, "summary.md")).mode & 0o077).toBe(0);

        for (const { end: each } of [without, { end }]) {
          expect(each.exitCode).toBe(1);
          expect(each.summary).toMatch(
            /^## 🔴 unhealthy: Odoo's container does not run\n\n\*\*Next:\*\* Run again with/,
          );
          const seen = `${each.summary}${told(each)}`;
          expect(seen).not.toMatch(/odoo-ce-odoo-1|\/opt\/odoo-ce|127\.0\.0\.1:\d+|exited/);
        }
        without.action.discard();
        action.discard();
      },
      PATIENCE,
    );
  }
});
