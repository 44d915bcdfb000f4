/** Takes backups of a droplet in the test's own process: over SSH, under a lease, as the run does before a wipe. */

import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BackupOptions, takeBackup } from "../../../src/backup/backup.ts";
import type { RoomIn } from "../../../src/backup/dump-file.ts";
import type { Setup } from "../../../src/diagnosis/diagnosis.ts";
import type { Target } from "../../../src/diagnosis/target.ts";
import { messageOf } from "../../../src/errors.ts";
import { connect } from "../../../src/host/connect.ts";
import { Host } from "../../../src/host/host.ts";
import { acquireLease, releaseLease } from "../../../src/host/lease/lease.ts";
import { type StatePlace, stateKey, statePlace } from "../../../src/host/state.ts";
import { parseInputs } from "../../../src/inputs/parse.ts";
import { type BackupMade, Journal } from "../../../src/journal.ts";
import { Redactor } from "../../../src/redaction/redactor.ts";
import { type Container, seen } from "../../../src/survey/survey.ts";
import { realClock } from "../../support/clocks.ts";
import type { Droplet } from "../droplet.ts";
import { inputsFor } from "./action.ts";

export interface Taken {
  readonly made: BackupMade | undefined;
  /** The refusal's headline, particulars and advice; empty where there is a backup. */
  readonly refusal: string;
  /** What it told on the way. */
  readonly told: string;
}

/** A table of that many MB in the shop's database, of what compresses by a quarter only. */
export async function grow(on: Droplet, megabytes: number): Promise<void> {
  await on.script(
    `sql "$DATABASE" <<<'drop table if exists heap; create unlogged table heap (line text)'
    head -c ${Math.round(megabytes * 0.74)}M /dev/urandom | base64 -w 1990 |
      docker exec -i "$(container_of "$DB_SERVICE")" psql -X -q -U "$DATABASE_USER" -d "$DATABASE" -c 'copy heap from stdin'`,
    { timeoutSeconds: 900 },
  );
}

/** A pg_dump in front of the real one in the database's container. */
export async function pgDumpIs(on: Droplet, program: string): Promise<void> {
  await on.script(`docker exec -i --user 0 "$(container_of "$DB_SERVICE")" sh -c 'cat >/usr/local/sbin/pg_dump; chmod 755 /usr/local/sbin/pg_dump' <<'SH'
#!/bin/sh
case "$*" in *--version*) exec /usr/bin/pg_dump "$@" ;; esac
${program}
SH`);
}

export class Backups implements AsyncDisposable {
  readonly droplet: Droplet;
  readonly host: Host;
  readonly place: StatePlace;
  /** On the runner. */
  readonly directory: string;
  /** Whether that is ours to remove. */
  readonly #own: boolean;
  readonly #target: Target;
  readonly #setup: Setup;
  readonly #owner = randomBytes(16).toString("hex");
  #number = 0;

  /** @param port of SSH, where it is not the droplet's own */
  static async of(droplet: Droplet, { port = droplet.sshPort, directory = "" } = {}): Promise<Backups> {
    const { connection } = parseInputs(inputsFor(droplet, "deploy", { port: String(port) }), (path: string) =>
      readFileSync(path, "utf8"),
    );
    const host = await Host.open({
      connect: () => connect(connection, { log: () => {} }),
      clock: realClock,
      nonce: () => randomBytes(16).toString("hex"),
      onConnection: () => {},
    });
    host.become("sudo");
    const { directory: projectDirectory, database } = droplet.parameters;
    const odoo = await droplet.inspect("odoo");
    const db = await droplet.inspect("db");
    const labels = odoo?.Config.Labels ?? {};
    const project = labels["com.docker.compose.project"] ?? "";
    // What a survey would have found of it, as far as a backup asks.
    const target = {
      project: { name: project, directory: projectDirectory, files: [], environmentFiles: [] },
      odooService: "odoo",
      odoo: { id: odoo?.Id } as Container,
      dbService: "db",
      db: { id: db?.Id } as Container,
      database: seen(database),
      dbUser: undefined,
      containers: [],
    } as unknown as Target;
    const setup: Setup = {
      user: "101:101",
      dataDirectory: "/var/lib/odoo",
      filestore: `/var/lib/odoo/filestore/${database}`,
      version: "14.0",
    };
    return new Backups(
      droplet,
      host,
      statePlace(stateKey(project, projectDirectory)),
      directory,
      target,
      setup,
    );
  }

  private constructor(
    droplet: Droplet,
    host: Host,
    place: StatePlace,
    directory: string,
    target: Target,
    setup: Setup,
  ) {
    this.droplet = droplet;
    this.host = host;
    this.place = place;
    this.#own = directory === "";
    this.directory = this.#own ? mkdtempSync(join(tmpdir(), "odoo-recover-backup-")) : directory;
    this.#target = target;
    this.#setup = setup;
  }

  /** Takes the lease, takes a backup, and gives the lease back. */
  async take(
    options: Partial<BackupOptions> & {
      signal?: AbortSignal;
      room?: RoomIn;
      onTold?: (text: string) => void;
    } = {},
  ): Promise<Taken> {
    const { signal = new AbortController().signal, room, onTold = () => {}, ...more } = options;
    let told = "";
    const journal = new Journal(realClock, new Redactor(), [
      {
        append: (entry) => {
          if (entry.kind !== "backup-output") return;
          told += entry.text;
          onTold(told);
        },
      },
    ]);
    await acquireLease(this.host, this.place, this.#owner, "a test");
    this.#number += 1;
    try {
      const made = await takeBackup(
        this.host,
        this.place,
        this.#owner,
        `${this.#owner.slice(0, 8)}-${this.#number}-backup`,
        { target: this.#target, database: this.droplet.parameters.database, setup: this.#setup },
        {
          to: "droplet",
          timeoutMs: 600_000,
          filestore: false,
          connection: { kind: "local" },
          ...more,
        },
        { clock: realClock, journal, reportDirectory: this.directory, ...(room ? { room } : {}) },
        signal,
      );
      return { made, refusal: "", told };
    } catch (error) {
      const { detail = "", advice = "" } = error as { detail?: string; advice?: string };
      return { made: undefined, refusal: [messageOf(error), detail, advice].join("\n"), told };
    } finally {
      await releaseLease(this.host, this.place, this.#owner);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.host.close();
    if (this.#own) rmSync(this.directory, { recursive: true, force: true });
  }
}
