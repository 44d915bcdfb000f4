/**
 * The stylesheets and scripts of the login page: whether each is what it should be where it was asked for, and where it
 * is not, what its row and its file say about why. A page that came with 200 is of no use without them.
 */

import { between } from "../strings.ts";
import { isLeftIn } from "../survey/compiled-badly.ts";
import {
  type Asset,
  type AssetAnswer,
  type Bundle,
  type Filestore,
  ifSeen,
  type OdooDatabase,
  type PageAssets,
  type StoredFile,
  type Survey,
} from "../survey/survey.ts";
import { judgeAnswer, whyNoAnswer } from "./answer.ts";
import { bundleUrl, identityOf, nameOf, pathOf } from "./bundle-url.ts";
import { logSince } from "./log.ts";
import type { Target } from "./target.ts";

type Vantage = "direct" | "proxy";

/**
 * What is wrong with one of them. `unreadable`, `missing file` and `corrupt`: of its file; `missing row`: it was
 * compiled once, and nothing of it is in the database; `stale`: there is a newer one, and the page asks for an older;
 * `poisoned`: compiled with an error in it; `spoiled`: Odoo hands it out well, and the proxy does not; `other`: none of
 * these.
 */
export type FindingKind =
  | "unreadable"
  | "corrupt"
  | "missing file"
  | "missing row"
  | "poisoned"
  | "stale"
  | "spoiled"
  | "other";

export interface AssetFinding {
  readonly kind: FindingKind;
  /** `web.assets_frontend.css`; the path of what is no bundle. */
  readonly name: string;
  /** As the page asks for it. */
  readonly path: string;
  readonly row: Bundle | undefined;
  /** Where it was seen to be bad; nowhere for one that the login page does not ask for. */
  readonly at: readonly Vantage[];
  /** `404 at direct and proxy`; `missing` of one that was not asked for. */
  readonly why: string;
  /** What a failed compilation left in it. */
  readonly markers: readonly string[];
}

/** What was seen of the login page's assets. */
export interface AssetsSight {
  /** Where a login page was handed out, and its assets were asked for. */
  readonly at: readonly Vantage[];
  /** Why they were not, where a login page was handed out. */
  readonly unseen: readonly string[];
  /** Where the page names no stylesheet at all. */
  readonly bare: readonly Vantage[];
  /** How many different ones were asked for. */
  readonly total: number;
  readonly findings: readonly AssetFinding[];
  /** Addresses of those that another host serves: nobody asked for them. */
  readonly elsewhere: readonly string[];
}

/** What the database and the filestore of the target say about bundles; parts that were not seen are undefined. */
export interface AssetStore {
  readonly database: OdooDatabase | undefined;
  /** Newest first. */
  readonly rows: readonly Bundle[] | undefined;
  readonly filestore: Filestore | undefined;
}

export function storeOf(survey: Survey, { odoo, db, database }: Target): AssetStore {
  const activity = ifSeen(survey.databases)?.get(db?.id ?? "");
  const name = ifSeen(database);
  const held = activity?.observed ? activity.value.odoo.find((each) => each.name === name) : undefined;
  const stores = ifSeen(survey.filestores)?.get(odoo?.id ?? "");
  return {
    database: held,
    rows: held && ifSeen(held.bundles),
    filestore: stores?.observed ? stores.value.find((each) => each.database === name) : undefined,
  };
}

/** One asset, as it came at each vantage that asked for it. */
interface Sample {
  readonly path: string;
  readonly kind: Asset["kind"];
  readonly answers: ReadonlyMap<Vantage, AssetAnswer>;
}

/** What can be told of the assets of the login page, wherever that was handed out. */
export function assetsOf(survey: Survey, target: Target): AssetsSight {
  const pages = pagesOf(survey, target);
  const store = storeOf(survey, target);
  const samples = samplesOf(pages.seen);
  return {
    at: [...pages.seen.keys()],
    unseen: pages.unseen,
    bare: [...pages.seen].flatMap(([vantage, { assets, elsewhere }]) =>
      elsewhere.length === 0 && assets.every(({ kind }) => kind !== "css") ? [vantage] : [],
    ),
    total: new Set(samples.map(({ path }) => keyOf(path))).size,
    findings: [
      ...samples.flatMap((sample) => findingOf(sample, survey, target, store) ?? []),
      ...confessions(pages.seen),
    ],
    elsewhere: [...new Set([...pages.seen.values()].flatMap((page) => page.elsewhere))],
  };
}

/** The same bundle may have another address in the page that another worker made. */
function keyOf(path: string): string {
  const url = bundleUrl(path);
  return url === undefined ? path : identityOf(url);
}

interface Page extends PageAssets {
  readonly body: string;
}

interface Pages {
  readonly seen: ReadonlyMap<Vantage, Page>;
  readonly unseen: readonly string[];
}

/** The pages that are login pages, by where they came from: the assets of another page say nothing. */
function pagesOf(survey: Survey, { odoo }: Target): Pages {
  const direct = ifSeen(survey.direct)?.find(({ containerId }) => containerId === odoo?.id);
  const { directAssets, proxyAssets } = survey;
  const looked = [
    {
      at: "direct" as const,
      answer: odoo?.state === "running" && direct !== undefined ? ifSeen(direct.answer) : undefined,
      page: ifSeen(directAssets)?.get(odoo?.id ?? ""),
      why: directAssets.observed ? NOT_ASKED : directAssets.why,
    },
    {
      at: "proxy" as const,
      answer: ifSeen(survey.proxy)?.answer,
      page: ifSeen(proxyAssets),
      why: proxyAssets.observed ? NOT_ASKED : proxyAssets.why,
    },
  ];
  const handedOut = looked.filter(({ answer }) => answer !== undefined && judgeAnswer(answer).good);
  return {
    seen: new Map(
      handedOut.flatMap(({ at, answer, page }) =>
        page === undefined || !answer?.answered ? [] : [[at, { ...page, body: answer.body }] as const],
      ),
    ),
    unseen: handedOut.flatMap(({ at, page, why }) => (page === undefined ? [`at ${at}: ${why}`] : [])),
  };
}

const NOT_ASKED = "they were not asked for";

function samplesOf(pages: ReadonlyMap<Vantage, Page>): Sample[] {
  const samples = new Map<string, { kind: Asset["kind"]; answers: Map<Vantage, AssetAnswer> }>();
  for (const [vantage, { assets }] of pages)
    for (const { path, kind, answer } of assets) {
      const sample = samples.get(path) ?? { kind, answers: new Map() };
      samples.set(path, sample);
      sample.answers.set(vantage, answer);
    }
  return [...samples].map(([path, sample]) => ({ path, ...sample }));
}

/**
 * Up to 16 the page itself tells that a stylesheet did not compile, and asks for an older one, or for none
 * (assetsbundle.py, `dialog_message` in 14, `to_node` after it).
 */
const CONFESSES = /__assetsBundleErrorSeen|__odooScssCompilationError/;

function confessions(pages: ReadonlyMap<Vantage, Page>): AssetFinding[] {
  const bodies = [...pages].flatMap(([vantage, { body }]) =>
    CONFESSES.test(body) ? [{ vantage, body }] : [],
  );
  const [first] = bodies;
  if (first === undefined) return [];
  const told = first.body.slice(first.body.search(CONFESSES));
  const [assignment] = /^\w+ = "/.exec(told) ?? [];
  const error =
    (assignment === undefined ? undefined : between(told, assignment, '";\n')) ?? between(told, ')("', '");');
  const words = (error ?? "").replaceAll(/&NewLine;|\\n/g, "\n").replaceAll('\\"', '"');
  const [, bundle] = COMPILING.exec(words) ?? [];
  return [
    {
      kind: "poisoned",
      name: bundle === undefined ? "a stylesheet" : `${bundle}.css`,
      path: "/web/login",
      row: undefined,
      at: bodies.map(({ vantage }) => vantage),
      why: "the page tells of an error in it",
      markers: words.split("\n"),
    },
  ];
}

/** Odoo 14 writes it with one r. */
const COMPILING = /error occurr?ed while compiling the bundle '([^']+)'/;

/** What is wrong with an answer. */
interface Flaw {
  readonly sort: "not handed out" | "no content" | "changed" | "poisoned" | "wrong";
  readonly why: string;
}

function findingOf(
  { path, kind, answers }: Sample,
  survey: Survey,
  target: Target,
  store: AssetStore,
): AssetFinding | undefined {
  const row = rowOf(path, store.rows ?? []);
  const file = fileOf(row, store.filestore);
  const direct = answers.get("direct");
  const flaws = [...answers].flatMap(([at, answer]): (Flaw & { at: Vantage })[] => {
    const flaw = flawOf(kind, answer, path, store) ?? contentFlaw(at, answer, direct, row, file);
    return flaw === undefined ? [] : [{ at, ...flaw }];
  });
  const [first] = flaws;
  if (first === undefined) return undefined;
  const spoiled = direct !== undefined && first.at === "proxy";
  const words = new Map<string, Vantage[]>();
  for (const { at, why } of flaws) words.set(why, [...(words.get(why) ?? []), at]);
  return {
    kind: spoiled ? "spoiled" : kindOf(first, path, row, file, survey, target, store),
    name: nameOf(path),
    path,
    row,
    at: flaws.map(({ at }) => at),
    why: [...words].map(([why, at]) => `${why} at ${at.join(" and ")}`).join(", "),
    markers: [...answers.values()].flatMap((answer) => (answer.answered ? answer.markers : [])),
  };
}

/** What can be told of an answer by itself. */
function flawOf(kind: Asset["kind"], answer: AssetAnswer, path: string, store: AssetStore): Flaw | undefined {
  if (!answer.answered) return { sort: "wrong", why: whyNoAnswer(answer) };
  const { code, location, contentType, bytes, markers } = answer;
  if (code !== 200) {
    if (isSentOn(path, answer, store)) return undefined;
    return { sort: "not handed out", why: `${code}${location === "" ? "" : ` to ${pathOf(location)}`}` };
  }
  if (bytes === 0) return { sort: "no content", why: "200 with 0 bytes" };
  const fits = kind === "css" ? /^text\/css\b/i : /javascript|ecmascript/i;
  if (!fits.test(contentType))
    return { sort: "wrong", why: `200 with ${contentType || "no content type"}, which is no ${WORD[kind]}` };
  if (markers.some((marker) => isLeftIn(kind, marker)))
    return { sort: "poisoned", why: "200 with an error compiled into it" };
  return undefined;
}

const WORD = { css: "stylesheet", js: "script" } as const;

/**
 * From 17 on, who asks for an older bundle is sent to the current one, and browsers follow: nothing is missing for
 * people as long as that one is there.
 */
function isSentOn(
  path: string,
  { code, location }: Extract<AssetAnswer, { answered: true }>,
  { rows, filestore }: AssetStore,
): boolean {
  if (code < 301 || code > 308 || keyOf(path) !== keyOf(location) || pathOf(path) === pathOf(location))
    return false;
  const row = rows?.find(({ url }) => url === pathOf(location));
  return row !== undefined && (row.storedAs === "" || fileOf(row, filestore)?.state === "good");
}

/**
 * Whether the content is what was stored. What was handed out now says so with certainty, where the host can compute
 * its SHA-1; what the audit saw may be older.
 */
function contentFlaw(
  at: Vantage,
  answer: AssetAnswer,
  direct: AssetAnswer | undefined,
  row: Bundle | undefined,
  file: StoredFile | undefined,
): Flaw | undefined {
  if (!answer.answered || answer.code !== 200) return undefined;
  const own = rowFlaw(answer, row, file);
  if (at === "direct" || !direct?.answered || direct.code !== 200) return own;
  if (answer.bytes < direct.bytes) return { sort: "wrong", why: `${answer.bytes} of ${direct.bytes} bytes` };
  // A proxy may add to what Odoo hands out well.
  return rowFlaw(direct, row, file) === undefined ? undefined : own;
}

function rowFlaw(
  { bytes, sha1 }: Extract<AssetAnswer, { answered: true }>,
  row: Bundle | undefined,
  file: StoredFile | undefined,
): Flaw | undefined {
  if (row === undefined || row.storedAs === "") return undefined;
  const stored = row.storedAs.split("/").at(-1);
  if (sha1 === "" ? file?.state !== "corrupt" && !isShort(bytes, row) : sha1 === stored) return undefined;
  const why = isShort(bytes, row)
    ? `200 with ${bytes} bytes, and ${row.bytes} were stored`
    : "200 with another content than was stored";
  return { sort: "changed", why };
}

/** Of some rows the size is not known. */
function isShort(bytes: number, row: Bundle): boolean {
  return row.bytes > 0 && bytes !== row.bytes;
}

/** The row that a page's address means: up to 16 by its id, which is all that Odoo looks at. */
function rowOf(path: string, rows: readonly Bundle[]): Bundle | undefined {
  const id = bundleUrl(path)?.id;
  return (
    rows.find(({ url }) => url === pathOf(path)) ??
    (id === undefined ? undefined : rows.find((row) => row.id === id))
  );
}

function fileOf(row: Bundle | undefined, filestore: Filestore | undefined): StoredFile | undefined {
  return row === undefined || row.storedAs === ""
    ? undefined
    : filestore?.bundles.find(({ storedAs }) => storedAs === row.storedAs);
}

/** So many rows are told at most (bundles.sql): where there are as many, an older one may not be among them. */
const MOST_ROWS = 60;

function kindOf(
  { sort }: Flaw,
  path: string,
  row: Bundle | undefined,
  file: StoredFile | undefined,
  survey: Survey,
  target: Target,
  { rows }: AssetStore,
): FindingKind {
  if (sort === "poisoned") return "poisoned";
  if (sort === "changed") return "corrupt";
  if (sort === "wrong") return "other";
  const inFile = file === undefined ? saidOfFile(row, survey, target) : kindOfFile(file);
  if (inFile !== undefined) return inFile;
  if (sort === "no content")
    return row !== undefined && row.storedAs !== "" && row.bytes > 0 ? "corrupt" : "other";
  const url = bundleUrl(path);
  if (url === undefined || rows === undefined || row !== undefined) return "other";
  const siblings = rows.filter((each) => keyOf(each.url) === identityOf(url));
  if (siblings.length > 0) return "stale";
  return rows.length < MOST_ROWS ? "missing row" : "other";
}

function kindOfFile({ state }: StoredFile): FindingKind | undefined {
  return state === "good" ? undefined : state === "missing" ? "missing file" : state;
}

/** What Odoo's log says of a file that nobody could look at (ir_attachment.py, `_file_read`). */
function saidOfFile(row: Bundle | undefined, survey: Survey, { odoo }: Target): FindingKind | undefined {
  if (odoo === undefined || row === undefined || row.storedAs === "") return undefined;
  const line = logSince(survey, odoo.id, odoo.startedAt).findLast(
    ({ text }) => text.includes(row.storedAs) && /^(?:FileNotFound|Permission)Error: /.test(text),
  );
  if (line === undefined) return undefined;
  return line.text.startsWith("Permission") ? "unreadable" : "missing file";
}

const MOST_NAMED = 3;

/** For people: `web.assets_common.css, web.assets_frontend.css and 4 more (404 at direct and proxy)`; what they share once. */
export function named(findings: readonly Pick<AssetFinding, "name" | "why">[]): string {
  const whys = [...new Set(findings.map(({ why }) => why))];
  const shown = whys.slice(0, MOST_NAMED).map((why) => {
    const names = findings.filter((each) => each.why === why).map(({ name }) => name);
    const more = names.length - MOST_NAMED;
    const listed = names.slice(0, MOST_NAMED).join(", ");
    return `${listed}${more > 0 ? ` and ${more} more` : ""} (${why})`;
  });
  const rest = findings.filter(({ why }) => whys.indexOf(why) >= MOST_NAMED).length;
  return `${shown.join("; ")}${rest > 0 ? `; and ${rest} more` : ""}`;
}

/**
 * Bundles that the login page does not ask for, and that whoever has logged in does: the newest of each whose file is
 * not good.
 */
export function beyondThePage(survey: Survey, target: Target): AssetFinding[] {
  const { rows = [], filestore } = storeOf(survey, target);
  const asked = new Set(samplesOf(pagesOf(survey, target).seen).map(({ path }) => keyOf(path)));
  const known = new Set<string>();
  return rows.flatMap((row): AssetFinding[] => {
    const url = bundleUrl(row.url);
    if (url === undefined || (url.ext !== "css" && url.ext !== "js")) return [];
    const identity = identityOf(url);
    if (known.has(identity)) return [];
    known.add(identity);
    const file = fileOf(row, filestore);
    const kind = file && kindOfFile(file);
    if (file === undefined || kind === undefined || asked.has(identity)) return [];
    return [{ kind, name: nameOf(row.url), path: row.url, row, at: [], why: file.state, markers: [] }];
  });
}
