/**
 * The part of Go's text/template that `docker … --format` is used with: fields, variables, `range`, `if`, `eq`, `index`,
 * `json` and methods. What it does not know is an error, as a template's mistake is one to Docker.
 */

type Value = unknown;
type Variables = ReadonlyMap<string, Value>;
type Method = (...args: string[]) => string;

type Node =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "print"; readonly what: Expression }
  | {
      readonly kind: "range" | "if";
      readonly names: readonly string[];
      readonly what: Expression;
      readonly then: readonly Node[];
      readonly otherwise: readonly Node[];
    };

/** A function or method with its arguments, or one operand alone: `eq $port "8069/tcp"`, `.State.Status`. */
type Expression = readonly Operand[];
type Operand =
  | { readonly kind: "path"; readonly root: string; readonly fields: readonly string[] }
  | { readonly kind: "literal"; readonly value: string | number | boolean }
  | { readonly kind: "call"; readonly name: string };

/**
 * @param data what `.` is at first; functions in it are methods (`{{.Label "name"}}`)
 * @throws Error for a template that Docker would refuse, or that this does not know
 */
export function renderTemplate(template: string, data: Value): string {
  const pieces = [...template.matchAll(/\{\{-?\s*([\s\S]*?)\s*-?\}\}|((?:(?!\{\{)[\s\S])+)/g)].map(
    ([, action, text]) => ({ action, text: text ?? "" }),
  );
  let at = 0;
  const parse = (ends: readonly string[]): Node[] => {
    const nodes: Node[] = [];
    for (; at < pieces.length; at++) {
      const { action, text } = pieces[at] ?? { action: undefined, text: "" };
      if (action === undefined) {
        nodes.push({ kind: "text", text });
      } else if (ends.includes(action)) {
        return nodes;
      } else {
        const block = /^(range|if)\s+(?:((?:\$\w+\s*,\s*)?\$\w+)\s*:=\s*)?([\s\S]+)$/.exec(action);
        if (block?.[1] === "range" || block?.[1] === "if") {
          at++;
          const then = parse(["else", "end"]);
          const hasElse = pieces[at]?.action === "else";
          if (hasElse) at++;
          const otherwise = hasElse ? parse(["end"]) : [];
          const names = (block[2] ?? "").split(",").map((name) => name.trim());
          nodes.push({
            kind: block[1],
            names: names.filter(Boolean),
            what: expression(block[3] ?? ""),
            then,
            otherwise,
          });
        } else {
          nodes.push({ kind: "print", what: expression(action) });
        }
      }
    }
    if (ends.length > 0) throw new Error("template parsing error: unexpected EOF");
    return nodes;
  };
  return run(parse([]), data, new Map([["$", data]]));
}

function expression(text: string): Expression {
  const words = text.match(/"(?:[^"\\]|\\.)*"|`[^`]*`|[^\s"`]+/g) ?? [];
  if (words.length === 0) throw new Error("template parsing error: missing value for command");
  return words.map((word): Operand => {
    if (word.startsWith('"')) return { kind: "literal", value: JSON.parse(word) };
    if (word.startsWith("`")) return { kind: "literal", value: word.slice(1, -1) };
    if (/^-?\d+$/.test(word)) return { kind: "literal", value: Number(word) };
    if (word === "true" || word === "false") return { kind: "literal", value: word === "true" };
    const path = /^(\$\w*|)((?:\.\w+)*|\.)$/.exec(word);
    if (path) {
      return {
        kind: "path",
        root: path[1] ?? "",
        fields: (path[2] ?? "").split(".").filter(Boolean),
      };
    }
    if (/^[a-z]\w*$/.test(word)) return { kind: "call", name: word };
    throw new Error(`template parsing error: unexpected ${word}`);
  });
}

function run(nodes: readonly Node[], dot: Value, variables: Variables): string {
  return nodes.map((node) => runOne(node, dot, variables)).join("");
}

function runOne(node: Node, dot: Value, variables: Variables): string {
  if (node.kind === "text") return node.text;
  const value = evaluate(node.what, dot, variables);
  if (node.kind === "print") return printed(value);
  if (node.kind === "if") return run(truthy(value) ? node.then : node.otherwise, dot, variables);
  const pairs = entries(value);
  if (pairs.length === 0) return run(node.otherwise, dot, variables);
  return pairs
    .map(([key, element]) => {
      const [first, second] = node.names;
      const inner = new Map(variables);
      if (second !== undefined && first !== undefined) inner.set(first, key).set(second, element);
      else if (first !== undefined) inner.set(first, element);
      return run(node.then, element, inner);
    })
    .join("");
}

function evaluate([head, ...rest]: Expression, dot: Value, variables: Variables): Value {
  if (head === undefined) throw new Error("template parsing error: missing value for command");
  const operand = (each: Operand): Value => {
    if (each.kind === "literal") return each.value;
    if (each.kind === "call") throw new Error(`template parsing error: function "${each.name}" not defined`);
    if (each.root !== "" && !variables.has(each.root)) {
      throw new Error(`template parsing error: undefined variable "${each.root}"`);
    }
    return each.fields.reduce(field, each.root === "" ? dot : variables.get(each.root));
  };
  const args = rest.map(operand);
  if (head.kind !== "call") {
    const value = operand(head);
    return typeof value === "function" ? (value as Method)(...args.map(String)) : value;
  }
  const [first, ...others] = args;
  switch (head.name) {
    case "eq":
      return others.some((other) => other === first);
    case "ne":
      return first !== others[0];
    case "not":
      return !truthy(first);
    case "and":
      return args.find((arg) => !truthy(arg)) ?? args.at(-1);
    case "or":
      return args.find(truthy) ?? args.at(-1);
    case "len":
      return entries(first).length;
    case "json":
      return JSON.stringify(first);
    case "index":
      return others.reduce((value, key) => field(value, String(key)), first);
    default:
      throw new Error(`template parsing error: template: :1: function "${head.name}" not defined`);
  }
}

function field(value: Value, name: string): Value {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}

/** What `range` goes over: a list, or a map in the order of its keys, as Go has it. */
function entries(value: Value): [string | number, Value][] {
  if (Array.isArray(value)) return value.map((element, index) => [index, element]);
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
}

function truthy(value: Value): boolean {
  return typeof value === "object" && value !== null ? entries(value).length > 0 : Boolean(value);
}

function printed(value: Value): string {
  if (value === undefined || value === null) return "<no value>";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
