/**
 * Causes that lie in Odoo's files and in what it compiles: the login page is handed out, and nobody can use it. The order
 * of these rules is that in which one must act (facts of the field: disk, permissions, data_dir, then rows, files and
 * their content, then what was compiled; deleting comes last).
 */

import { operand, typed, word } from "../../host/typed.ts";
import { withoutEnd } from "../../strings.ts";
import { type Filestore, ifSeen, type Survey } from "../../survey/survey.ts";
import {
  type AssetFinding,
  type AssetStore,
  beyondThePage,
  type FindingKind,
  named,
  storeOf,
} from "../assets.ts";
import { settingOf } from "../discovery.ts";
import { failureOf, logSince } from "../log.ts";
import { proxyProgram, routesFor } from "../proxies.ts";
import type { Target } from "../target.ts";
import { type Found, found, inCode, type Situation, stateOf } from "./situation.ts";

/** Those that a file which cannot be used explains. */
const IN_FILES: ReadonlySet<FindingKind> = new Set([
  "unreadable",
  "corrupt",
  "missing file",
  "missing row",
  "other",
]);

/** Without its files Odoo does not even hand out its login page, once a page must be compiled or a session kept. */
export function filestoreKeepsOdooDown({ survey, target, layers }: Situation): Found | undefined {
  const direct = ifSeen(survey.direct)?.find(({ containerId }) => containerId === target.odoo?.id);
  const answer = direct && ifSeen(direct.answer);
  if (stateOf(layers, "direct") !== "bad" || answer?.answered !== true || answer.code < 500) return undefined;
  const failure = failureOf(survey, target.odoo);
  // An addon that fails by itself would go on failing.
  const own =
    failure?.file === undefined ||
    /\/odoo\/(?:addons\/(?:base|web|http_routing)\/|(?!addons\/))/.test(failure.file);
  if (!own && !/^(?:Permission|OS|IO|FileNotFound)Error$/.test(failure.exception)) return undefined;
  return unreadable(survey, target);
}

export function filestoreUnreadable({ survey, target, layers, assets }: Situation): Found | undefined {
  if (stateOf(layers, "assets") !== "bad" || !assets.findings.some(({ kind }) => IN_FILES.has(kind)))
    return undefined;
  return unreadable(survey, target, assets.findings);
}

export function filestoreMissing({ survey, target, layers, assets }: Situation): Found | undefined {
  if (stateOf(layers, "assets") !== "bad" || !assets.findings.some(({ kind }) => IN_FILES.has(kind)))
    return undefined;
  return missing(survey, target);
}

/** `Odoo (101:101) may not read …`, and how to give it back. */
function unreadable(
  survey: Survey,
  target: Target,
  findings: readonly AssetFinding[] = [],
): Found | undefined {
  const store = storeOf(survey, target);
  const { filestore } = store;
  const user = ifSeen(survey.running)?.get(target.odoo?.id ?? "")?.user ?? "";
  const who = user === "" ? "Odoo" : `Odoo (user and group ${user})`;
  const words = filestore !== undefined && isUsed(store) ? whatMayNotBeDone(filestore) : undefined;
  const files = findings.filter(({ kind }) => kind === "unreadable");
  if (words === undefined && files.length === 0) return undefined;
  const path = filestore?.path ?? "its filestore";
  const owner = filestore?.owner ? `, which belongs to ${filestore.owner.replace(" ", ", mode ")}` : "";
  const directory = dataDirectory(survey, target) ?? "/var/lib/odoo";
  if (filestore?.readOnly === true)
    return found(
      "filestore-unreadable",
      `${who} cannot write to its filestore ${path}: it is mounted read-only${filestore.disk === undefined ? "" : ` at ${filestore.disk.mount}`}`,
      "Look at the volume of Odoo in the compose file (`:ro`, `read_only`) and at what is mounted on the host below it; a file system that met an error turns read-only by itself, and `dmesg` tells. Owners and modes are no matter here.",
    );
  const chown = typed(
    () =>
      `docker exec -u 0 ${operand(target.odoo?.name ?? "")} chown -R ${operand(user || "odoo:")} ${operand(directory)}`,
  );
  return found(
    "filestore-unreadable",
    words === undefined
      ? `${who} may not read files of compiled stylesheets and scripts in ${path}: ${named(files)}`
      : `${who} may not ${words} ${path}${owner}`,
    `Give it back inside of the container, as root${inCode(chown)}; no restart is needed. Do that before anything is deleted or compiled anew: without it every new bundle is a row without a file.`,
    [chown],
  );
}

function whatMayNotBeDone({ exists, readable, writable, others, bundles }: Filestore): string | undefined {
  if (exists && !readable) return "read its filestore";
  const total = others.looked + bundles.length;
  const closed = others.unreadable + bundles.filter(({ state }) => state === "unreadable").length;
  if (closed * 2 > total) return `read ${closed} of ${total} files in`;
  return exists && !writable ? "write to its filestore" : undefined;
}

/** Whether the database expects anything in the filestore at all. */
function isUsed({ rows = [], filestore }: AssetStore): boolean {
  return rows.some(({ storedAs }) => storedAs !== "") || (filestore?.others.looked ?? 0) > 0;
}

function missing(survey: Survey, target: Target): Found | undefined {
  const store = storeOf(survey, target);
  const { filestore } = store;
  if (filestore === undefined || !isUsed(store)) return undefined;
  const { path, exists, others } = filestore;
  if (exists && others.missing * 2 <= others.looked) return undefined;
  const setting = settingOf(survey, target.odoo, "data_dir");
  const directory = dataDirectory(survey, target);
  const said =
    directory === undefined
      ? ""
      : `; \`data_dir\` is ${directory}, ${setting === undefined ? "Odoo's own default, for nothing sets it" : `said by ${setting.from}`}`;
  return found(
    "filestore-missing",
    exists
      ? `of the files that the database names, ${others.missing} of ${others.looked} that were looked for are not in ${path}, users' files among them${said}`
      : `Odoo's filestore ${path} does not exist${said}`,
    "Look first whether `data_dir` and the volume below it are the right ones: the files may lie elsewhere, whole. If they are gone, restore the filestore from the backup that belongs to this database: compiled bundles can be made anew, users' files cannot.",
  );
}

function dataDirectory(survey: Survey, { odoo }: Target): string | undefined {
  return ifSeen(survey.running)?.get(odoo?.id ?? "")?.dataDirectory || undefined;
}

export function assetsCorrupt(situation: Situation): Found | undefined {
  const bad = badOnes(situation, "corrupt");
  return bad.length === 0 ? undefined : corrupt(situation, bad);
}

function corrupt(
  { survey, target }: Pick<Situation, "survey" | "target">,
  bad: readonly AssetFinding[],
): Found {
  const path = storeOf(survey, target).filestore?.path;
  const files = filesOf(bad);
  const compiling = howToCompile(survey, target, bad);
  return found(
    "assets-corrupt",
    `the files of compiled stylesheets or scripts are not what was stored: ${named(bad)}`,
    `Move these files aside first${path === undefined ? "" : ` (in ${path})`}${files === "" ? "" : `: ${files}`}: whatever is compiled anew would collide with them. Then ${compiling.words} Look at the disk too, and at what was last copied or restored there.`,
    compiling.commands,
  );
}

export function assetsMissing(situation: Situation): Found | undefined {
  const bad = badOnes(situation, "missing file");
  return bad.length === 0 ? undefined : missingFiles(situation, bad);
}

function missingFiles(
  { survey, target }: Pick<Situation, "survey" | "target">,
  bad: readonly AssetFinding[],
): Found {
  const compiling = howToCompile(survey, target, bad);
  return found(
    "assets-missing",
    `compiled stylesheets or scripts are in the database, and their files are not in the filestore: ${named(bad)}`,
    `Odoo looks only at the rows, and never makes the files anew by itself: ${compiling.words} Neither a restart nor \`-u web\` does it.`,
    compiling.commands,
  );
}

export function assetsPoisoned(situation: Situation): Found | undefined {
  const bad = badOnes(situation, "poisoned");
  const [first] = bad;
  if (first === undefined) return undefined;
  const { survey, target } = situation;
  const error = errorIn(first.markers) || compileErrorIn(survey, target)?.words || "";
  const fallback = bad.some(({ name }) => name.endsWith(".css"))
    ? " Deleting bundles before that takes away the older stylesheet that people may still see."
    : "";
  const compiling = howToCompile(survey, target, bad);
  return found(
    "assets-poisoned",
    `${namesOf(bad)} ${bad.length === 1 ? "was" : "were"} compiled with an error${error === "" ? "" : `: ${error}`}`,
    `Mend the source first${sourceIn(error)}.${fallback} Then ${compiling.words}`,
    compiling.commands,
  );
}

export function assetsStale(situation: Situation): Found | undefined {
  const bad = badOnes(situation, "stale", "missing row");
  if (bad.length === 0) return undefined;
  const restart = restartOf(situation.target);
  return found(
    "assets-stale",
    `the login page asks for stylesheets or scripts that are no longer in the database: ${named(bad)}`,
    `Odoo remembers pages that it made before: restart it once${inCode(restart)}, or have it forget them (\`env['ir.qweb'].clear_caches()\` up to 16, \`env.registry.clear_cache('assets')\` from 17 on, then \`env.registry.signal_changes()\` and a commit, in \`odoo shell\`). It compiles what is missing by itself then.`,
    [restart],
  );
}

export function assetsProxy(situation: Situation): Found | undefined {
  const bad = badOnes(situation, "spoiled");
  const [first] = bad;
  if (first === undefined) return undefined;
  const { survey, target, url } = situation;
  const program = proxyProgram(survey) ?? "the proxy";
  const routes = routesFor(survey, target, url?.hostname, first.path);
  const at = [
    ...new Set(
      routes.map(({ upstream: { location, at } }) => `\`location ${location}\` (${at.file}:${at.line})`),
    ),
  ];
  const said = complaintOf(survey, first.path);
  return found(
    "assets-proxy",
    `Odoo hands out its stylesheets and scripts, and ${program} does not: ${named(bad)}${said === "" ? "" : `; its error log: ${said}`}`,
    `Look for the \`location\` that answers for ${first.path}: one for static files, a cache, or ${at.length === 0 ? "another server" : `what stands beside ${at.join(" and ")}`}. Test with \`nginx -t\`, then \`systemctl reload nginx\`. It was left alone.`,
  );
}

export function assetsBroken({ layers, assets }: Situation): Found | undefined {
  const layer = layers.find(({ name }) => name === "assets");
  if (layer?.state !== "bad") return undefined;
  const own = assets.findings.some(({ name }) => name.startsWith("/"));
  return found(
    "assets-broken",
    `the login page is handed out without what it needs: ${layer.why}`,
    `Look at what Odoo's log says when one of them is asked for${own ? "; those that are no compiled bundles are files of modules: look whether their folder is there, and in `addons_path`" : ""}.`,
  );
}

/** The login page is good, and whoever has logged in finds the rest broken, or can save nothing. */
export function filesInDoubt(survey: Survey, target: Target): Found | undefined {
  if (target.odoo?.state !== "running") return undefined;
  const beyond = beyondThePage(survey, target);
  const of = (kind: FindingKind): AssetFinding[] => beyond.filter((each) => each.kind === kind);
  const situation = { survey, target };
  return (
    unreadable(survey, target, of("unreadable")) ??
    missing(survey, target) ??
    (of("corrupt").length > 0 ? corrupt(situation, of("corrupt")) : undefined) ??
    (of("missing file").length > 0 ? missingFiles(situation, of("missing file")) : undefined)
  );
}

function badOnes({ layers, assets }: Situation, ...kinds: readonly FindingKind[]): AssetFinding[] {
  return stateOf(layers, "assets") === "bad"
    ? assets.findings.filter(({ kind }) => kinds.includes(kind))
    : [];
}

const MOST_NAMED = 3;

function namesOf(findings: readonly AssetFinding[]): string {
  return [...new Set(findings.map(({ name }) => name))].slice(0, MOST_NAMED).join(" and ");
}

/** The evidence has all of them. */
function filesOf(findings: readonly AssetFinding[]): string {
  const files = findings.flatMap(({ row }) => row?.storedAs || []);
  const more = files.length - MOST_NAMED;
  return `${files.slice(0, MOST_NAMED).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

/** How a person has the bundles made anew, which every version does in another way (facts, §1 and §2). */
function howToCompile(
  survey: Survey,
  target: Target,
  findings: readonly AssetFinding[],
): { readonly words: string; readonly commands: readonly string[] } {
  const version = Number.parseFloat(storeOf(survey, target).database?.odooVersion ?? "");
  const ids = findings.flatMap(({ row }) => row?.id ?? []).filter(Number.isSafeInteger);
  const inShell = (program: string): string => typed(() => throughShell(target, program));
  const made = (program: string) => ({
    words: `have them made anew in \`odoo shell\`: \`${program}\`.`,
    commands: [inShell(program)],
  });
  if (version >= 15) return made("env['ir.attachment'].regenerate_assets_bundles(); env.cr.commit()");
  if (version < 15 && ids.length > 0)
    return made(
      `env['ir.attachment'].browse([${ids.join(", ")}]).unlink(); env.cr.commit(); env['ir.qweb'].clear_caches(); env.registry.signal_changes(); env.cr.commit()`,
    );
  if (version < 15) {
    const restart = restartOf(target);
    return { words: `restart Odoo once${inCode(restart)}: it compiles them anew then.`, commands: [restart] };
  }
  return {
    words: "have the bundles made anew (*Regenerate Assets* in the developer's menu, or in `odoo shell`).",
    commands: [],
  };
}

function restartOf({ odoo }: Target): string {
  return typed(() => `docker restart ${operand(odoo?.name ?? "")}`);
}

/** One line of a program given to `odoo shell` in Odoo's container: a shell that is closed again leaves nothing open. */
function throughShell({ odoo, database }: Target, program: string): string {
  const name = operand(ifSeen(database) ?? "");
  const shell = `docker exec -i ${operand(odoo?.name ?? "")} /entrypoint.sh odoo shell -d ${name} --no-http`;
  return `printf '%s\\n' ${word(program)} | ${shell}`;
}

/** The words of the compiler, out of what it left: in a stylesheet with CSS's line ends, in a script with JavaScript's. */
function errorIn(markers: readonly string[]): string {
  const lines = markers.flatMap((marker) => marker.replaceAll('\\"', '"').split(/\\A|\\n|\n/));
  for (const wordsOf of COMPILERS_WORDS) {
    const error = lines.map(wordsOf).find((found) => found !== undefined);
    if (error !== undefined) return withoutEnd(error, ".; \t").slice(0, 250);
  }
  return "";
}

/** The clearest first. */
const COMPILERS_WORDS: readonly ((line: string) => string | undefined)[] = [
  (line) => /Could not get content for [^"]+/.exec(line)?.[0],
  (line) => /File \S+ does not exist/.exec(line)?.[0],
  (line) => {
    const [before = "", ...behind] = line.split(NOT_TEXT);
    const name = before.split(/\s/).at(-1);
    return behind.length === 0 || !name ? undefined : name + NOT_TEXT;
  },
  (line) => /Local import '[^']+' is forbidden/.exec(line)?.[0],
  (line) => /\b\w*Error: .+/.exec(line)?.[0],
];
const NOT_TEXT = " is not utf-8 encoded";

/** What Odoo's log says of the last stylesheet that did not compile (assetsbundle.py, `get_preprocessor_error`). */
export function compileErrorIn(
  survey: Survey,
  { odoo }: Target,
): { readonly at: number; readonly words: string } | undefined {
  if (odoo === undefined) return undefined;
  const lines = logSince(survey, odoo.id, odoo.startedAt);
  const index = lines.findLastIndex(({ text }) => /error occurr?ed while compiling the bundle/.test(text));
  const last = lines[index];
  if (last === undefined) return undefined;
  const error = lines
    .slice(Math.max(0, index - 12), index + 1)
    .findLast(({ text }) => /Error: |forbidden/.test(text));
  const [, bundle] = /the bundle '([^']+)'/.exec(last.text) ?? [];
  const words = withoutEnd((error?.text ?? "").replace(/^.*?(Error: )/, "$1"), ". \t");
  return { at: last.at, words: `${bundle ?? "a bundle"}${words === "" ? "" : `: ${words}`}`.slice(0, 250) };
}

/** `: /shop_notes/static/src/js/notes.js, of the module shop_notes`; empty where the error names no source. */
function sourceIn(error: string): string {
  const path = /\/(\w+)\/static\/[\w./-]+/.exec(error);
  return path === null ? "" : `: ${path[0]}, of the module ${path[1]}`;
}

/** What nginx's error log says of one of its own answers. */
function complaintOf(survey: Survey, path: string): string {
  const line = (ifSeen(survey.nginxErrors) ?? "").split("\n").findLast((each) => each.includes(path));
  return (line ?? "")
    .replace(/^.*?\[\w+\] (?:\d+#\d+: )?(?:\*\d+ )?/, "")
    .replace(/, client: .*/, "")
    .slice(0, 200);
}
