// Backups on this machine, with the real sh and Python: docker, pg_dump, pg_restore and psql are stand-ins that do as a test
// says. A stand-in's dump is text: its database, its tables, rows that are never the same, and an end.

import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type BackupOptions, takeBackup } from "../../src/backup/backup.ts";
import type { BackupParts } from "../../src/backup/parts.ts";
import type { Diagnosis } from "../../src/diagnosis/diagnosis.ts";
import type { Host } from "../../src/host/host.ts";
import { acquireLease } from "../../src/host/lease/lease.ts";
import { type Entry, Journal } from "../../src/journal.ts";
import { Redactor } from "../../src/redaction/redactor.ts";
import { targetOf } from "../../src/remedies/remedy.ts";
import { seen } from "../../src/survey/survey.ts";
import { diagnosisOf } from "../remedies/support.ts";
import { realClock } from "../support/clocks.ts";
import { bentTransport, openHost, temporaryPlace } from "../support/hosts.ts";

const STAND_INS: Readonly<Record<string, string>> = {
  docker: `
case $1 in
  inspect) case "$*" in *Paused*) echo 'true false false' ;; *) cat "$FAKE/runs" ;; esac; exit ;;
esac
shift
while :; do
  case $1 in
    -i) shift ;;
    -e) export "$2"; shift 2 ;;
    --user) shift 2 ;;
    *) break ;;
  esac
done
shift
if [ -f "$FAKE/docker-fails" ]; then echo 'the daemon is away' >&2; exit 125; fi
exec "$@"`,
  pg_dump: `
case "$*" in
  *--version*) cat "$FAKE/version"; exit ;;
  *--schema-only*) [ -f "$FAKE/has-zstd" ]; exit ;;
esac
echo "$PGUSER $PGDATABASE $PGAPPNAME $*" >>"$FAKE/dumps"
[ ! -f "$FAKE/dump" ] || . "$FAKE/dump"
printf 'PGDMP\\n%s\\n' "$PGDATABASE"
cat "$FAKE/tables"
head -c 200000 /dev/urandom | base64
echo END`,
  pg_restore: `
whole=$(mktemp)
cat >"$whole"
[ "$(head -n 1 "$whole")" = PGDMP ] && [ "$(tail -n 1 "$whole")" = END ] || { echo 'pg_restore: error: could not read' >&2; exit 1; }
case "$*" in
  *--list*)
    printf ';     dbname: %s\\n' "$(sed -n 2p "$whole")"
    grep '^table ' "$whole" | while read -r _ name; do echo "3; 0 16385 TABLE DATA public $name odoo"; done ;;
esac
rm "$whole"`,
  psql: `
sql=$(cat)
case $sql in
  *pg_table_size*) cat "$FAKE/size" ;;
  *store_fname*) cat "$FAKE/names" ;;
  *terminate*) echo "$*" >>"$FAKE/terminated" ;;
esac`,
};

export class Stage implements Disposable {
  readonly host: Host;
  readonly fake: string;
  readonly directory: string;
  readonly journal: Entry[] = [];
  readonly #state: ReturnType<typeof temporaryPlace>;
  #steps = 0;

  static async set(): Promise<Stage> {
    const state = temporaryPlace();
    const fake = join(state.path, "fake");
    mkdirSync(fake);
    for (const [name, text] of Object.entries(STAND_INS)) {
      writeFileSync(join(fake, name), `#!/bin/sh\n${text}\n`);
      chmodSync(join(fake, name), 0o755);
    }
    const { host } = await openHost(async () =>
      bentTransport((command) => `FAKE='${fake}' PATH='${fake}':"$PATH" ${command}`),
    );
    const stage = new Stage(state, host, fake);
    stage.says({
      runs: "true\n",
      version: "pg_dump (PostgreSQL) 15.4\n",
      size: "400000\n",
      names: "",
      tables: "table ir_attachment\ntable ir_module_module\ntable res_users\ntable res_partner\n",
    });
    return stage;
  }

  private constructor(state: ReturnType<typeof temporaryPlace>, host: Host, fake: string) {
    this.#state = state;
    this.host = host;
    this.fake = fake;
    this.directory = join(state.path, "report");
  }

  /** Files that the stand-ins read. */
  says(files: Readonly<Record<string, string>>): void {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(this.fake, name), text);
  }

  said(name: string): string {
    return existsSync(join(this.fake, name)) ? readFileSync(join(this.fake, name), "utf8") : "";
  }

  get place() {
    return this.#state.place;
  }

  get path(): string {
    return this.#state.path;
  }

  /** Where the backups are, and what is there. */
  get folder(): string {
    return join(this.place.auditRoot, this.place.key, "backups");
  }

  onDroplet(): string[] {
    return existsSync(this.folder) ? readdirSync(this.folder).sort() : [];
  }

  onRunner(): string[] {
    const folder = join(this.directory, "backups");
    return existsSync(folder) ? readdirSync(folder).sort() : [];
  }

  diagnosis(database = "shop"): Diagnosis {
    const dataDirectory = join(this.path, "data");
    return {
      ...diagnosisOf({ database: seen(database) }),
      setup: {
        user: "101:101",
        dataDirectory,
        filestore: join(dataDirectory, "filestore", "shop"),
        version: "14.0",
      },
    };
  }

  async take(
    options: Partial<BackupOptions> & {
      database?: string;
      lease?: boolean;
      signal?: AbortSignal;
      step?: string;
    } & Pick<BackupParts, "room"> = {},
  ) {
    const { database = "shop", lease = true, room = async () => 1e12, signal, step, ...more } = options;
    const owner = "0123456789abcdef0123456789abcdef";
    if (lease) await acquireLease(this.host, this.place, owner, "a test");
    const diagnosis = this.diagnosis(database);
    this.#steps += 1;
    return await takeBackup(
      this.host,
      this.place,
      owner,
      step ?? `01234567-${this.#steps}-backup`,
      { target: targetOf(diagnosis), database, setup: diagnosis.setup },
      {
        to: "droplet",
        timeoutMs: 60_000,
        filestore: false,
        connection: { kind: "local" },
        ...more,
      },
      {
        clock: realClock,
        journal: new Journal(realClock, new Redactor(), [{ append: (entry) => this.journal.push(entry) }]),
        reportDirectory: this.directory,
        room,
      },
      signal ?? new AbortController().signal,
    );
  }

  /** What it told on the way. */
  get told(): string {
    return this.journal.flatMap((entry) => (entry.kind === "backup-output" ? [entry.text] : [])).join("");
  }

  /** Runs a command on what the stage has, for what is quicker in sh. */
  sh(program: string): string {
    const { stdout, stderr, status } = spawnSync("sh", ["-euc", program], { cwd: this.folder });
    if (status !== 0) throw new Error(stderr.toString());
    return stdout.toString();
  }

  [Symbol.dispose](): void {
    this.#state[Symbol.dispose]();
  }
}
