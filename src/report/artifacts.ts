/**
 * What of a run is uploaded, and how: the evidence, and the backup. In a repository that everybody can read only what is
 * encrypted leaves the runner; a backup never leaves it otherwise. An upload that fails changes no verdict and no file.
 */

import { createReadStream, existsSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { createGzip } from "node:zlib";
import type { ArtifactContent, ArtifactMade, BackupMade, Entry, Journal } from "../journal.ts";
import { messageOf } from "../parts.ts";
import type { Visibility } from "./visibility.ts";

/** GitHub's client and the cipher; each is loaded only when it is asked for. */
export interface Means {
  readonly uploader: () => Promise<Pick<typeof import("./artifact.ts"), "uploadArtifact">>;
  readonly cipher: () => Promise<Pick<typeof import("./encrypt.ts"), "encryptTo">>;
}

export interface Shipment {
  /** The report directory. */
  readonly directory: string;
  /** The run's journal so far, what an earlier step wrote included. */
  readonly entries: () => readonly Entry[];
  readonly journal: Pick<Journal, "append">;
  readonly visibility: Visibility;
  readonly recipients: readonly string[];
  /** A larger backup is not uploaded; in bytes. */
  readonly uploadLimit: number;
  readonly backupStaysOnRunner: boolean;
  /** The page of the workflow's run; empty where it is not known. */
  readonly page: string;
  readonly means: Means;
  readonly signal: AbortSignal;
}

/** Days; the droplet keeps its own as long. */
const BACKUP_RETENTION = 7;
const OPEN_WITHOUT_RECIPIENTS =
  "the repository is public, or may be, and there are no `backup_recipients` to encrypt it to";

/** Whether there is anything that a person may want to look at later. */
export function worthKeeping(entries: readonly Entry[]): boolean {
  const status = entries.findLast((entry) => entry.kind === "concluded")?.status;
  return status !== "healthy" || entries.some(({ kind }) => kind === "evidence" || kind === "backup-started");
}

/** Uploads report, journal, summary and evidence, as they are on disk. Never throws. */
export async function shipEvidence(shipment: Shipment): Promise<void> {
  const { directory, visibility, recipients, means, signal } = shipment;
  const name = nameFor("evidence", shipment);
  const files = ["report.json", "journal.jsonl", "summary.md", ...filesBelow(directory, "evidence")].filter(
    (file) => existsSync(join(directory, file)),
  );
  if (visibility === "hidden") {
    const bytes = files.reduce((sum, file) => sum + statSync(join(directory, file)).size, 0);
    const paths = files.map((file) => join(directory, file));
    return await upload("evidence", name, false, shipment, async ({ uploadArtifact }) =>
      uploadArtifact(name, paths, directory, bytes, { signal }),
    );
  }
  if (recipients.length === 0) return notUploaded("evidence", name, OPEN_WITHOUT_RECIPIENTS, shipment);
  const path = join(directory, "evidence.tar.gz.age");
  await upload("evidence", name, true, shipment, async ({ uploadArtifact }) => {
    const [{ encryptTo }, { tarOf }] = await Promise.all([means.cipher(), import("./tar.ts")]);
    rmSync(path, { force: true });
    const archive = Readable.from(tarOf(directory, files)).pipe(createGzip());
    await encryptTo(recipients, archive, path, signal);
    return await uploadArtifact(name, [path], directory, statSync(path).size, { packed: true, signal });
  });
  rmSync(path, { force: true });
}

/** Uploads the backup that came to the runner, encrypted; takes away what was only for that. Never throws. */
export async function shipBackup(shipment: Shipment): Promise<void> {
  const { recipients, uploadLimit, directory, means, signal } = shipment;
  const backup = backupOn(shipment);
  if (backup?.onRunner === undefined || recipients.length === 0) return;
  const dump = backup.onRunner;
  const name = nameFor("backup", shipment);
  if (backup.bytes > uploadLimit) {
    const limit = `${(backup.bytes / 1e6).toFixed(0)} MB are more than \`backup_upload_limit\`, ${(uploadLimit / 1e6).toFixed(0)} MB`;
    notUploaded("backup", name, limit, shipment);
  } else {
    const path = join(directory, `${safe(backup.database)}.dump.age`);
    await upload("backup", name, true, shipment, async ({ uploadArtifact }) => {
      const { encryptTo } = await means.cipher();
      rmSync(path, { force: true });
      await encryptTo(recipients, createReadStream(dump), path, signal);
      return await uploadArtifact(name, [path], directory, statSync(path).size, {
        packed: true,
        retentionDays: BACKUP_RETENTION,
        signal,
      });
    });
    rmSync(path, { force: true });
  }
  if (!shipment.backupStaysOnRunner && backup.onDroplet !== undefined) {
    rmSync(dump, { force: true });
    shipment.journal.append({ kind: "backup-removed", path: dump });
  }
}

/** The backup of this run that was not looked after yet. */
function backupOn({ entries }: Shipment): BackupMade | undefined {
  const all = entries();
  const shipped = all.some(({ kind }) => kind === "backup-removed") || isUploaded("backup", all);
  return shipped ? undefined : all.findLast((entry) => entry.kind === "backup-ended")?.backup;
}

function isUploaded(content: ArtifactContent, entries: readonly Entry[]): boolean {
  return entries.some(
    (entry) => entry.kind === "artifact-ended" && entry.holds === content && entry.uploaded !== undefined,
  );
}

async function upload(
  holds: ArtifactContent,
  name: string,
  encrypted: boolean,
  { journal, means, page, signal }: Shipment,
  send: (uploader: Awaited<ReturnType<Means["uploader"]>>) => Promise<{
    readonly id: number | undefined;
    readonly bytes: number | undefined;
    readonly digest: string | undefined;
  }>,
): Promise<void> {
  journal.append({ kind: "artifact-begun", holds, name, encrypted });
  try {
    const { id, bytes = 0, digest } = await send(await means.uploader());
    const url = page === "" || id === undefined ? "" : `${page}/artifacts/${id}`;
    const uploaded: ArtifactMade = { url, bytes, digest };
    journal.append({ kind: "artifact-ended", holds, name, uploaded, why: "" });
  } catch (error) {
    // The post step does it then.
    if (signal.aborted) return;
    // An address that was signed lets whoever has it write there.
    const why = messageOf(error).replaceAll(/\bhttps?:\/\/\S+/g, "(an address)");
    journal.append({ kind: "artifact-ended", holds, name, uploaded: undefined, why });
  }
}

function notUploaded(holds: ArtifactContent, name: string, why: string, { journal }: Shipment): void {
  journal.append({ kind: "artifact-ended", holds, name, uploaded: undefined, why });
}

/** A name can be used once in a workflow's run; what a killed step began may have taken it. */
function nameFor(holds: ArtifactContent, { entries, visibility }: Shipment): string {
  const all = entries();
  const started = all.find((entry) => entry.kind === "started");
  // The list of artifacts is as public as the repository.
  const host = visibility === "open" ? "droplet" : (started?.host ?? "").replace(/:22$/, "");
  const before = all.filter((entry) => entry.kind === "artifact-begun" && entry.holds === holds).length;
  return artifactName(host, started?.run ?? "", holds, before + 1);
}

/** `odoo-recover-erp.example.com-3f9c2a71`, `…-backup`, `…-2` */
export function artifactName(host: string, run: string, holds: ArtifactContent, number: number): string {
  return [
    "odoo-recover",
    safe(host).slice(0, 100) || "host",
    safe(run).slice(0, 8) || "run",
    ...(holds === "evidence" ? [] : [holds]),
    ...(number === 1 ? [] : [number]),
  ].join("-");
}

/** Without what an artifact's name, or a file's, may not have; the letters that are left read the same everywhere. */
function safe(text: string): string {
  return text.replaceAll(/[^A-Za-z0-9._-]+/g, "-").replace(/^[._-]+/, "");
}

function filesBelow(root: string, folder: string): string[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .sort();
}
