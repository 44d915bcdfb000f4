/** The survey as it came over the wire: probes with their sections, and how text is read. */

import { stripVTControlCharacters } from "node:util";
import type { ProgramResult } from "../host/host.ts";
import { type Observation, unseen } from "./survey.ts";

/** A probe's raw answer: its stdout, the sections inside it, its exit status, and what it printed on stderr. */
export interface RawProbe {
  readonly status: number;
  readonly output: string;
  readonly parts: readonly Part[];
  readonly why: string;
}

export interface Part {
  /** `config 1` is kind `config` of subject `1`. */
  readonly kind: string;
  readonly subject: string;
  readonly body: string;
}

export const decode = (bytes: Buffer): string => new TextDecoder().decode(bytes);

export function rawProbes(result: ProgramResult): Map<string, RawProbe> {
  const probes = new Map<string, { status: number; output: string; parts: Part[]; why: string }>();
  let current: { status: number; output: string; parts: Part[]; why: string } | undefined;
  for (const section of result.sections) {
    const [kind = "", subject = ""] = section.name.split(" ");
    const body = decode(section.body);
    if (kind === "probe") {
      current = { status: Number(section.name.split(" ")[2]), output: body, parts: [], why: "" };
      probes.set(subject, current);
    } else if (kind === "why") {
      if (current) current.why = plainText(body).trim();
    } else {
      current?.parts.push({ kind, subject: section.name.slice(kind.length + 1), body });
    }
  }
  return probes;
}

/**
 * Reads one probe's answer, or says why there is none to be read.
 *
 * @param truncated whether the host printed more than we take
 */
export function readProbe<T>(
  probe: RawProbe | undefined,
  truncated: boolean,
  parse: (probe: RawProbe) => Observation<T>,
): Observation<T> {
  if (probe === undefined) return unseen(truncated ? "the host printed too much" : "the probe did not run");
  if (probe.status === 124 || probe.status === 137) return unseen("no answer in time");
  if (probe.status === 127) return unseen(probe.why || "a program is not installed");
  if (probe.status !== 0) return unseen(probe.why || `the probe failed with status ${probe.status}`);
  try {
    return parse(probe);
  } catch (error) {
    // A parser that meets what nobody thought of takes its own probe away, and no other.
    return unseen(`the answer could not be read: ${error instanceof Error ? error.message : error}`);
  }
}

/** The bodies of the sections of one kind, by subject. */
export function bodiesOf(parts: readonly Part[], kind: string): Map<string, string> {
  return new Map(parts.filter((part) => part.kind === kind).map(({ subject, body }) => [subject, body]));
}

/** Lines NAME=VALUE; other lines are passed over. */
export function keyValues(text: string): Map<string, string> {
  const fields = new Map<string, string>();
  for (const line of text.split("\n")) {
    const at = line.indexOf("=");
    if (at > 0) fields.set(line.slice(0, at), line.slice(at + 1));
  }
  return fields;
}

/** The lines that hold anything. */
export function linesOf(text: string): string[] {
  return text.split("\n").filter((line) => line.trim() !== "");
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Without what terminals obey: `docker compose logs` puts `ESC[2K` before each line, even into a pipe. */
export function plainText(text: string): string {
  return stripVTControlCharacters(text).replaceAll(/[^\P{Cc}\t\n]/gu, "");
}
