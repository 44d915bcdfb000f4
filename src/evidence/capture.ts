/** Brings the evidence off the host, through the redactor, into files on the runner. */

import { readFileSync } from "node:fs";
import { withoutLiterals } from "../customer-data/sql.ts";
import type { Target } from "../diagnosis/target.ts";
import type { Section } from "../host/frame.ts";
import type { Host } from "../host/host.ts";
import type { EvidenceFile } from "../journal.ts";
import type { Redactor } from "../redaction/redactor.ts";
import { plainText } from "../survey/raw.ts";
import type { Project } from "../survey/survey.ts";

const TOOLS = readFileSync(new URL("../host/tools.sh", import.meta.url), "utf8");
const EVIDENCE = readFileSync(new URL("./evidence.sh", import.meta.url), "utf8");
const FREEZE = readFileSync(new URL("./freeze.sh", import.meta.url), "utf8");

/** Bytes of each container's log that are kept: its end, where the failure is. */
const LOG_MOST = 4_000_000;

/** Of the whole capture, in memory for a moment: eight such logs. */
const MOST_BYTES = 8 * LOG_MOST;

/** Where evidence goes: a directory on the runner. */
export interface EvidenceStore {
  /** Writes one file, readable by this user only. */
  write(name: string, text: string): void;
}

/** The compose project whose configuration, containers and logs are captured, as they are now; undefined: not known. */
export type EvidenceSubject = Pick<Project, "name" | "directory" | "files" | "environmentFiles"> | undefined;

/** Said in the place of what did not fit. */
const INCOMPLETE = "INCOMPLETE.txt";

/**
 * @param folder `before` or `after`
 * @returns the files written, with their sizes
 * @throws HostError when the host cannot be asked: then nothing may be changed
 */
export async function captureEvidence(
  host: Host,
  project: EvidenceSubject,
  folder: "before" | "after",
  redactor: Redactor,
  store: EvidenceStore,
  signal?: AbortSignal,
): Promise<EvidenceFile[]> {
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
  const files = filesFrom(result.sections, folder, redactor, store);
  if (!result.truncated) return files;
  const text = `The host printed more than ${MOST_BYTES} bytes; what came after them is not here.\n`;
  store.write(`${folder}/${INCOMPLETE}`, text);
  return [...files, { name: `${folder}/${INCOMPLETE}`, bytes: Buffer.byteLength(text) }];
}

/**
 * What a restart of an Odoo that hangs would destroy: the stacks of its threads, and what its sessions wait for.
 *
 * @returns the files written, and the stacks as Odoo printed them
 * @throws HostError when the host cannot be asked
 */
export async function captureFreeze(
  host: Host,
  target: Target,
  redactor: Redactor,
  store: EvidenceStore,
  signal?: AbortSignal,
): Promise<{ readonly files: EvidenceFile[]; readonly stacks: string }> {
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
  const stacks = result.sections.find(({ name }) => name === "stacks")?.body ?? Buffer.alloc(0);
  return {
    files: filesFrom(result.sections, "freeze", redactor, store),
    stacks: plainText(new TextDecoder().decode(stacks)),
  };
}

function filesFrom(
  parts: readonly Section[],
  folder: string,
  redactor: Redactor,
  store: EvidenceStore,
): EvidenceFile[] {
  return parts.map(({ name: section, body }) => {
    const [kind = "", subject] = section.split(" ");
    const name = `${folder}/${fileName(kind, subject)}`;
    const whole = plainText(new TextDecoder().decode(body));
    const text =
      kind === "log"
        ? redactor.log(whole)
        : redactor.text(kind === "activity" ? withoutLiteralsInQueries(whole) : whole);
    store.write(name, text);
    return { name, bytes: Buffer.byteLength(text) };
  });
}

/** In what `psql -x` prints of pg_stat_activity. */
function withoutLiteralsInQueries(text: string): string {
  return text.replaceAll(
    /^(query +\| )(.*)$/gm,
    (_, head: string, sql: string) => head + withoutLiterals(sql).sql,
  );
}

/** `odoo-ce-odoo-1.log`, `odoo-ce-odoo-1.inspect.json`, `compose.json`, `ps.txt` */
function fileName(kind: string, subject: string | undefined): string {
  if (kind === "log") return `${subject}.log`;
  const extension = kind === "inspect" || kind === "compose" ? "json" : "txt";
  return `${subject === undefined ? kind : `${subject}.${kind}`}.${extension}`;
}
