/**
 * The backup gate: nothing that destroys runs before a dump of the database was taken, read back whole and found good.
 * It goes onto the droplet, to the runner, or both. Whatever goes wrong is a refusal, and leaves nothing half.
 */

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { join, posix } from "node:path";
import type { Diagnosis, Setup } from "../diagnosis/diagnosis.ts";
import type { Target } from "../diagnosis/target.ts";
import { RefusedError } from "../errors.ts";
import type { Host } from "../host/host.ts";
import type { Program } from "../host/program.ts";
import { type StatePlace, stateProgram } from "../host/state.ts";
import { runStep, stepPrograms } from "../host/steps/step.ts";
import type { Connection } from "../inputs/connection.ts";
import type { BackupPlace } from "../inputs/inputs.ts";
import type { BackupMade } from "../journal.ts";
import { ifSeen } from "../survey/survey.ts";
import { Arrival } from "./arrival.ts";
import { DumpFile, roomIn } from "./dump-file.ts";
import { fetchLine } from "./fetch.ts";
import { type Copying, copyInto, ENCRYPTED_NAME } from "./home.ts";
import { type Manifest, readManifest } from "./manifest.ts";
import type { BackupParts } from "./parts.ts";
import { endedBadly, refusalIn, withoutBackup } from "./refusals.ts";
import { inBytes } from "./words.ts";

const STATE = readFileSync(new URL("../host/state.sh", import.meta.url), "utf8");
const GATE = readFileSync(new URL("./gate.sh", import.meta.url), "utf8");
const DUMP = readFileSync(new URL("./dump.sh", import.meta.url), "utf8");
const STREAM = readFileSync(new URL("./stream.sh", import.meta.url), "utf8");
const SETTLE = readFileSync(new URL("./settle.sh", import.meta.url), "utf8");
const ABANDON = readFileSync(new URL("./abandon.sh", import.meta.url), "utf8");
const SNAPSHOT = readFileSync(new URL("./snapshot.py", import.meta.url), "utf8");

/** Beyond its own deadline, for the program to say so and to tidy up; in seconds. */
const SECONDS_TO_END = 90;
/** How long the tidying may take, in milliseconds: after a refusal, and after a cancel, when the runner waits for us. */
const TIDYING = 30_000;
const TIDYING_CANCELLED = 5_000;

export interface BackupSubject {
  readonly target: Target;
  readonly database: string;
  /** Where the running Odoo keeps its files; needed for a snapshot of them. */
  readonly setup: Setup | undefined;
}

export interface BackupOptions {
  readonly to: BackupPlace;
  /** For the dump and its reading back. */
  readonly timeoutMs: number;
  /** Whether what comes after it can remove attachments: then the filestore is kept as well. */
  readonly filestore: boolean;
  /** By which the droplet is reached: a person who fetches the dump goes the same way. */
  readonly connection: Connection;
}

/** The program of a backup as a plan shows it: the same for the same situation. */
export function backupProgram(
  { target, setup }: Pick<Diagnosis, "target" | "setup">,
  place: StatePlace,
  options: Pick<BackupOptions, "to" | "filestore">,
): string {
  const database = target && ifSeen(target.database);
  if (target === undefined || database === undefined)
    throw new RefusedError("Which database to back up is not known", { advice: "Name it with `database`." });
  return stepPrograms(place, programFor({ target, database, setup }, place, options)).program;
}

/**
 * Takes a backup under the lease, and tells the journal of it.
 *
 * @param owner of the lease
 * @param step its name, never used before
 * @throws RefusedError when there is none that was read back whole; nothing was destroyed, and nothing half is left
 * @throws the signal's reason when it fires
 */
export async function takeBackup(
  host: Host,
  place: StatePlace,
  owner: string,
  step: string,
  subject: BackupSubject,
  options: BackupOptions,
  parts: BackupParts,
  signal: AbortSignal,
): Promise<BackupMade> {
  const { journal } = parts;
  journal.append({ kind: "backup-started", step, key: place.key });
  const ended = (outcome: string, backup?: BackupMade): void =>
    journal.append({ kind: "backup-ended", step, outcome, backup });
  const run = new BackupRun(host, place, owner, step, subject, options, parts, signal);
  try {
    const backup = await run.take();
    ended(`good: ${inBytes(backup.bytes)} in ${backup.seconds} s`, backup);
    return backup;
  } catch (error) {
    await abandonBackup(
      host,
      place,
      step,
      AbortSignal.timeout(signal.aborted ? TIDYING_CANCELLED : TIDYING),
    ).catch(() => {});
    if (signal.aborted) {
      ended("cancelled");
      throw error;
    }
    const refusal = withoutBackup(error);
    ended(`refused: ${refusal.message}`);
    throw refusal;
  }
}

/**
 * Ends a backup wherever it stands, and removes what is half on the host. Safe where there is none.
 *
 * @returns why its gate was not passed, where it said so
 */
export async function abandonBackup(
  host: Host,
  place: StatePlace,
  step: string,
  signal?: AbortSignal,
): Promise<RefusedError | undefined> {
  const { sections } = await host.run(
    stateProgram(place, "end the backup", ABANDON, { STEP: step }, 60),
    signal,
  );
  return refusalIn(sections.find(({ name }) => name === "refusal")?.text ?? "");
}

/** Removes what of a dump came home half, in the report directory of a run that was killed. */
export async function discardHalves(reportDirectory: string): Promise<void> {
  const folder = join(reportDirectory, "backups");
  const names = await readdir(folder).catch(() => []);
  for (const name of names) if (name.endsWith(".partial")) await rm(join(folder, name), { force: true });
  await rm(join(reportDirectory, `${ENCRYPTED_NAME}.partial`), { force: true });
}

// ---- How ----------------------------------------------------------------------------------------------------------

/** What is run, and its values but for those that a single run has. */
function programFor(
  { target, database, setup }: BackupSubject,
  place: StatePlace,
  { to, filestore }: Pick<BackupOptions, "to" | "filestore">,
): { readonly text: string; readonly values: Readonly<Record<string, string>> } {
  return {
    text: `${STATE}\n${GATE}\n${to === "runner" ? STREAM : DUMP}`,
    values: {
      STATE_ROOT: place.root,
      AUDIT_ROOT: place.auditRoot,
      STATE_KEY: place.key,
      DB_CONTAINER: target.db?.id ?? "",
      DB_USER: target.dbUser ?? "",
      DATABASE: database,
      DATABASE_JSON: JSON.stringify(database),
      FILE_NAME: fileName(database),
      ODOO_CONTAINER: target.odoo?.id ?? "",
      DATA_DIRECTORY: setup?.dataDirectory ?? "",
      FILESTORE: filestore ? (setup?.filestore ?? "") : "",
      SNAPSHOT_PY: SNAPSHOT,
    },
  };
}

/** A database may be called nearly anything; two that differ get names that differ. */
function fileName(database: string): string {
  const plain = database.replaceAll(/[^A-Za-z0-9_-]/g, "_").slice(0, 60);
  if (plain === database) return plain;
  return `${plain}-${createHash("sha256").update(database).digest("hex").slice(0, 8)}`;
}

class BackupRun {
  readonly #host: Host;
  readonly #place: StatePlace;
  readonly #owner: string;
  readonly #step: string;
  readonly #subject: BackupSubject;
  readonly #options: BackupOptions;
  readonly #parts: BackupParts;
  readonly #signal: AbortSignal;
  readonly #seconds: number;

  constructor(
    host: Host,
    place: StatePlace,
    owner: string,
    step: string,
    subject: BackupSubject,
    options: BackupOptions,
    parts: BackupParts,
    signal: AbortSignal,
  ) {
    this.#host = host;
    this.#place = place;
    this.#owner = owner;
    this.#step = step;
    this.#subject = subject;
    this.#options = options;
    this.#parts = parts;
    this.#signal = signal;
    this.#seconds = Math.ceil(options.timeoutMs / 1000);
  }

  async take(): Promise<BackupMade> {
    const { target, setup } = this.#subject;
    const { to, filestore } = this.#options;
    if (target.db === undefined)
      throw new RefusedError("PostgreSQL is in no container of this project, so its dump cannot be taken", {
        advice: "Take a backup where the database is managed, and do this step by hand.",
      });
    if (filestore && (target.odoo === undefined || setup === undefined || setup.filestore === ""))
      throw new RefusedError("Where Odoo keeps its files is not known, so they cannot be kept", {
        detail: "What comes next can remove attachments, and a dump alone does not bring them back.",
        advice: "Bring Odoo's container up, so that it can be asked.",
      });
    if (to === "runner") return await this.#toRunner();
    const manifest = await this.#ontoDroplet();
    const { file } = manifest;
    return this.#made(
      manifest,
      to === "both" && file !== undefined ? await this.#bringHome(file, manifest) : undefined,
    );
  }

  #made(manifest: Manifest, onRunner: string | undefined): BackupMade {
    const { file, bytes, sha256, seconds, tables, snapshot } = manifest;
    const onDroplet = file === undefined ? undefined : `${backupsOf(this.#place)}/${file}`;
    return {
      database: this.#subject.database,
      onDroplet,
      onRunner,
      fetch:
        onDroplet === undefined
          ? ""
          : fetchLine(onDroplet, this.#nameAtHome, this.#options.connection, this.#host.privilege),
      bytes,
      sha256,
      seconds,
      tables,
      filestore: snapshot,
    };
  }

  /** As a detached step: a lost connection is made again, and the dump goes on meanwhile. */
  async #ontoDroplet(): Promise<Manifest> {
    const { text, values } = programFor(this.#subject, this.#place, this.#options);
    const step = {
      name: this.#step,
      text,
      values: {
        ...values,
        SECONDS_FOR_BACKUP: String(this.#seconds),
        RUNNER_ROOM: this.#options.to === "both" ? await this.#roomOnRunner() : "",
      },
      seconds: this.#seconds + SECONDS_TO_END,
    };
    let output = "";
    const end = await runStep(
      this.#host,
      this.#place,
      this.#owner,
      step,
      (chunk) => {
        output += chunk;
        this.#tell(chunk);
      },
      this.#signal,
    );
    if (end.outcome !== "ended" || end.status !== 0)
      throw refusalIn(output) ?? endedBadly(end, output, this.#seconds);
    return await this.#settle();
  }

  /** The dump as it is made, over the connection: it never lies on the droplet. */
  async #toRunner(): Promise<BackupMade> {
    const { text, values } = programFor(this.#subject, this.#place, this.#options);
    const arrival = new Arrival(this.#pathOnRunner(), this.#parts.room, this.#parts.clock, (said) =>
      this.#tell(said),
    );
    try {
      const { status } = await this.#host.stream(
        {
          ...this.#program("back up to the runner", text, { ...values, OWNER: this.#owner }),
          seconds: this.#seconds + SECONDS_TO_END,
        },
        (bytes) => arrival.take(bytes),
        this.#signal,
      );
      if (status === 9) throw new RefusedError("Somebody else took the lease over, so no backup was taken");
      if (status !== 0 || arrival.file === undefined)
        throw (
          (await abandonBackup(this.#host, this.#place, this.#step, this.#signal)) ??
          new RefusedError("The dump did not end well on the droplet")
        );
      this.#tell(`reading ${inBytes(arrival.file.bytes)} back from the runner's disk`);
      const sha256 = await arrival.file.readBack();
      const manifest = await this.#settle(arrival.file.bytes, sha256);
      const path = await arrival.file.keep();
      const { bytes, tables, seconds } = manifest;
      this.#tell(
        `did: backed up the database ${this.#subject.database} to the runner and read it back: ${inBytes(bytes)}, the rows of ${tables} tables, in ${seconds} s (${inBytes(bytes / Math.max(seconds, 1))}/s), SHA-256 ${sha256}, in ${path}`,
      );
      return this.#made(manifest, path);
    } catch (error) {
      await arrival.file?.discard();
      throw error;
    }
  }

  /** A file that was found good is copied; a lost connection takes the copy up where it stood. */
  async #bringHome(name: string, { bytes, sha256 }: Manifest): Promise<string> {
    const file = await DumpFile.create(this.#pathOnRunner(), bytes, this.#parts.room);
    try {
      await copyInto(file, name, bytes, this.#copying());
      const read = await file.readBack();
      if (read !== sha256)
        throw new RefusedError("What is read back from the runner's disk is not what lies on the droplet", {
          detail: `SHA-256 on the droplet ${sha256}, read ${read}, ${file.bytes} of ${bytes} bytes`,
          advice: `The backup on the droplet is good: \`${backupsOf(this.#place)}/${name}\`.`,
        });
      const path = await file.keep();
      this.#tell(`did: copied the backup to the runner and read it back there: ${path}`);
      return path;
    } catch (error) {
      await file.discard();
      throw error;
    }
  }

  #copying(): Copying {
    return {
      host: this.#host,
      place: this.#place,
      clock: this.#parts.clock,
      seconds: this.#seconds + SECONDS_TO_END,
      tell: (text) => this.#tell(text),
      signal: this.#signal,
    };
  }

  /** The manifest on the droplet. A dump that went home gets its own when what was read back there is what was sent. */
  async #settle(bytes = 0, sha256 = ""): Promise<Manifest> {
    const { values } = programFor(this.#subject, this.#place, this.#options);
    const { sections, status } = await this.#host.run(
      this.#program("settle the backup", `${STATE}\n${GATE}\n${SETTLE}`, {
        ...values,
        SENT_BYTES: String(bytes),
        SENT_SHA256: sha256,
      }),
      this.#signal,
    );
    const said = sections.find(({ name }) => name === "said")?.text ?? "";
    const manifest = sections.find(({ name }) => name === "manifest")?.uncut;
    if (said.trim() !== "") this.#tell(said);
    if (status !== 0 || manifest === undefined)
      throw (
        refusalIn(said) ?? new RefusedError("What was backed up could not be told", { detail: said.trim() })
      );
    return readManifest(manifest, {
      step: this.#step,
      fileName: fileName(this.#subject.database),
      snapshot: this.#snapshot(),
    });
  }

  #program(name: string, text: string, values: Readonly<Record<string, string>>): Program {
    return {
      name,
      text,
      values: { ...values, STEP_NAME: this.#step, SECONDS_FOR_BACKUP: String(this.#seconds) },
      seconds: 120,
      repeatable: true,
      privileged: true,
      maxOutputBytes: 262_144,
    };
  }

  async #roomOnRunner(): Promise<string> {
    const { reportDirectory, room = roomIn } = this.#parts;
    return String(Math.max(0, Math.floor(await room(reportDirectory))));
  }

  /** As gate.sh and snapshot.py make it. */
  #snapshot(): string | undefined {
    const { dataDirectory = "", filestore = "" } = this.#subject.setup ?? {};
    if (!this.#options.filestore || filestore === "") return undefined;
    return `${dataDirectory}/odoo-recover/${this.#step}/filestore/${posix.basename(filestore)}`;
  }

  /** What the dump is called where it is brought to: by our own step id, and by nothing that the droplet says. */
  get #nameAtHome(): string {
    return `${fileName(this.#subject.database)}-${this.#step}.dump`;
  }

  #pathOnRunner(): string {
    return join(this.#parts.reportDirectory, "backups", this.#nameAtHome);
  }

  #tell(text: string): void {
    this.#parts.journal.append({ kind: "backup-output", text: `${text.trimEnd()}\n` });
  }
}

function backupsOf({ auditRoot, key }: StatePlace): string {
  return `${auditRoot}/${key}/backups`;
}
