/**
 * Checks that every regular expression of src/ takes linear time, whatever text it is given: a droplet in an attacker's
 * hands may choose that text. There is no list of exceptions: what recheck cannot prove safe is rewritten, or becomes a
 * string function, or runs in a linear engine (re2js).
 *
 * Literals are found by parsing. What `RegExp(…)` makes is recorded while the modules are imported, so it may only stand
 * where importing runs it: an expression that is made later, perhaps from the host's text, would escape this check.
 *
 * A proof takes recheck a second or more, and never changes. scripts/proven-expressions.json holds what was proven, as a
 * package lock holds what was resolved: each expression with its flags, recheck's version, and the settings of the proof.
 * Only an expression that stands there to the letter is not proven again; with another recheck or other settings nothing
 * counts. `--write` proves what is missing and writes the file again; `--all` believes nothing of it and proves
 * everything.
 */

import { existsSync, globSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire, stripTypeScriptTypes } from "node:module";
import { join, relative, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { type AnyNode, type CallExpression, type NewExpression, parse } from "acorn";
import { check, type Parameters } from "recheck";

const { values: options, positionals } = parseArgs({
  options: { all: { type: "boolean", default: false }, write: { type: "boolean", default: false } },
  allowPositionals: true,
});

/** The folder that holds `src`: the repository, unless a test names another one. */
const root = resolve(positionals[0] ?? join(import.meta.dirname, ".."));

/** The action's two entries: importing one would run the action. An expression that is made there is reported. */
const ENTRIES: readonly string[] = ["src/index.ts", "src/post.ts"];

/**
 * The automaton decides wherever it can, repetitions like `{1,200}` included; what is left (lookaround, references) is
 * searched by steps and never by the time that they take, so that a busy machine finds the same. An expression that takes
 * longer than five minutes is `unknown`, which is a failure.
 */
const HOW: Parameters = {
  timeout: 300_000,
  maxRepeatCount: 2_000,
  maxPatternSize: 10_000,
  attackTimeout: null,
  incubationTimeout: null,
};

/** How many are looked at side by side: recheck's program has threads of its own. */
const AT_ONCE = 2;

/** Methods that make an expression of a string that they are given. The compiler lets nobody give one to `matchAll`. */
const MAKERS = new Set(["match", "search"]);

const FUNCTIONS = new Set(["FunctionDeclaration", "FunctionExpression", "ArrowFunctionExpression"]);

interface Found {
  readonly place: string;
  readonly source: string;
  readonly flags: string;
}

interface Problem {
  readonly place: string;
  readonly what: string;
}

/** What one file holds: its literals, the places where it calls `RegExp`, and what breaks a rule. */
interface Reading {
  readonly literals: readonly Found[];
  readonly made: readonly string[];
  readonly problems: readonly Problem[];
}

/** What was proven, by which program and how. */
interface Proofs {
  readonly recheck: string;
  readonly settings: Parameters;
  readonly expressions: readonly string[];
}

const PROOFS = join(root, "scripts/proven-expressions.json");
const RECHECK: string = createRequire(import.meta.url)("recheck/package.json").version;

const files = globSync("src/**/*.ts", { cwd: root }).toSorted();
const readings = files.map((file) => readingOf(file, readFileSync(join(root, file), "utf8")));
const recorded = await recordMade(files.filter((file) => !ENTRIES.includes(file)));
const never = readings
  .flatMap(({ made }) => made)
  .filter((place) => !recorded.some((each) => each.place === place))
  .map((place) => ({ place, what: "this expression is not made when the module is imported" }));
const found = Map.groupBy(
  [...readings.flatMap(({ literals }) => literals), ...recorded],
  ({ source, flags }) => `/${source}/${flags}`,
);
const proven = options.all ? new Set<string>() : provenBefore();
const open = [...found].filter(([expression]) => !proven.has(expression));
const unsafe = await unsafeOf(open);
const problems = [
  ...readings.flatMap((reading) => reading.problems),
  ...never,
  ...[...unsafe].flatMap(([expression, why]) =>
    (found.get(expression) ?? []).map(({ place }) => ({ place, what: `${why}: ${expression}` })),
  ),
];
for (const { place, what } of problems.toSorted((a, b) => compare(a.place, b.place)))
  console.error(`${place}: ${what}`);
console.log(
  `${found.size} regular expressions of ${files.length} files, ${open.length} of them proven now, ${problems.length} problems`,
);
if (options.write) write([...found.keys()].filter((expression) => !unsafe.has(expression)));
else if (open.length > unsafe.size && existsSync(PROOFS))
  console.log(`\`node ${relative(process.cwd(), process.argv[1] ?? "")} --write\` keeps what was proven now`);
process.exit(problems.length === 0 ? 0 : 1);

/** What need not be proven again: by this very recheck with these settings. */
function provenBefore(): ReadonlySet<string> {
  if (!existsSync(PROOFS)) return new Set();
  const { recheck, settings, expressions } = JSON.parse(readFileSync(PROOFS, "utf8")) as Proofs;
  const same = recheck === RECHECK && JSON.stringify(settings) === JSON.stringify(HOW);
  return new Set(same ? expressions : []);
}

function write(expressions: readonly string[]): void {
  const proofs: Proofs = { recheck: RECHECK, settings: HOW, expressions: expressions.toSorted() };
  writeFileSync(PROOFS, `${JSON.stringify(proofs, undefined, 2)}\n`);
}

function compare(a: string, b: string): number {
  return a.localeCompare(b, "en", { numeric: true });
}

/** @param text TypeScript; stripping the types leaves every other character at its place */
function readingOf(file: string, text: string): Reading {
  const program = parse(stripTypeScriptTypes(text), {
    ecmaVersion: "latest",
    sourceType: "module",
    locations: true,
  });
  const literals: Found[] = [];
  const made: string[] = [];
  const problems: Problem[] = [];
  const allowed = new Set<AnyNode>();
  walk(program, [], (node, above) => {
    const place = `${file}:${node.loc?.start.line}`;
    if (node.type === "Literal" && node.regex !== undefined && node.regex !== null)
      literals.push({ place, source: node.regex.pattern, flags: node.regex.flags });
    if (isCall(node) && isName(node.callee, "RegExp")) {
      allowed.add(node.callee);
      made.push(place);
      if (!runsOnImport(node, above, program))
        problems.push({ place, what: "an expression is made while the action runs; make it at the top" });
    }
    if (node.type === "BinaryExpression" && node.operator === "instanceof") allowed.add(node.right);
    if (isName(node, "RegExp") && !allowed.has(node) && !isPropertyName(node, above.at(-1)))
      problems.push({ place, what: "RegExp under another name would escape this check" });
    if (isCall(node) && node.callee.type === "MemberExpression") {
      const { property } = node.callee;
      const [argument] = node.arguments;
      if (property.type === "Identifier" && MAKERS.has(property.name) && !isExpression(argument))
        problems.push({
          place,
          what: `\`${property.name}\` makes an expression of a string: give it a literal or a constant`,
        });
    }
  });
  return { literals, made, problems };
}

function isCall(node: AnyNode): node is CallExpression | NewExpression {
  return node.type === "CallExpression" || node.type === "NewExpression";
}

function isName(node: AnyNode, name: string): boolean {
  return node.type === "Identifier" && node.name === name;
}

/** `x.RegExp` counts as a mention: `globalThis.RegExp` is the same. */
function isPropertyName(node: AnyNode, parent: AnyNode | undefined): boolean {
  return parent?.type === "Property" && parent.key === node && parent.value !== node;
}

/** A literal, or a constant of ours by its name. */
function isExpression(node: AnyNode | undefined): boolean {
  if (node?.type === "Literal") return node.regex !== undefined && node.regex !== null;
  return node?.type === "Identifier" && /^[A-Z][A-Z_]*$/.test(node.name);
}

/**
 * Whether a node runs when its module is imported, and at no other time: it stands in no function, or in one that is only
 * passed to a call at the top (`map`), or in one that has a name, is not exported and is only called at the top.
 */
function runsOnImport(node: AnyNode, above: readonly AnyNode[], program: AnyNode): boolean {
  const at = above.findLastIndex(({ type }) => FUNCTIONS.has(type));
  const outer = above[at];
  if (outer === undefined) return true;
  const [parent, before] = [above[at - 1], above.slice(0, at)];
  if (
    parent?.type === "CallExpression" &&
    parent.callee !== outer &&
    parent.callee.type === "MemberExpression"
  )
    return runsOnImport(parent, before, program);
  const name = nameOf(outer, parent);
  if (name === undefined || before.some(({ type }) => type === "ExportNamedDeclaration")) return false;
  let onlyAtTop = true;
  walk(program, [], (each, around) => {
    if (!isName(each, name) || each === declared(outer, parent)) return;
    const user = around.at(-1);
    const called = user !== undefined && isCall(user) && user.callee === each;
    if (!called || !runsOnImport(user, around.slice(0, -1), program)) onlyAtTop = false;
  });
  return onlyAtTop && node !== outer;
}

/** The identifier that a function is declared by. */
function declared(node: AnyNode, parent: AnyNode | undefined): AnyNode | undefined {
  if (node.type === "FunctionDeclaration") return node.id ?? undefined;
  return parent?.type === "VariableDeclarator" ? parent.id : undefined;
}

function nameOf(node: AnyNode, parent: AnyNode | undefined): string | undefined {
  const identifier = declared(node, parent);
  return identifier?.type === "Identifier" ? identifier.name : undefined;
}

/** @param visit given each node, and the nodes around it from the outermost on */
function walk(
  value: unknown,
  above: readonly AnyNode[],
  visit: (node: AnyNode, above: readonly AnyNode[]) => void,
): void {
  if (value === null || typeof value !== "object") return;
  if (Array.isArray(value)) {
    for (const each of value) walk(each, above, visit);
    return;
  }
  if (!("type" in value) || typeof value.type !== "string") return;
  const node = value as AnyNode;
  visit(node, above);
  const around = [...above, node];
  for (const child of Object.values(node)) walk(child, around, visit);
}

/** Imports the modules with a RegExp that remembers what it made, and where. */
async function recordMade(modules: readonly string[]): Promise<Found[]> {
  const made: Found[] = [];
  const Real = RegExp;
  globalThis.RegExp = new Proxy(Real, {
    construct(target, values, newTarget) {
      return record(Reflect.construct(target, values, newTarget) as RegExp);
    },
    apply(target, self, values) {
      return record(Reflect.apply(target, self, values) as RegExp);
    },
  });
  function record(expression: RegExp): RegExp {
    const place = placeOf(new Error("where").stack ?? "");
    if (place !== undefined) made.push({ place, source: expression.source, flags: expression.flags });
    return expression;
  }
  try {
    for (const module of modules) await import(pathToFileURL(join(root, module)).href);
  } finally {
    globalThis.RegExp = Real;
  }
  return made;
}

/** The innermost place of a stack, where that is in src/: what a library makes is not ours. */
function placeOf(stack: string): string | undefined {
  const frame = stack.split("\n").find((line) => line.includes("file://") && !line.includes(import.meta.url));
  const url = frame?.slice(frame.indexOf("file://")).replace(/\)$/, "").split(":");
  if (url === undefined || url.length < 4) return undefined;
  const path = fileURLToPath(`${url[0]}:${url[1]}`);
  return path.startsWith(join(root, "src")) ? `${path.slice(root.length + 1)}:${url[2]}` : undefined;
}

/** @returns why, for each expression that is not proven safe */
async function unsafeOf(
  expressions: readonly (readonly [expression: string, places: readonly Found[]])[],
): Promise<Map<string, string>> {
  const waiting = expressions.values();
  const unsafe = new Map<string, string>();
  const work = async (): Promise<void> => {
    for (const [expression, [found]] of waiting) {
      const why = found && (await whyUnsafe(found.source, found.flags));
      if (why !== undefined) unsafe.set(expression, why);
    }
  };
  if (expressions.length === 0) return unsafe;
  // recheck starts its program at the first question, and another one for each that comes before that runs.
  await check("a", "", HOW);
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return unsafe;
}

async function whyUnsafe(source: string, flags: string): Promise<string | undefined> {
  const answer = await check(source, flags, HOW);
  switch (answer.status) {
    case "safe":
      return undefined;
    case "vulnerable":
      return `${answer.complexity.summary} (text ${answer.attack.pattern})`;
    case "unknown":
      return `recheck cannot tell (${answer.error.kind})`;
  }
}
