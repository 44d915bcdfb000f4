/**
 * What of a run is uploaded, and how: the evidence, and the backup. In a repository that everybody can read only what is
 * encrypted leaves the runner; a backup never leaves it otherwise. An upload that fails changes no verdict and no file.
 */

import { createReadStream, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { createGzip } from "node:zlib";
import { type RoomIn, requireRoom } from "../backup/dump-file.ts";
import { ENCRYPTED_NAME, overLimit } from "../backup/home.ts";
import { messageOf } from "../errors.ts";
import { type ArtifactContent, type ArtifactMade, backupOf, type Entry, type Journal } from "../journal.ts";
import { oneLine } from "../lib/line.ts";
import { filesBelow } from "./files.ts";
import type { Visibility } from "./visibility.ts";

/** GitHub's client and the cipher; each is loaded only when it is asked for. */
export interface Means {
  readonly uploader: () => Promise<Pick<typeof import("./artifact.ts"), "uploadArtifact">>;
  readonly cipher: () => Promise<Pick<typeof import("../backup/encrypt.ts"), "encryptTo">>;
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
  /** How much of the runner's disk may be used; of the real one unless told otherwise. */
  readonly room?: RoomIn;
  /** The page of the workflow's run; empty where it is not known. */
  readonly page: string;
  readonly means: Means;
  readonly signal: AbortSignal;
}

/** Days; the droplet keeps its own as long. */
const BACKUP_RETENTION = 7;
/** GitHub's client fails with an empty message where the answer had no words. */
const NO_REASON = "the service gave no reason";
const OPEN_WITHOUT_RECIPIENTS =
  "the repository is public, or may be, and there are no `backup_recipients` to encrypt it to";

/** How the results service says that a name was used before. */
const NAME_TAKEN = /\b409\b|\balready exists\b/i;
const MOST_NAMES = 2;

/** Whether there is anything that a person may want to look at later. */
export function worthKeeping(entries: readonly Entry[]): boolean {
  const status = entries.findLast((entry) => entry.kind === "concluded")?.status;
  return status !== "healthy" || entries.some(({ kind }) => kind === "evidence" || kind === "backup-started");
}

/** Uploads report, journal, summary and evidence, as they are on disk. Never throws. */
export async function shipEvidence(shipment: Shipment): Promise<void> {
  const { directory, journal, visibility, recipients, means, signal } = shipment;
  const names = ["report.json", "journal.jsonl", "summary.md", "evidence"];
  const { files, leftOut } = filesBelow(directory, names);
  if (leftOut.length > 0) journal.append({ kind: "note", text: leftOutWords(leftOut) });
  if (visibility === "hidden") {
    const bytes = files.reduce((sum, file) => sum + statSync(join(directory, file)).size, 0);
    const paths = files.map((file) => join(directory, file));
    await upload("evidence", false, shipment, async ({ uploadArtifact }, name) =>
      uploadArtifact(name, paths, directory, bytes, { signal }),
    );
    return;
  }
  if (recipients.length === 0) return notUploaded("evidence", OPEN_WITHOUT_RECIPIENTS, shipment);
  const path = join(directory, "evidence.tar.gz.age");
  await upload("evidence", true, shipment, async ({ uploadArtifact }, name) => {
    const [{ encryptTo }, { tarOf }] = await Promise.all([means.cipher(), import("./tar.ts")]);
    rmSync(path, { force: true });
    const archive = Readable.from(tarOf(directory, files)).pipe(createGzip());
    await encryptTo(recipients, archive, path, signal);
    return await uploadArtifact(name, [path], directory, statSync(path).size, { packed: true, signal });
  });
  rmSync(path, { force: true });
}

/** It may be a thousand, of any name. */
function leftOutWords(names: readonly string[]): string {
  const some = names.slice(0, 3).map((name) => oneLine(name, 100));
  const more = names.length - some.length;
  return `Left out of the artifact, for it is no regular file below the report directory, or has no safe name: ${some.join(", ")}${more === 0 ? "" : ` and ${more} more`}`;
}

/**
 * Uploads the backup, encrypted: the copy that came home so, or what the user wanted on the runner, encrypted here. Only
 * what was made for this is taken away again. Never throws.
 */
export async function shipBackup(shipment: Shipment): Promise<void> {
  const { recipients, uploadLimit, directory, means, room, signal } = shipment;
  const backup = backupOf(shipment.entries());
  if (backup === undefined || recipients.length === 0 || isSettled("backup", shipment.entries())) return;
  const path = join(directory, ENCRYPTED_NAME);
  const sealed = { packed: true, retentionDays: BACKUP_RETENTION, signal };
  const { onRunner } = backup;
  if (onRunner === undefined) {
    const why = whyNotHere(shipment);
    if (why !== undefined) return notUploaded("backup", why, shipment);
    const uploaded = await upload("backup", true, shipment, async ({ uploadArtifact }, name) =>
      uploadArtifact(name, [path], directory, statSync(path).size, sealed),
    );
    if (uploaded) rmSync(path, { force: true });
    return;
  }
  const tooLarge = overLimit(backup.bytes, uploadLimit);
  if (tooLarge !== undefined) return notUploaded("backup", tooLarge, shipment);
  await upload("backup", true, shipment, async ({ uploadArtifact }, name) => {
    const { encryptTo } = await means.cipher();
    rmSync(path, { force: true });
    await requireRoom(directory, backup.bytes, room);
    await encryptTo(recipients, createReadStream(onRunner), path, signal);
    return await uploadArtifact(name, [path], directory, statSync(path).size, sealed);
  });
  rmSync(path, { force: true });
}

/** Whether it is known what came of its upload. */
function isSettled(content: ArtifactContent, entries: readonly Entry[]): boolean {
  return entries.some((entry) => entry.kind === "artifact-ended" && entry.holds === content);
}

/** Why no copy of the droplet's dump is here; undefined when there is one. */
function whyNotHere({ entries, visibility }: Shipment): string | undefined {
  const copy = entries().findLast((entry) => entry.kind === "backup-encrypted");
  if (copy === undefined) return "the run was stopped before a copy came to the runner";
  if (copy.path !== undefined) return undefined;
  // It may name the host, or what was seen there.
  return visibility === "open" ? "no copy of it came to the runner" : copy.why;
}

/** @returns whether it is there */
async function upload(
  holds: ArtifactContent,
  encrypted: boolean,
  shipment: Shipment,
  send: (
    uploader: Awaited<ReturnType<Means["uploader"]>>,
    name: string,
  ) => Promise<{
    readonly id: number | undefined;
    readonly bytes: number | undefined;
    readonly digest: string | undefined;
  }>,
  attempt = 1,
): Promise<boolean> {
  const { journal, means, page, signal } = shipment;
  const name = nameFor(holds, shipment);
  journal.append({ kind: "artifact-begun", holds, name, encrypted });
  try {
    const { id, bytes = 0, digest } = await send(await means.uploader(), name);
    const url = page === "" || id === undefined ? "" : `${page}/artifacts/${id}`;
    const uploaded: ArtifactMade = { url, bytes, digest };
    journal.append({ kind: "artifact-ended", holds, name, uploaded, why: "" });
    return true;
  } catch (error) {
    // The post step does it then.
    if (signal.aborted) return false;
    // An address that was signed lets whoever has it write there.
    const why = messageOf(error).replaceAll(/\bhttps?:\/\/\S+/g, "(an address)") || NO_REASON;
    // Taken by our own first try, where its answer was lost and the client asked again.
    if (NAME_TAKEN.test(why) && attempt < MOST_NAMES)
      return await upload(holds, encrypted, shipment, send, attempt + 1);
    journal.append({ kind: "artifact-ended", holds, name, uploaded: undefined, why });
    return false;
  }
}

function notUploaded(holds: ArtifactContent, why: string, shipment: Shipment): void {
  const name = nameFor(holds, shipment);
  shipment.journal.append({ kind: "artifact-ended", holds, name, uploaded: undefined, why });
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
