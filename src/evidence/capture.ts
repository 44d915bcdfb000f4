/** Brings the evidence off the host, through the redactor, into files on the runner. */

import { readFileSync } from "node:fs";
import type { Host } from "../host/host.ts";
import type { EvidenceFile } from "../journal.ts";
import type { Redactor } from "../redactor.ts";
import { plainText } from "../survey/parse.ts";

const TOOLS = readFileSync(new URL("../host/tools.sh", import.meta.url), "utf8");
const EVIDENCE = readFileSync(new URL("./evidence.sh", import.meta.url), "utf8");

/** Bytes of each container's log that are kept: its end, where the failure is. */
const LOG_MOST = 4_000_000;

/** Of the whole capture, in memory for a moment: eight such logs. */
const MOST_BYTES = 8 * LOG_MOST;

/** Where evidence goes: a directory on the runner. */
export interface EvidenceStore {
  /** Writes one file, readable by this user only. */
  write(name: string, text: string): void;
}

/**
 * @param project the compose project whose containers' state and logs are captured, as they are now
 * @param folder `before` or `after`
 * @returns the files written, with their sizes
 * @throws HostError when the host cannot be asked: then nothing may be changed
 */
export async function captureEvidence(
  host: Host,
  project: string,
  folder: "before" | "after",
  redactor: Redactor,
  store: EvidenceStore,
  signal?: AbortSignal,
): Promise<EvidenceFile[]> {
  const result = await host.run(
    {
      name: `evidence ${folder}`,
      text: `${TOOLS}\n${EVIDENCE}`,
      values: { PROJECT: project, MOST: String(LOG_MOST) },
      seconds: 120,
      repeatable: true,
      privileged: false,
      maxOutputBytes: MOST_BYTES,
    },
    signal,
  );
  return result.sections.map((section) => {
    const [kind = "", subject] = section.name.split(" ");
    const extension = kind === "inspect" ? "json" : kind === "log" ? "log" : "txt";
    const name = `${folder}/${subject === undefined ? kind : `${subject}.${kind}`}.${extension}`.replace(
      ".log.log",
      ".log",
    );
    const text = redactor.text(plainText(new TextDecoder().decode(section.body)));
    store.write(name, text);
    return { name, bytes: Buffer.byteLength(text) };
  });
}
