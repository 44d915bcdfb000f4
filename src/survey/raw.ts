/** The survey as it came over the wire: probes with their sections, and how their rows and documents are read. */

import type { Section } from "../host/frame.ts";
import type { ProgramResult } from "../host/host.ts";
import { cleanText } from "../host/text.ts";
import { type Observation, unseen } from "./survey.ts";

/** A probe's raw answer: its stdout, the sections inside it, its exit status, and what it printed on stderr. */
export interface RawProbe {
  readonly status: number;
  readonly output: Pick<Section, "text" | "uncut">;
  readonly parts: readonly Part[];
  readonly why: string;
  /** Whether it printed more than `MOST_BYTES`. */
  readonly excessive: boolean;
}

export interface Part {
  /** `config 1` is kind `config` of subject `1`. */
  readonly kind: string;
  readonly subject: string;
  /** Cleaned at the edge (host/text.ts). */
  readonly body: string;
  /** Neither cut nor cleaned: for `parseJson`, which cleans what it reads. */
  readonly uncut: string;
}

/** Of one probe with its parts: what survey.sh lets through (`tell`), and room for its markers. */
const MOST_BYTES = 3_100_000;

/** Rows of one table; no host has so many processes, ports or file systems. */
const MOST_ROWS = 20_000;

/**
 * What a JSON document of ours may hold. Docker's description of a container has 300 elements, 6 levels deep; of so many
 * containers that this is too few, reading it would keep everything else waiting.
 */
const MOST_JSON = 4_000_000;
const MOST_ELEMENTS = 60_000;
const MOST_DEPTH = 32;
const MOST_STRING = 65_536;

/** What is added to a probe while its sections come. */
interface Collected {
  parts: Part[];
  why: string;
  excessive: boolean;
}

export function rawProbes(result: ProgramResult): Map<string, RawProbe> {
  const probes = new Map<string, RawProbe>();
  let current: (Omit<RawProbe, "parts" | "why" | "excessive"> & Collected) | undefined;
  let bytes = 0;
  for (const section of result.sections) {
    const [kind = "", subject = "", status] = section.name.split(" ");
    if (kind === "probe") {
      current = { status: Number(status), output: section, parts: [], why: "", excessive: false };
      bytes = 0;
      probes.set(subject, current);
    }
    if (current === undefined) continue;
    bytes += section.body.length;
    current.excessive ||= bytes > MOST_BYTES;
    if (kind === "why") current.why = section.text.trim();
    else if (kind !== "probe") current.parts.push(partOf(section));
  }
  return probes;
}

/** @param section `KIND`, or `KIND SUBJECT`; it becomes text only when somebody reads it */
export function partOf(section: Section): Part {
  const [kind = ""] = section.name.split(" ", 1);
  return {
    kind,
    subject: section.name.slice(kind.length + 1),
    get body() {
      return section.text;
    },
    get uncut() {
      return section.uncut;
    },
  };
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
  if (probe.excessive) return unseen("the probe printed too much");
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

/** The sections of one kind, by subject; of two with the same one, the last. */
export function partsOf(parts: readonly Part[], kind: string): Map<string, Part> {
  return new Map(parts.filter((part) => part.kind === kind).map((part) => [part.subject, part]));
}

/** Their text, by subject. */
export function bodiesOf(parts: readonly Part[], kind: string): Map<string, string> {
  return new Map([...partsOf(parts, kind)].map(([subject, { body }]) => [subject, body]));
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

/** The lines that hold anything, the first ones of very many. */
export function linesOf(text: string): string[] {
  return text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .slice(0, MOST_ROWS);
}

/** The first `count` words of a line, and behind them its rest, where there is one: `words("a  b c d", 2)` is a, b, `c d`. */
export function words(line: string, count: number): string[] {
  const found: string[] = [];
  let rest = line.trimStart();
  while (found.length < count) {
    const end = rest.search(/\s/);
    if (end < 0) return rest === "" ? found : [...found, rest];
    found.push(rest.slice(0, end));
    rest = rest.slice(end).trimStart();
  }
  return [...found, rest];
}

/**
 * Reads a JSON document of a host, and cleans every string and name in it: an escape like `\u2028` comes in that way.
 *
 * @param text uncut, since half a document says nothing
 * @returns data that a schema must still judge; undefined where it is no JSON, or larger or deeper than any of ours
 */
export function parseJson(text: string): unknown {
  if (text.length > MOST_JSON || hasMoreCommas(text, MOST_ELEMENTS)) return undefined;
  let elements = 0;
  const cleaned = (value: unknown, depth: number): unknown => {
    elements += 1;
    if (depth > MOST_DEPTH || elements > MOST_ELEMENTS)
      throw new RangeError("larger than any document of ours");
    if (typeof value === "string") return cleanText(value.slice(0, MOST_STRING));
    if (value === null || typeof value !== "object") return value;
    if (Array.isArray(value)) return value.map((each) => cleaned(each, depth + 1));
    const entries = Object.entries(value).map(
      ([name, each]) => [cleanText(name.slice(0, MOST_STRING)), cleaned(each, depth + 1)] as const,
    );
    // As a name of data `__proto__` has a meaning for JavaScript, and none for us.
    return Object.fromEntries(entries.filter(([name]) => name !== "__proto__"));
  };
  try {
    return cleaned(JSON.parse(text), 0);
  } catch {
    return undefined;
  }
}

/** Told before it is read, which takes a hundred times as long; commas in strings count as well. */
function hasMoreCommas(text: string, most: number): boolean {
  let count = 0;
  for (let at = text.indexOf(","); at >= 0 && count <= most; at = text.indexOf(",", at + 1)) count += 1;
  return count > most;
}
