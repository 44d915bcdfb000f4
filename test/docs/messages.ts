/**
 * The messages that a person may meet, as the source has them: what stops a run or a step, or asks for a person. Read from
 * the syntax trees of src/ and from its shell programs, so that none is forgotten by whoever writes a list of them.
 */

import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseAst } from "vitest/node";

const ROOT = join(import.meta.dirname, "../..");

export interface Message {
  /** Without backticks; `…` stands for what is filled in. */
  readonly text: string;
  readonly file: string;
}

interface Node {
  readonly type: string;
  readonly [key: string]: unknown;
}

/** Which argument of a call or a `new` is the message. */
const ARGUMENT: Readonly<Record<string, number>> = {
  RefusedError: 0,
  HostError: 1,
  hostError: 1,
  KeyProblem: 0,
  complain: -1,
  warn: 0,
  notUploaded: 1,
  verdict: 1,
};
/** valibot's rules in `inputs/` have it last. */
const RULES: ReadonlySet<string> = new Set([
  "regex",
  "check",
  "minValue",
  "maxValue",
  "maxLength",
  "picklist",
]);
/** Here a sentence that is returned is a problem. */
const RETURNED =
  /\/(?:inputs\/(?:private-key|known-hosts|approval|parse)|backup\/home|report\/artifacts|github\/review)\.ts$/;

/** Every message of the TypeScript, the shell programs and the workflows. */
export function messagesOfSource(): Message[] {
  const files = globSync("src/**/*.{ts,sh}", { cwd: ROOT }).sort();
  const workflows = existsSync(join(ROOT, ".github/workflows"))
    ? globSync(".github/workflows/*.yml", { cwd: ROOT }).sort()
    : [];
  return [...files, ...workflows].flatMap((file) => {
    const text = readFileSync(join(ROOT, file), "utf8");
    const found = file.endsWith(".ts")
      ? inTypeScript(text, file)
      : file.endsWith(".sh")
        ? inShell(text)
        : inWorkflow(text);
    return found
      .map((message) => message.replaceAll("`", "").replaceAll(/…(?:\s*…)+/g, "…"))
      .filter((message) => /\p{L} .*\p{L}/u.test(message))
      .map((message) => ({ text: message, file }));
  });
}

/** `refuse "…"` of the backup's gate, `unfit "…"` of a step that is not done. */
function inShell(text: string): string[] {
  return [...withoutCommands(text).matchAll(/(?:^|[\s;|&)])(?:refuse|unfit) "((?:[^"\\]|\\.)*)"/gm)].map(
    ([, message = ""]) => filledIn(message),
  );
}

/** `$(…)` within a line is filled in; innermost first, for it has quotes of its own. */
function withoutCommands(text: string): string {
  const shorter = text.replaceAll(/\$\([^()\n]*\)|\$\(\([^()\n]*\)\)/g, "…");
  return shorter === text ? text : withoutCommands(shorter);
}

/** `printf '%s\n' '::error title=…::…'` */
function inWorkflow(text: string): string[] {
  return [...text.matchAll(/printf '%s\\n' '::error [^:]*::([^']*)'/g)].map(([, message = ""]) => message);
}

function filledIn(shell: string): string {
  return shell.replaceAll(/\$\{[^}]*\}|\$\w+/g, "…").replaceAll(/\\(.)/g, "$1");
}

function inTypeScript(text: string, file: string): string[] {
  const program = parseAst(text, { lang: "ts" }) as unknown as Node;
  const constants: Constants = new Map();
  walk(program, ({ type, id, init }) => {
    if (type !== "VariableDeclarator") return;
    const name = String((id as Node).name);
    constants.set(name, [...(constants.get(name) ?? []), ...textsOf(init, constants)]);
  });
  const found: string[] = [];
  walk(program, (node) => {
    for (const place of placesIn(node, file)) found.push(...textsOf(place, constants));
  });
  return found;
}

/** What each name is set to in a file, in any of its functions: mostly one text, or none that is known. */
type Constants = Map<string, readonly string[]>;

/** The expressions in this node that are messages. */
function placesIn(node: Node, file: string): unknown[] {
  switch (node.type) {
    case "CallExpression":
    case "NewExpression": {
      const callee = node.callee as Node;
      const name = String(callee.name ?? (callee.property as Node | undefined)?.name ?? "");
      const values = node.arguments as readonly Node[];
      if (name === "push" && (callee.object as Node).name === "mistakes") return [values[0]];
      if (Object.hasOwn(ARGUMENT, name)) return [values.at(ARGUMENT[name] ?? 0)];
      return file.startsWith("src/inputs/") && RULES.has(name) ? [values.at(-1)] : [];
    }
    case "Property": {
      // Of a verdict; and of what is wrong with an input.
      const name = String((node.key as Node).name);
      return name === "headline" || (name === "problem" && file.startsWith("src/inputs/"))
        ? [node.value]
        : [];
    }
    case "ReturnStatement":
      return RETURNED.test(`/${file}`) ? [node.argument] : [];
    default:
      return [];
  }
}

function walk(value: unknown, visit: (node: Node) => void): void {
  if (value === null || typeof value !== "object") return;
  if (Array.isArray(value)) {
    for (const each of value) walk(each, visit);
    return;
  }
  const node = value as Node;
  if (typeof node.type === "string") visit(node);
  for (const child of Object.values(node)) walk(child, visit);
}

/** What an expression may be: a literal, a template, either side of a condition. Nothing where only a run would tell. */
function textsOf(value: unknown, constants: Constants): string[] {
  const node = value as Node | null | undefined;
  switch (node?.type) {
    case "Literal":
      return typeof node.value === "string" ? [node.value] : [];
    case "TemplateLiteral": {
      const filled = node.expressions as readonly Node[];
      const parts = node.quasis as readonly { readonly value: { readonly cooked: string } }[];
      return [
        parts
          .map(({ value: { cooked } }, at) => {
            const known = constants.get(String(filled[at]?.name)) ?? [];
            return cooked + (at < filled.length ? (known.length === 1 ? known[0] : "…") : "");
          })
          .join(""),
      ];
    }
    case "ConditionalExpression":
      return [...textsOf(node.consequent, constants), ...textsOf(node.alternate, constants)];
    case "Identifier":
      return [...(constants.get(String(node.name)) ?? [])];
    default:
      return [];
  }
}
