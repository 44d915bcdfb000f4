/**
 * The dump as an artifact: the bundle wipes as approved, the server receives what only Debian's age opens, and docs/restore.md
 * makes a site of it on an empty PostgreSQL. And what goes wrong with the copy changes neither the verdict nor the dump.
 */

import { createHash } from "node:crypto";
import {
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { generateIdentity, identityToRecipient } from "age-encryption";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { fetchLine } from "../../../src/backup/fetch.ts";
import { until } from "../../support/clocks.ts";
import { blockAfter } from "../../support/rendered.ts";
import { ResultsService, unzipped } from "../../support/results-service.ts";
import { must } from "../process.ts";
import { Action, type ActionInputs, inputsFor, type StepEnd } from "./action.ts";
import { grow } from "./backups.ts";
import { blocks, sshConfig } from "./restore-page.ts";
import { Bench } from "./run.ts";
import { Treasures } from "./treasures.ts";
import { approval, breakLoginAssets, WIPE } from "./wipe.ts";

let bench: Bench;
let folder: string;
let key: string;
let recipient: string;

beforeAll(async () => {
  bench = await Bench.up();
  folder = mkdtempSync(join(tmpdir(), "odoo-recover-dump-"));
  const identity = await generateIdentity();
  recipient = await identityToRecipient(identity);
  key = join(folder, "key.txt");
  writeFileSync(key, `${identity}\n`, { mode: 0o600 });
});

afterEach(async () => {
  await bench.droplet.script(`docker rm -f -v rehearsal-odoo rehearsal-db >/dev/null 2>&1 || true
    docker network rm rehearsal >/dev/null 2>&1 || true`);
  await bench.tidy();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The bundle in a step of a private repository's workflow. */
function inWorkflow(
  service: ResultsService,
  more: ActionInputs,
  environment: Record<string, string> = {},
): Action {
  const event = join(folder, "event.json");
  writeFileSync(event, JSON.stringify({ repository: { full_name: "acme/shop", private: true } }));
  return new Action(
    inputsFor(bench.droplet, "deploy", {
      mode: "recover",
      url: bench.droplet.url,
      soak: "0s",
      backup_recipients: recipient,
      ...more,
    }),
    service.environment({
      GITHUB_REPOSITORY: "acme/shop",
      GITHUB_SERVER_URL: "https://github.com",
      GITHUB_RUN_ID: "123",
      GITHUB_EVENT_PATH: event,
      ...environment,
    }),
  );
}

/** Files on the runner that begin as a dump does. */
function plainDumps(action: Action): string[] {
  return globSync("**/*", { cwd: dirname(action.reportDirectory) })
    .map((name) => join(dirname(action.reportDirectory), name))
    .filter((path) => statSync(path).isFile())
    .filter((path) => readFileSync(path).subarray(0, 5).toString("latin1") === "PGDMP");
}

const sha256 = (path: string): string => createHash("sha256").update(readFileSync(path)).digest("hex");

/** Types a line as it is, in an empty folder; what `ssh` means there is the person's to set up. @returns the folder */
async function typed(line: string): Promise<string> {
  const where = mkdtempSync(join(folder, "typed-"));
  const config = sshConfig(bench.droplet, where);
  await must("bash", ["-euc", `cd '${where}'; ssh() { command ssh -F '${config}' "$@"; }\n${line}`]);
  rmSync(config);
  return where;
}

function expectNoBackupOf(end: StepEnd, status: string): void {
  expect(end.outputs.get("status"), end.log).toBe(status);
  expect(end.outputs.get("backup_artifact")).toBe("");
}

it("an approved wipe's backup becomes an artifact that age opens, and a site on an empty PostgreSQL; of two runs at once, one", async () => {
  const { droplet } = bench;
  await droplet.psql("insert into res_partner (name, active) values ('Planted for the rehearsal', true)");
  const treasures = await Treasures.putInto(droplet);
  const partners = await droplet.psql("select count(*) from res_partner");
  await breakLoginAssets(bench);
  // The plan knows of no recipients: they change none of its programs.
  const token = await approval(bench);
  await using service = await ResultsService.start();
  const first = inWorkflow(service, { ...WIPE, approve: token });
  const second = inWorkflow(service, { ...WIPE, approve: token });
  first.start();
  await first.seen("its lease", ({ kind }) => kind === "lease-taken");
  const [end, other] = await Promise.all([first.main(), second.main()]);

  expect(end.outputs.get("status"), end.log).toBe("recovered");
  await droplet.assertHealthy();
  await bench.nothingLeftBehind();
  expectNoBackupOf(other, "refused");
  expect(other.outputs.get("headline")).toContain("Another recovery is at work");
  const name = end.outputs.get("backup_artifact") ?? "";
  expect(service.artifacts.map((each) => each.name).sort()).toEqual(
    [name, end.outputs.get("artifact"), other.outputs.get("artifact")].sort(),
  );
  const kinds = first.journal().map(({ kind }) => kind);
  expect(kinds.indexOf("backup-encrypted")).toBeGreaterThan(kinds.lastIndexOf("remedy-ended"));
  expect(kinds.indexOf("backup-encrypted")).toBeGreaterThan(kinds.lastIndexOf("verified"));
  expect(kinds.indexOf("lease-released")).toBeGreaterThan(kinds.indexOf("backup-encrypted"));
  expect(plainDumps(first)).toEqual([]);
  expect(existsSync(join(first.reportDirectory, "backup.dump.age"))).toBe(false);

  // The summary's line, by the login that has sudo; and by root's.
  const path = blockAfter(end.summary, "On the droplet, for root alone");
  const sum = blockAfter(end.summary, "Its SHA-256");
  expect((await droplet.script(`sha256sum '${path}'`)).split(" ")[0]).toBe(sum);
  const line = blockAfter(end.summary, "To fetch it");
  expect(line).toMatch(/^ssh -p \d+ deploy@127\.0\.0\.1 sudo -n cat /);
  const target = { host: "127.0.0.1", port: droplet.sshPort, login: { username: "root" }, pins: [] };
  const asRoot = fetchLine(path, "as-root.dump", { kind: "ssh", target, connectTimeoutMs: 1 }, "root");
  for (const each of [line, asRoot]) {
    const where = await typed(each);
    expect(globSync("*", { cwd: where }).map((file) => sha256(join(where, file)))).toEqual([sum]);
  }

  // docs/restore.md, from the artifact on.
  const there = join(folder, "artifact");
  mkdirSync(there);
  const artifact = service.artifacts.find((each) => each.name === name);
  if (artifact === undefined) throw new Error(end.log);
  const files = unzipped(artifact);
  expect([...files.keys()]).toEqual(["backup.dump.age"]);
  writeFileSync(join(there, "backup.dump.age"), files.get("backup.dump.age") ?? "");
  const [opening] = blocks().filter(({ where }) => where === "where the artifact is");
  const config = sshConfig(droplet, folder);
  const said = await must("bash", [
    "-euc",
    `cd '${there}'; cp '${key}' key.txt; scp() { command scp -F '${config}' "$@"; }\ndroplet=droplet\n${opening?.text}`,
  ]);
  expect(said).toContain(sum);
  // No Odoo starts on the code of a deploy that was left half-way.
  await treasures.assertUntouched();
  await droplet.undo("assets-deleted-half-deployed");
  const before = await bench.look();
  const rehearsal = blocks().filter(({ where }) => where === "rehearsal");
  await droplet.script(rehearsal.map(({ text }) => text).join("\n"), { timeoutSeconds: 240 });

  const login = await droplet.script(`
    address=$(docker inspect --format '{{.NetworkSettings.Networks.rehearsal.IPAddress}}' rehearsal-odoo)
    page=$(curl -fsS -m 60 "http://$address:8069/web/login")
    echo "$page" | grep -c 'name="login"'
    echo "$page" | grep -o '/web/content/[^"]*\\.css' | while read -r asset; do curl -fsS -m 60 -o /dev/null -w '%{http_code}\\n' "http://$address:8069$asset"; done`);
  expect(login).toMatch(/^1\n(?:200\n?)+$/);
  const inRehearsal = async (sql: string): Promise<string> =>
    (await droplet.script(`docker exec rehearsal-db psql -X -q -A -t -U odoo -d odoo -c "${sql}"`)).trim();
  expect(await inRehearsal("select count(*) from res_partner where name = 'Planted for the rehearsal'")).toBe(
    "1",
  );
  expect(await inRehearsal("select count(*) from res_partner")).toBe(partners);
  const [after] = blocks().filter(({ where }) => where === "after the rehearsal");
  await droplet.script(after?.text ?? "false");
  expect(await bench.look()).toEqual(before);
  await droplet.assertHealthy();
  first.discard();
  second.discard();
});

it("a copy that is stopped, or has no room, changes no verdict: the dump is on the droplet, and the summary fetches it", async () => {
  const { droplet } = bench;
  const repair = { ceiling: "repair", backup: "always" };
  await grow(droplet, 100);
  await using service = await ResultsService.start();

  await bench.break("assets-deleted");
  const stopped = inWorkflow(service, repair);
  stopped.start();
  await until(
    "the copy has begun",
    () =>
      stopped.reportDirectory !== "" && existsSync(join(stopped.reportDirectory, "backup.dump.age.partial")),
    120_000,
  );
  stopped.kill("SIGINT");
  const end = await stopped.main();
  expectNoBackupOf(end, "recovered");
  expect(end.exitCode).toBe(0);
  expect(plainDumps(stopped)).toEqual([]);
  const post = await stopped.post();
  expect(post.exitCode, post.log).toBe(0);
  expect(post.summary).toMatch(/^Not uploaded: stopped by SIGINT$/m);
  expect(globSync("**/*.age*", { cwd: stopped.reportDirectory })).toEqual([]);
  expect(service.artifacts.map(({ name }) => name)).toEqual([post.outputs.get("artifact")]);
  const where = await typed(blockAfter(post.summary, "To fetch it"));
  expect(globSync("*", { cwd: where }).map((file) => sha256(join(where, file)))).toEqual([
    blockAfter(post.summary, "Its SHA-256"),
  ]);
  await bench.nothingLeftBehind();
  stopped.discard();

  await bench.droplet.undo("assets-deleted");
  await bench.break("assets-deleted");
  const small = mkdtempSync(join(folder, "small-"));
  const sudo = process.getuid?.() === 0 ? "" : "sudo -n ";
  await must("sh", ["-c", `${sudo}mount -t tmpfs -o size=32m,mode=0777 tmpfs '${small}'`]);
  try {
    const cramped = inWorkflow(service, repair, { RUNNER_TEMP: small });
    const crampedEnd = await cramped.main();
    expectNoBackupOf(crampedEnd, "recovered");
    expect(crampedEnd.log).toMatch(
      /^::warning::The backup was not uploaded: There is not enough room on the runner/m,
    );
    expect(globSync("**/*.age*", { cwd: small })).toEqual([]);
    expect(blockAfter(crampedEnd.summary, "To fetch it")).toMatch(/^ssh /);
    cramped.discard();
  } finally {
    await must("sh", ["-c", `${sudo}umount '${small}'`]);
  }
  await droplet.assertHealthy();
  await bench.nothingLeftBehind();
});
