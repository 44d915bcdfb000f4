/**
 * Signatures: words by which a known trouble is recognised in what the survey brings (catalogue.ts, texts.ts).
 *
 * Several can be found at once, for one trouble makes the next. Which one is the root:
 *
 * 1. A symptom is never the root where anything else is found: `connect() failed` and `Failed to load registry` tell that
 *    something suffers, and not why.
 * 2. The lowest layer: the host, Docker, PostgreSQL, what Odoo says of its database, Odoo's start, its modules, its limits,
 *    its files and bundles, the proxy. Nothing above can be good before what lies below it.
 * 3. Within a layer, what ended the process that says so, before what was only logged.
 * 4. Then what was said first.
 *
 * The others are told as its consequences. What no longer holds does not count:
 *
 * - what a container said before its last start (of one that Docker starts again and again: before its last tries);
 * - what PostgreSQL said before it was ready to accept connections, and nginx before it was started;
 * - what Odoo said before it handed out a page again, but for its limits and its files, which do not keep pages from being
 *   handed out; and what it said of a database that was started since;
 * - what was not said lately, but for words with which a process ended and for what is said only at a start.
 *
 * A signature never makes a site bad: it explains what the layers show (causes/), and where all of them are good the few
 * that are worth knowing are told beside the verdict.
 */

import { withoutEndings } from "../../strings.ts";
import type { Survey } from "../../survey/survey.ts";
import type { Cause } from "../cause.ts";
import { type Found, OPEN_ADVICE } from "../causes/situation.ts";
import type { RemedyName } from "../remedy-name.ts";
import type { Target } from "../target.ts";
import { AREAS, VERSION } from "./catalogue.ts";
import type { Signature } from "./signature.ts";
import { type Text, textsOf } from "./texts.ts";

const LISTED = AREAS.flatMap((area, layer) =>
  area.signatures.map((signature) => ({ signature, area, layer })),
);

type Listed = (typeof LISTED)[number];

const BY_ID: ReadonlyMap<string, Signature> = new Map(
  LISTED.map(({ signature }) => [signature.id, signature]),
);

/** A signature that was found, and where. */
export interface SignatureFound {
  readonly id: string;
  readonly area: string;
  readonly cause: Cause;
  readonly symptom: boolean;
  /** In which text, for people: `the log of odoo-ce-odoo-1`. */
  readonly where: string;
  /** When it was said first, in milliseconds since 1970; undefined where that is not known. */
  readonly at: number | undefined;
  readonly times: number;
  /** What tells of the line; the rest of it may be somebody's. */
  readonly line: string;
  readonly means: string;
  readonly advice: string;
  readonly source: string;
}

export interface SignaturesFound {
  /** Of the catalogue. */
  readonly version: number;
  readonly root: SignatureFound | undefined;
  /** What else was found, in the order of the rule above. */
  readonly consequences: readonly SignatureFound[];
}

export const NO_SIGNATURES: SignaturesFound = { version: VERSION, root: undefined, consequences: [] };

const MOST_CONSEQUENCES = 8;
const MOST_WORTH_KNOWING = 3;

/** What the logs say, with its root; the target is undefined where none is known. */
export function signaturesIn(survey: Survey, target: Target | undefined): SignaturesFound {
  const [root, ...consequences] = foundIn(textsOf(survey, target), true);
  return { version: VERSION, root, consequences: consequences.slice(0, MOST_CONSEQUENCES) };
}

/** What is worth telling although the site is good: lines for its warnings. */
export function worthKnowing(survey: Survey, target: Target): string[] {
  return foundIn(textsOf(survey, target), false)
    .filter(({ id }) => BY_ID.get(id)?.worthKnowing)
    .slice(0, MOST_WORTH_KNOWING)
    .map(({ where, means, line }) => `${where}: ${means} (${line})`);
}

/** What the output of a command tells, as of Docker or Compose that one of our own steps called; undefined: nothing. */
export function signatureInOutput(output: string): SignatureFound | undefined {
  const lines = output.split("\n").map((text) => ({ at: undefined, text }));
  return foundIn(
    [{ where: "Docker", place: "what Docker answered", lines, began: 0, now: 0, refuted: 0 }],
    true,
  )[0];
}

// ---- What a diagnosis takes from it --------------------------------------------------------------------------------

/** Causes that say what is seen, and leave open why. */
const OPEN: ReadonlySet<Cause> = new Set(["unknown", "odoo-unhealthy", "odoo-crash-loop"]);
/** Causes whose finding is only in which state something is. */
const TERSE: ReadonlySet<Cause> = new Set([
  "unknown",
  "odoo-stopped",
  "odoo-absent",
  "stack-down",
  "database-down",
  "nginx-down",
]);

/** Whether a root is why that cause is there. */
function explains(root: SignatureFound, cause: Cause): boolean {
  if (root.symptom) return false;
  if (root.cause === cause) return true;
  return OPEN.has(cause) && (cause === "unknown" || root.area !== "nginx");
}

/**
 * A cause with what its root signature adds to it: why, where it only says what is seen; what to do, where it has no
 * advice of its own.
 */
export function explained(found: Found, { root }: SignaturesFound): Found {
  if (root === undefined || !explains(root, found.cause)) return found;
  const known = found.finding.includes(root.line) || !TERSE.has(found.cause);
  const open: readonly string[] = ["", ...Object.values(OPEN_ADVICE)];
  return {
    ...found,
    finding: known ? found.finding : `${found.finding}: ${root.means}`,
    advice: open.includes(found.advice) ? whatItMeans(root) : found.advice,
  };
}

/** What a signature means and what to do, in sentences. */
export function whatItMeans({ means, advice }: SignatureFound): string {
  const [first = ""] = means;
  return `${means.startsWith("nginx") ? first : first.toUpperCase()}${means.slice(1)}. ${advice}`;
}

/** Why the root signature rules a remedy out; undefined when it does not, or does not fit the cause. */
export function ruledOutBySignature(
  remedy: RemedyName,
  cause: Cause,
  { root }: SignaturesFound,
): string | undefined {
  if (root === undefined || !explains(root, cause)) return undefined;
  return BY_ID.get(root.id)?.rulesOut.find((each) => each.remedy === remedy)?.why;
}

// ---- Looking -------------------------------------------------------------------------------------------------------

/** Longer lines are cut: what tells stands at the beginning. */
const LONGEST_LINE = 4_000;
const LONGEST_SHOWN = 240;

/** Root first. */
function foundIn(texts: readonly Text[], refutable: boolean): SignatureFound[] {
  const found = new Map<string, SignatureFound & { readonly rank: readonly number[] }>();
  for (const text of texts) {
    const listed = LISTED.filter(({ signature }) => signature.where.includes(text.where));
    for (const { at, text: whole } of text.lines) {
      const line = whole.slice(0, LONGEST_LINE);
      for (const each of listed) {
        const { signature, area } = each;
        const shown = wordsIn(signature, line);
        if (shown === undefined || !counts(each, at, text, refutable)) continue;
        const before = found.get(signature.id);
        if (before !== undefined) {
          found.set(signature.id, { ...before, times: before.times + 1 });
          continue;
        }
        const { id, cause, means, advice, source, kind } = signature;
        const particulars = { cause, means, advice, source, symptom: kind === "symptom" };
        const place = { where: text.place, at, times: 1, line: shown };
        found.set(id, { id, area: area.name, ...particulars, ...place, rank: rankOf(each, at) });
      }
    }
  }
  return [...found.values()].sort((a, b) => compare(a.rank, b.rank)).map(({ rank: _, ...rest }) => rest);
}

/** What a signature finds in a line, for people; undefined: nothing. */
function wordsIn({ pattern }: Signature, line: string): string | undefined {
  const [words] = pattern.exec(line) ?? [];
  // werkzeug's log format puts its own fields behind a traceback's last line
  return words === undefined
    ? undefined
    : withoutEndings(words.replaceAll(/\s+/g, " ").trimEnd(), " -").trim().slice(0, LONGEST_SHOWN);
}

function rankOf({ signature, layer }: Listed, at: number | undefined): number[] {
  return [
    signature.kind === "symptom" ? 1 : 0,
    layer,
    signature.kind === "fatal" ? 0 : 1,
    at ?? Number.MAX_SAFE_INTEGER,
  ];
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (const [index, value] of a.entries()) {
    const difference = value - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

function counts(
  { signature, area }: Listed,
  at: number | undefined,
  text: Text,
  refutable: boolean,
): boolean {
  if (at === undefined) return true;
  const reach = signature.kind === "fatal" ? Infinity : area.reach;
  if (at < Math.max(text.began, text.now - reach)) return false;
  if (area.ofOneDatabaseStart && at <= (text.databaseStarted ?? 0)) return false;
  const refutes = text.where === "Odoo's log" ? area.refutedByPages && refutable : true;
  return !(refutes && at <= text.refuted);
}
