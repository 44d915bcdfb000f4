// Runs a remedy's program with the real sh, on a machine where docker, systemctl and nginx are stand-ins that note every
// call and keep what a test says of the containers in files.

import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Cause } from "../../src/diagnosis/cause.ts";
import type { Diagnosis } from "../../src/diagnosis/diagnosis.ts";
import { NO_SIGNATURES } from "../../src/diagnosis/signatures/index.ts";
import type { Target } from "../../src/diagnosis/target.ts";
import { assignments } from "../../src/host/quote.ts";
import type { RemedyProgram } from "../../src/remedies/remedy.ts";
import { type Container, seen } from "../../src/survey/survey.ts";
import { temporaryDirectory } from "../support/hosts.ts";

export const ODOO_ID = `0d00${"0".repeat(60)}`;
export const DB_ID = `db00${"0".repeat(60)}`;

export function containerOf(service: string, more: Partial<Container> = {}): Container {
  return {
    id: service === "odoo" ? ODOO_ID : DB_ID,
    name: `shop-${service}-1`,
    project: "shop",
    service,
    number: "1",
    dependsOn: service === "odoo" ? [{ service: "db", condition: "service_healthy" }] : [],
    oneOff: false,
    state: "running",
    health: undefined,
    exitCode: 0,
    oomKilled: false,
    error: "",
    restartCount: 0,
    pid: 4_711,
    createdAt: "2024-05-01T10:00:00Z",
    startedAt: "2024-05-01T10:00:01Z",
    finishedAt: "0001-01-01T00:00:00Z",
    imageId: "sha256:0123",
    imageReference: `${service}:14`,
    restartPolicy: "unless-stopped",
    memoryLimit: 0,
    configHash: "fedcba",
    publishes: [],
    exposes: [],
    databaseHost: "db",
    entrypoint: ["/entrypoint.sh"],
    command: ["odoo"],
    ...more,
  };
}

export function diagnosisOf(target: Partial<Target> = {}, cause: Cause = "odoo-stopped"): Diagnosis {
  const odoo = containerOf("odoo");
  const db = containerOf("db");
  return {
    cause,
    finding: "",
    evidence: [],
    advice: "",
    layers: [],
    warnings: [],
    drift: [],
    topology: [],
    facts: [],
    suspects: [],
    signatures: NO_SIGNATURES,
    changes: [],
    outage: undefined,
    since: "",
    setup: undefined,
    module: undefined,
    named: undefined,
    url: undefined,
    place: { project: "shop", directory: "/opt/shop" },
    ladder: [],
    ruledOut: [],
    target: {
      project: {
        name: "shop",
        directory: "/opt/my shop",
        files: ["/opt/my shop/a.yml", "/opt/my shop/b's.yml"],
        environmentFiles: ["/opt/my shop/.env"],
        origin: "labels",
        services: seen(
          ["db", "odoo"].map((name) => ({
            name,
            image: `${name}:14`,
            publishes: [],
            exposes: [],
            dependsOn: name === "odoo" ? [{ service: "db", condition: "service_healthy" }] : [],
            configHash: undefined,
          })),
        ),
        outline: [],
      },
      odooService: "odoo",
      odoo,
      dbService: "db",
      db,
      database: seen("shop"),
      dbUser: undefined,
      containers: [odoo, db],
      ...target,
    },
  };
}

/** What docker says of containers is in files: `state-ID`, `ps-SERVICE`, `health-ID`, `top`, `daemon`; what it is to do in `on-VERB`, a script. */
const DOCKER = `
note() { for word; do printf '%s|' "$word"; done >>"$FAKE/calls"; echo >>"$FAKE/calls"; }
case $1 in
  version) [ -f "$FAKE/daemon" ]; exit ;;
  inspect)
    for id; do :; done
    case $* in
      *StartedAt*) cat "$FAKE/started-$id" 2>/dev/null || echo at-first; exit ;;
      *Health*) cat "$FAKE/health-$id" 2>/dev/null || echo none; exit ;;
      *ExitCode*) cat "$FAKE/code-$id" 2>/dev/null || echo 1; exit ;;
    esac
    cat "$FAKE/state-$id" 2>/dev/null
    exit
    ;;
  top) cat "$FAKE/top" 2>/dev/null; exit ;;
  ps)
    for word; do
      case $word in
        label=com.docker.compose.service=*)
          cat "$FAKE/ps-\${word##*=}" 2>/dev/null || true
          exit 0
          ;;
      esac
    done
    ;;
esac
note docker "$@"
if [ -f "$FAKE/on-$1" ]; then . "$FAKE/on-$1"; exit; fi
for id; do :; done
case $1 in
  start | restart | unpause) if ! [ -f "$FAKE/stubborn" ]; then echo running >"$FAKE/state-$id"; date +%s%N >"$FAKE/started-$id"; fi; echo "$id" ;;
  stop) echo exited >"$FAKE/state-$id"; echo "$id" ;;
esac
`;

const SYSTEMCTL = `
case $1 in
  show) for unit; do :; done; cat "$FAKE/load-$unit" 2>/dev/null || echo not-found; exit ;;
  is-active) [ -f "$FAKE/active-$3" ]; exit ;;
esac
echo "systemctl $*" >>"$FAKE/calls"
case $1 in
  start)
    if [ -f "$FAKE/stubborn" ]; then exit 0; fi
    if [ -f "$FAKE/refuses" ]; then echo "Job for $2 failed" >&2; exit 1; fi
    : >"$FAKE/active-$2"
    if [ "$2" = docker.service ]; then : >"$FAKE/daemon"; fi ;;
esac
`;

const NGINX = `
if [ -f "$FAKE/invalid" ]; then cat "$FAKE/invalid" >&2; exit 1; fi
echo "nginx: configuration file /etc/nginx/nginx.conf test is successful" >&2
`;

export class RemedyHost implements Disposable {
  readonly #directory = temporaryDirectory();

  constructor() {
    for (const folder of ["bin", "put-back"]) mkdirSync(join(this.path, folder));
    for (const [name, text] of [
      ["docker", DOCKER],
      ["systemctl", SYSTEMCTL],
      ["nginx", NGINX],
      ["journalctl", "echo 'bind() to 0.0.0.0:80 failed'"],
      // As many looks as in earnest, in less time.
      ["sleep", "exec /bin/sleep 0.02"],
    ] as const)
      this.command(name, text);
    this.says(`state-${DB_ID}`, "running");
  }

  get path(): string {
    return this.#directory.path;
  }

  command(name: string, text: string): void {
    const file = join(this.path, "bin", name);
    writeFileSync(file, `#!/bin/sh\n${text}\n`);
    chmodSync(file, 0o755);
  }

  says(name: string, text: string): this {
    writeFileSync(join(this.path, name), `${text}\n`);
    return this;
  }

  read(name: string): string {
    const file = join(this.path, name);
    return existsSync(file) ? readFileSync(file, "utf8") : "";
  }

  /** The calls that are more than a question, one a line. */
  get calls(): string[] {
    return this.read("calls").split("\n").filter(Boolean);
  }

  run(
    program: { readonly text: string; readonly values: Readonly<Record<string, string>> },
    values: Readonly<Record<string, string>> = {},
  ): { readonly status: number | null; readonly output: string } {
    const file = join(this.path, "program");
    const PUT_BACK_DIR = join(this.path, "put-back");
    writeFileSync(file, `${assignments({ PUT_BACK_DIR, ...program.values, ...values })}${program.text}\n`);
    // As a step runs: a file in a folder of its own, both streams together, nothing to read.
    const { status, stdout } = spawnSync("/bin/sh", ["-c", `exec /bin/sh ${file} 2>&1`], {
      env: {
        FAKE: this.path,
        LC_ALL: "C",
        PATH: `${join(this.path, "bin")}:${process.env.PATH}`,
      },
      cwd: this.path,
      stdio: ["ignore", "pipe", "inherit"],
      timeout: 60_000,
    });
    return { status, output: stdout.toString() };
  }

  [Symbol.dispose](): void {
    this.#directory[Symbol.dispose]();
  }
}

/** The same program with some of its text bent: another place for a file of the kernel's. */
export function bent(program: RemedyProgram, from: string, to: string): RemedyProgram {
  if (!program.text.includes(from)) throw new Error(`the program has no ${from}`);
  return { ...program, text: program.text.replaceAll(from, to) };
}
