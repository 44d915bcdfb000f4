/** Brings the evidence off the host, through the redactor, into files on the runner. */

import { readFileSync } from "node:fs";
import { withoutLiterals } from "../customer-data/sql.ts";
import type { Target } from "../diagnosis/target.ts";
import type { Section } from "../host/frame.ts";
import type { Host } from "../host/host.ts";
import type { EvidenceFile } from "../journal.ts";
import type { Redactor } from "../redaction/redactor.ts";
import type { Project } from "../survey/survey.ts";
import { evidenceName } from "./file-name.ts";
import type { EvidenceStore } from "./store.ts";

const TOOLS = readFileSync(new URL("../host/tools.sh", import.meta.url), "utf8");
const EVIDENCE = readFileSync(new URL("./evidence.sh", import.meta.url), "utf8");
const FREEZE = readFileSync(new URL("./freeze.sh", import.meta.url), "utf8");

/** Bytes of each container's log that are kept: its end, where the failure is. */
const LOG_MOST = 4_000_000;

/** Of the whole capture, in memory for a moment: eight such logs. */
const MOST_BYTES = 8 * LOG_MOST;

/** A project has a few containers, with two or three files each. */
const MOST_FILES = 500;

/** What was written, and what was not. */
export interface Captured {
  readonly files: readonly EvidenceFile[];
  /** The names of sections that none of our programs prints, or that came twice: nothing of them was kept. */
  readonly leftOut: readonly string[];
}

/** The compose project whose configuration, containers and logs are captured, as they are now; undefined: not known. */
export type EvidenceSubject = Pick<Project, "name" | "directory" | "files" | "environmentFiles"> | undefined;

/** Said in the place of what did not fit. */
const INCOMPLETE = "INCOMPLETE.txt";

/**
 * @param folder `before` or `after`
 * @throws HostError when the host cannot be asked: then nothing may be changed
 */
export async function captureEvidence(
  host: Host,
  project: EvidenceSubject,
  folder: "before" | "after",
  redactor: Redactor,
  store: EvidenceStore,
  signal?: AbortSignal,
): Promise<Captured> {
  const result = await host.run(
    {
      name: `evidence ${folder}`,
      text: `${TOOLS}\n${EVIDENCE}`,
      values: {
        PROJECT: project?.name ?? "",
        DIRECTORY: project?.directory ?? "",
        FILES: [...(project?.files ?? [])].reverse().join("\n"),
        ENVIRONMENT_FILES: [...(project?.environmentFiles ?? [])].reverse().join("\n"),
        MOST: String(LOG_MOST),
      },
      seconds: 120,
      repeatable: true,
      privileged: false,
      maxOutputBytes: MOST_BYTES,
    },
    signal,
  );
  const captured = await keep(result.sections, folder, redactor, store);
  if (!result.truncated) return captured;
  const text = `The host printed more than ${MOST_BYTES} bytes; what came after them is not here.\n`;
  store.write(`${folder}/${INCOMPLETE}`, text);
  const incomplete = { name: `${folder}/${INCOMPLETE}`, bytes: Buffer.byteLength(text) };
  return { ...captured, files: [...captured.files, incomplete] };
}

/**
 * What a restart of an Odoo that hangs would destroy: the stacks of its threads, and what its sessions wait for.
 *
 * @returns what was kept, and the stacks as Odoo printed them
 * @throws HostError when the host cannot be asked
 */
export async function captureFreeze(
  host: Host,
  target: Target,
  redactor: Redactor,
  store: EvidenceStore,
  signal?: AbortSignal,
): Promise<Captured & { readonly stacks: string }> {
  const result = await host.run(
    {
      name: "evidence of the freeze",
      text: `${TOOLS}\n${FREEZE}`,
      values: { ODOO: target.odoo?.id ?? "", DB: target.db?.id ?? "", DB_USER: target.dbUser ?? "" },
      seconds: 90,
      // A second SIGQUIT would only print the stacks a second time.
      repeatable: true,
      privileged: false,
      maxOutputBytes: LOG_MOST,
    },
    signal,
  );
  const stacks = result.sections.find(({ name }) => name === "stacks")?.text ?? "";
  return {
    ...(await keep(result.sections, "freeze", redactor, store)),
    stacks,
  };
}

async function keep(
  parts: readonly Section[],
  folder: "before" | "after" | "freeze",
  redactor: Redactor,
  store: EvidenceStore,
): Promise<Captured> {
  const files: EvidenceFile[] = [];
  const leftOut: string[] = [];
  // Some file systems take `A.log` and `a.log` for one.
  const taken = new Set<string>();
  for (const { name: section, text: whole } of parts) {
    const named = evidenceName(section);
    const name = `${folder}/${named?.file}`;
    if (named === undefined || taken.has(name.toLowerCase()) || files.length === MOST_FILES) {
      leftOut.push(section);
      continue;
    }
    taken.add(name.toLowerCase());
    const text = await redactor.file(
      named.kind === "activity" ? withoutLiteralsInQueries(whole) : whole,
      named.kind === "log" ? "end" : "whole",
    );
    store.write(name, text);
    files.push({ name, bytes: Buffer.byteLength(text) });
  }
  return { files, leftOut };
}

/** Says in one line what was left out; undefined where nothing was. */
export function describeLeftOut({ leftOut }: Captured): string | undefined {
  if (leftOut.length === 0) return undefined;
  const examples = leftOut.slice(0, 3).map((name) => JSON.stringify(name.slice(0, 60)));
  return `Left out of the evidence: ${leftOut.length} parts of the host's answer with names that the action did not ask for (${examples.join(", ")}${leftOut.length > 3 ? ", …" : ""})`;
}

/** In what `psql -x` prints of pg_stat_activity. */
function withoutLiteralsInQueries(text: string): string {
  return text.replaceAll(
    /^(query +\| )(.*)$/gm,
    (_, head: string, sql: string) => head + withoutLiterals(sql).sql,
  );
}
