/**
 * What a run leaves behind, on a droplet whose programs keep and log secrets and customers' data of every kind: none of it
 * is in any output or artifact, what is left can be read, and nothing is missing; also where the run failed or was stopped.
 */

import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { Decrypter, generateIdentity, identityToRecipient } from "age-encryption";
import { Ajv2020 } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ResultsService, unzipped } from "../../support/results-service.ts";
import { Droplet } from "../droplet.ts";
import { Action, type ActionInputs, inputsFor, type StepEnd } from "./action.ts";
import type { Canaries } from "./canaries/canaries.ts";
import { PEM_LINE, plant } from "./canaries/plant.ts";
import { inLongRun } from "./cases.ts";
import { expectNothingLeftBehind, lookFromOutside } from "./outside.ts";

let droplet: Droplet;
let canaries: Canaries;
let service: ResultsService;

beforeAll(async () => {
  droplet = await Droplet.up();
  await droplet.assertHealthy();
  service = await ResultsService.start();
  canaries = await plant(droplet);
  await droplet.assertHealthy();
});

afterAll(async () => {
  await service[Symbol.asyncDispose]();
  await droplet.reset();
});

/** All that a run left: what the runner shows, what lies on its disk, what was uploaded. */
interface Left {
  readonly end: StepEnd;
  readonly post: StepEnd;
  readonly files: ReadonlyMap<string, Buffer>;
  /** The files of the one artifact. */
  readonly artifact: ReadonlyMap<string, Buffer>;
}

interface Wishes {
  readonly meanwhile?: (action: Action) => Promise<void>;
  readonly isPrivate?: boolean;
}

async function run(
  inputs: ActionInputs,
  { meanwhile = async () => {}, isPrivate = true }: Wishes = {},
): Promise<Left> {
  const event = join(tmpdir(), `odoo-recover-event-${process.pid}.json`);
  writeFileSync(event, JSON.stringify({ repository: { full_name: "acme/erp", private: isPrivate } }));
  const before = service.artifacts.length;
  const action = new Action(
    inputsFor(droplet, "deploy", inputs),
    service.environment({
      GITHUB_REPOSITORY: "acme/erp",
      GITHUB_SERVER_URL: "https://github.com",
      GITHUB_RUN_ID: "123",
      GITHUB_EVENT_PATH: event,
    }),
  );
  try {
    action.start();
    await meanwhile(action);
    const end = await action.main();
    const post = await action.post();
    expect(post.exitCode, post.log).toBe(0);
    const files = new Map<string, Buffer>();
    for (const [step, left] of Object.entries({ main: end, post })) {
      // The runner takes these lines to know what to mask, and shows none of them.
      files.set(`${step}: log`, Buffer.from(left.log.replaceAll(/^::add-mask::.*$/gm, "")));
      files.set(`${step}: summary`, Buffer.from(left.summary));
      for (const [name, value] of left.outputs) files.set(`${step}: output ${name}`, Buffer.from(value));
    }
    for (const entry of readdirSync(action.reportDirectory, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const path = join(entry.parentPath, entry.name);
      files.set(path.slice(action.reportDirectory.length + 1), readFileSync(path));
    }
    const artifacts = service.artifacts.slice(before);
    expect(artifacts, end.log).toHaveLength(1);
    const artifact = new Map(artifacts.flatMap((each) => [...unzipped(each)]));
    for (const [name, bytes] of artifact) files.set(`artifact: ${name}`, bytes);
    return { end, post, files, artifact };
  } finally {
    action.discard();
  }
}

/** Over every byte; and the official image's password is nowhere as a password. */
function expectNothingLeaked({ files }: Pick<Left, "files">): void {
  expect(files.size).toBeGreaterThan(10);
  const found = [...files].flatMap(([name, bytes]) => [
    ...canaries.in(bytes).map((canary) => `${name}: ${canary}`),
    ...(bytes.includes(PEM_LINE) ? [`${name}: the private key`] : []),
    ...(
      bytes
        .toString()
        .match(
          /.*(?:pass(?:word|wd)?["'\s]*[=:]["'\s]*odoo\b|\/\/odoo:odoo@|(?:-w|password)\s+odoo\b).*/gi,
        ) ?? []
    ).map((line) => `${name}: ${line.slice(0, 200)}`),
  ]);
  expect.soft(found).toEqual([]);
}

const text = (files: ReadonlyMap<string, Buffer>, name: string): string => {
  const bytes = files.get(name);
  if (bytes === undefined) throw new Error(`no ${name} among ${[...files.keys()].join(", ")}`);
  return bytes.toString();
};

const schema = JSON.parse(readFileSync(new URL("../../../docs/report.schema.json", import.meta.url), "utf8"));

/** What every artifact of a run that had the lease holds. */
function expectWhole({ artifact, end }: Left, folders: readonly string[]): void {
  const { project, odooService, dbService } = droplet.parameters;
  const names = [odooService, dbService].map((each) => `${project}-${each}-1`);
  const wanted = [
    ...names.flatMap((name) => [`${name}.log`, `${name}.inspect.json`]),
    ..."compose.json nginx.txt nginx-errors.txt journal-docker.txt journal-nginx.txt processes.txt ps.txt".split(
      " ",
    ),
  ];
  expect([...artifact.keys()]).toEqual(
    expect.arrayContaining([
      ...["report.json", "journal.jsonl", "summary.md"],
      ...folders.flatMap((folder) => wanted.map((name) => `evidence/${folder}/${name}`)),
    ]),
  );
  const ajv = new Ajv2020({ strict: true, allErrors: true });
  formats.default(ajv);
  const validate = ajv.compile(schema);
  const report = JSON.parse(text(artifact, "report.json"));
  expect(validate(report), JSON.stringify(validate.errors)).toBe(true);
  expect(report.status).toBe(end.outputs.get("status"));
  for (const line of text(artifact, "journal.jsonl").trim().split("\n")) JSON.parse(line);
  for (const folder of folders) {
    JSON.parse(text(artifact, `evidence/${folder}/compose.json`));
    for (const name of names) JSON.parse(text(artifact, `evidence/${folder}/${name}.inspect.json`));
  }
}

it("the canaries are where the programs keep and log things, and the search finds each of them", async () => {
  await droplet.produce("odoo-stopped");
  const query = `token=${canaries.of("nginx's log, token")}&password=${canaries.of("nginx's log, password")}&name=${canaries.of("nginx's log, name")}`;
  await droplet.script(`
    for path in '/web/reset_password?${query}' '/my/${canaries.of("nginx's log, e-mail")}@customer.example/invoices'; do
      curl -s -o /dev/null -H 'Authorization: Bearer ${canaries.of("nginx's log, Authorization")}' \\
        -b 'session_id=${canaries.of("nginx's log, cookie")}' \\
        -e 'https://shop.example/pay?card=${canaries.of("nginx's log, referrer")}' "http://127.0.0.1$path"
    done`);
  const raw = await droplet.script(`
    for id in $(docker ps -aq); do docker logs "$id" 2>&1; docker inspect "$id"; done
    dc config; nginx -T 2>/dev/null; cat /etc/nginx/shop.htpasswd "$DIRECTORY/.env" "$DIRECTORY/config/odoo.conf"
    cat /var/log/nginx/*.log; journalctl --unit docker --no-pager; ps -eo args
    sql postgres <<<'SELECT query FROM pg_stat_activity'`);
  const found = new Set(canaries.in(Buffer.from(raw)));
  // nginx logs neither of them by itself: that they stay out of it is nginx's doing.
  const unlogged = ["nginx's log, Authorization", "nginx's log, cookie", "login, password"];
  expect(canaries.names.filter((name) => !found.has(name))).toEqual(expect.arrayContaining(unlogged));
  expect(canaries.names.filter((name) => !found.has(name))).toHaveLength(unlogged.length);
  expect(canaries.names.length).toBeGreaterThan(60);
  expect(raw).toContain(PEM_LINE);
});

it("a check in a public repository uploads only what is encrypted, and no canary is in that either", async () => {
  const identity = await generateIdentity();
  const left = await run(
    { mode: "check", backup_recipients: await identityToRecipient(identity) },
    { isPrivate: false },
  );
  expect(left.end.outputs.get("status")).toBe("unhealthy");
  expect([...left.artifact.keys()]).toEqual(["evidence.tar.gz.age"]);
  const decrypter = new Decrypter();
  decrypter.addIdentity(identity);
  const tar = gunzipSync(
    await decrypter.decrypt(left.artifact.get("evidence.tar.gz.age") ?? Buffer.alloc(0)),
  );
  expect(tar.includes("report.json")).toBe(true);
  expectNothingLeaked({ files: new Map([...left.files, ["the archive", tar]]) });
  const shown = left.end.summary + left.end.log;
  expect(shown).not.toContain(droplet.parameters.directory);
  expect(left.end.summary).toMatch(/^## 🔴 unhealthy: Odoo's container does not run/);
});

it("a plan tells its programs without a secret, and can be read", async () => {
  const left = await run({ mode: "plan" });
  expect(left.end.outputs.get("status")).toBe("planned");
  expectNothingLeaked(left);
  const program = text(left.artifact, "evidence/plan/1-start-stack.sh");
  expect(program).toContain(droplet.parameters.directory);
  expect(program).not.toContain("***");
});

it("a recovery that is stopped uploads in its post step what it saw", async () => {
  const left = await run(
    { mode: "recover" },
    {
      meanwhile: async (action) => {
        await action.seen("the evidence", ({ kind }) => kind === "evidence");
        action.kill("SIGINT");
      },
    },
  );
  expect(left.end.outputs.get("status"), left.end.log).toBe("cancelled");
  expect(left.end.outputs.get("artifact")).toBe("");
  expectNothingLeaked(left);
  expectWhole(left, ["before"]);
  // A look that was under way ends at its bounds, and takes what it had read with it.
  await expect
    .poll(() => droplet.script("find /dev/shm /tmp /run -maxdepth 1 -name 'odoo-recover.*'"), {
      timeout: 30_000,
    })
    .toBe("");
});

it("a full disk on the runner changes no verdict; and what a change would destroy is kept, or nothing is changed", async () => {
  const disk = mkdtempSync(join(tmpdir(), "odoo-recover-full-"));
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=16k", "tmpfs", disk]);
  try {
    const before = await lookFromOutside(droplet);
    for (const [mode, status] of [
      ["check", "unhealthy"],
      ["recover", "refused"],
    ] as const) {
      const action = new Action(inputsFor(droplet, "deploy", { mode }), { RUNNER_TEMP: disk });
      const end = await action.main();
      expect(end.exitCode, end.log).toBe(1);
      expect(end.outputs.get("status"), end.log).toBe(status);
      expect(end.log).toMatch(/^::warning::.* could not be written: ENOSPC/m);
      expect(end.summary).toMatch(/^## /);
      if (mode === "recover") expect(end.summary).toContain("Make room on the runner");
      action.discard();
    }
    expect(await lookFromOutside(droplet)).toEqual(before);
    await expectNothingLeftBehind(droplet);
  } finally {
    execFileSync("umount", [disk]);
    rmSync(disk, { recursive: true });
  }
});

it("a recovery of a hanging Odoo keeps what its restart destroys, and every word that a person needs", async () => {
  await droplet.undo("odoo-stopped");
  await droplet.waitHealthy();
  await droplet.produce("odoo-hangs");
  const left = await run({ mode: "recover" });
  expect(left.end.outputs.get("status"), left.end.log).toBe("recovered");
  expect(left.end.outputs.get("cause")).toBe("odoo-frozen");
  expectNothingLeaked(left);
  expectWhole(left, ["before", "after"]);

  const { project, odooService, dbService, directory } = droplet.parameters;
  const read = (name: string): string => text(left.artifact, `evidence/${name}`);
  expect(left.end.summary).toContain(
    `Odoo in ${project}-${odooService}-1 runs, accepts connections and gives no answer`,
  );
  expect(left.end.summary).not.toContain("***");
  expect(left.end.summary).not.toContain("[cut]");
  expect(read("freeze/stacks.txt")).toContain("/mnt/extra-addons/shop_notes/models.py");
  expect(read("freeze/activity.txt")).toMatch(/^query +\| SELECT pg_sleep\(\?\), '\[cut\]', '\[cut\]'/m);
  expect(read("freeze/locks.txt")).toMatch(/rows\)|^-\[ RECORD/m);

  const odoo = read(`before/${project}-${odooService}-1.log`);
  for (const words of [
    "ERROR odoo odoo.sql_db: bad query: INSERT INTO res_users (login, company_id, partner_id, signature)",
    'duplicate key value violates unique constraint "res_users_login_key"',
    'column "naem" of relation "res_partner" does not exist',
    'File "/mnt/extra-addons/shop_notes/controllers.py", line',
    "ValueError: invalid literal for int() with base 10:",
    "odoo.exceptions.UserError: [cut]",
    "Login failed for db:odoo login:[cut] from 127.0.0.1",
    '"GET /web/reset_password?token=***&login=[cut] HTTP/1.0" 404',
    '"GET /shop?search=[cut]&page=2 HTTP/1.0" 404',
    "connecting to amqp://robot:***@mq:5672/%2f",
    "'data_dir': '/var/lib/odoo'",
    "HTTP service (werkzeug) running on",
  ])
    expect.soft(odoo).toContain(words);
  const postgres = read(`before/${project}-${dbService}-1.log`);
  for (const words of [
    "database system is ready to accept connections",
    "DETAIL:  Key (login)=([cut]) already exists.",
    "CONTEXT:  PL/pgSQL function inline_code_block line 1 at RAISE",
    "Seq Scan on res_partner",
    'ERROR:  invalid input syntax for type integer: "[cut]"',
  ])
    expect.soft(postgres).toContain(words);
  const nginx = read("before/nginx.txt");
  for (const words of [
    "proxy_ssl_certificate_key /etc/ssl/private/shop.example.key;",
    "auth_basic_user_file /etc/nginx/shop.htpasswd;",
    "map $http_x_shop_key $shop_knows {",
    "if ($arg_api_key = ***) { return 403; }",
    "proxy_pass http://odoo;",
  ])
    expect.soft(nginx).toContain(words);
  expect
    .soft(read("before/nginx-errors.txt"))
    .toMatch(/upstream timed out .* request: "GET \/web\/login HTTP\/1.1"/);
  expect.soft(read("before/nginx-errors.txt")).toContain('request: "GET /my/[cut]/invoices HTTP/1.1"');
  const journal = read("before/journal-docker.txt");
  // Which of its lines are among the last is chance; that none of them leaks, and that they stay readable, is for
  // redactor.test.ts to show.
  expect.soft(journal).toMatch(/dockerd\[\d+\]: time="\S+" level=/);
  const { environment, command } = JSON.parse(read("before/compose.json")).services[odooService];
  expect(environment).toMatchObject({ HOST: dbService, PORT: "5432", USER: "odoo", PASSWORD: "***" });
  expect(command).toEqual(["odoo", "--smtp-password", "***"]);
  expect(read("before/processes.txt")).toMatch(/odoo .*--db_host db .*--db_user odoo --db_password \*\*\*/);
  expect(text(left.artifact, "report.json")).toContain(directory);
  for (const [name, bytes] of left.artifact) {
    const masks = bytes.toString().match(/\*\*\*/g)?.length ?? 0;
    expect.soft(masks, name).toBeLessThan(55);
  }
});

inLongRun("a repair tells what it did, and no more", async () => {
  await droplet.produce("filestore-permissions");
  const left = await run({ mode: "recover", ceiling: "repair" });
  expect(left.end.outputs.get("status"), left.end.log).toBe("recovered");
  expect(left.end.outputs.get("remedies")).toBe("fix-permissions");
  expectNothingLeaked(left);
  expectWhole(left, ["before", "after"]);
  expect(left.end.summary).toContain("/var/lib/odoo/filestore");
});

it("a run that could not help holds the boot check's output as well", async () => {
  await droplet.produce("crash-loop-conf");
  const left = await run({ mode: "recover" });
  expect(left.end.outputs.get("status"), left.end.log).toBe("unhealthy");
  expectNothingLeaked(left);
  expectWhole(left, ["before", "after"]);
  const boot = text(left.artifact, "evidence/boot-check.log");
  expect(boot).toContain("option workers: invalid integer value: 'two'");
  expect(boot).toContain("boot ended with status 1");
});
