/** Reads what the probes of nginx printed: its effective configuration, its access log by the minute. */

import { bodiesOf, keyValues, linesOf, type Part } from "../raw.ts";
import {
  type AccessLog,
  type FileLine,
  type Minute,
  type Nginx,
  type NginxUpstream,
  type Observation,
  seen,
  unseen,
} from "../survey.ts";
import { timeAt, wholeNumber } from "../values.ts";

/** What a configuration may hold: `nginx -T` of a host with some hundred sites has 50,000 words, 5 blocks deep. */
const MOST_WORDS = 300_000;
const MOST_DEPTH = 100;
const MOST_UPSTREAMS = 1_000;

export function parseNginx(parts: readonly Part[]): Observation<Nginx> {
  const test = parts.find((part) => part.kind === "test");
  if (test === undefined) return unseen("nginx could not be asked");
  const valid = test.subject === "0";
  const said = test.body.trim();
  // Whatever answers by the name of nginx and does not speak of its configuration is not nginx.
  if (!/nginx|configuration/i.test(said)) return unseen(said || "nginx -t printed nothing");
  const config = parts.find((part) => part.kind === "config")?.body ?? "";
  return seen({ valid, said, upstreams: upstreamsOf(config) });
}

export function parseNginxErrors(parts: readonly Part[]): string {
  return parts
    .map(({ kind, subject, body }) => `# ${subject === "" ? kind : subject}\n${body.trim()}`)
    .join("\n");
}

interface Directive {
  readonly words: readonly string[];
  readonly at: FileLine;
  readonly inner: readonly Directive[];
}

/**
 * Where requests are sent, with `upstream` names resolved, from what `nginx -T` prints; at most `MOST_UPSTREAMS` of them.
 *
 * @throws RangeError where the configuration is larger or deeper than any that nginx serves
 */
export function upstreamsOf(dump: string): NginxUpstream[] {
  const directives = directivesOf(dump);
  const servers = new Map(
    find(directives, "upstream").map(({ words, inner }) => [words[1] ?? "", inner.filter(named("server"))]),
  );
  const found: NginxUpstream[] = [];
  for (const server of find(directives, "server")) {
    const names = server.inner.filter(named("server_name")).flatMap(({ words }) => words.slice(1));
    for (const { pass, location } of passesIn(server.inner, "/")) {
      const [, host = ""] = /^\w+:\/\/([^/]+)/.exec(pass.words[1] ?? "") ?? [];
      const targets = servers.get(host) ?? [];
      const places = targets.length === 0 ? [{ words: ["", host], at: pass.at }] : targets;
      for (const { words, at } of places) {
        if (found.length === MOST_UPSTREAMS) return found;
        const target = withPort(words[1] ?? "", pass.words[1] ?? "");
        found.push({ target, at, serverNames: names, location });
      }
    }
  }
  return found;
}

const named =
  (name: string) =>
  ({ words }: Directive): boolean =>
    words[0] === name;

function find(directives: readonly Directive[], name: string): Directive[] {
  return directives.flatMap((directive) => [
    ...(directive.words[0] === name ? [directive] : []),
    ...(directive.words[0] === "http" ? find(directive.inner, name) : []),
  ]);
}

/** Every `proxy_pass` with the location it stands in; one inside of an `if` belongs to the location around it. */
function passesIn(
  directives: readonly Directive[],
  location: string,
): { readonly pass: Directive; readonly location: string }[] {
  return directives.flatMap((directive) => {
    if (directive.words[0] === "proxy_pass") return [{ pass: directive, location }];
    const inside = directive.words[0] === "location" ? directive.words.slice(1).join(" ") : location;
    return passesIn(directive.inner, inside);
  });
}

function withPort(target: string, url: string): string {
  if (target.startsWith("unix:") || /:\d+$/.test(target) || target.includes("$")) return target;
  return `${target}:${url.startsWith("https:") ? 443 : 80}`;
}

/** `# configuration file PATH:` begins each file; nginx prints it on a line of its own. */
function directivesOf(dump: string): Directive[] {
  const found: Directive[] = [];
  for (const part of dump.split(/^# configuration file (?=.+:$)/m).slice(1)) {
    const end = part.indexOf("\n");
    found.push(...directivesIn(part.slice(end + 1), part.slice(0, end).replace(/:$/, "")));
  }
  return found;
}

/** nginx's grammar: words, quoted ones among them, ended by `;` or opening a block; `#` starts a comment. */
function directivesIn(text: string, file: string): Directive[] {
  const stack: { words: readonly string[]; at: FileLine; inner: Directive[] }[] = [];
  const top: Directive[] = [];
  const lines = text.split("\n").map((each) => each.trim());
  let count = 0;
  let words: string[] = [];
  let began = 1;
  let line = 1;
  for (const [token] of text.matchAll(
    /\n|#[^\n]*|"(?:[^"\\]|\\[\s\S])*"?|'(?:[^'\\]|\\[\s\S])*'?|[{};]|(?:[^\s{};"'#\\]|\\.|\$\{\w*\}?)(?:[^\s{};\\]|\\.|(?<=\$)\{\w*\}?)*|\S/g,
  )) {
    if (token === "\n") {
      line += 1;
      continue;
    }
    if (token.startsWith("#")) continue;
    count += 1;
    if (count > MOST_WORDS || stack.length > MOST_DEPTH)
      throw new RangeError("larger than any configuration of nginx");
    const place = { file, line: began, text: lines[began - 1] ?? "" };
    if (token === ";" || token === "{") {
      const directive = { words, at: place, inner: [] as Directive[] };
      if (words.length > 0) (stack.at(-1)?.inner ?? top).push(directive);
      if (token === "{") stack.push(directive);
      words = [];
    } else if (token === "}") {
      stack.pop();
      words = [];
    } else {
      if (words.length === 0) began = line;
      words.push(/^["']/.test(token) ? token.slice(1, -1) : token);
    }
    line += token.split("\n").length - 1;
  }
  return top;
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

export function parseAccessLogs(parts: readonly Part[]): Observation<AccessLog[]> {
  const logs = [...bodiesOf(parts, "access")].flatMap(([file, body]): AccessLog[] => {
    const fields = keyValues(body);
    // A format of its own, JSON for one: nothing can be said of it.
    if (!wholeNumber(fields.get("lines")) || !wholeNumber(fields.get("known"))) return [];
    return [
      {
        file,
        badSince: timeOf(fields.get("firstbad")),
        lastGood: timeOf(fields.get("lastgood")),
        minutes: linesOf(body).flatMap(minuteOf),
      },
    ];
  });
  return logs.length === 0
    ? unseen("no access log has lines in the form that is usual (time, request, status)")
    : seen(logs);
}

function minuteOf(row: string): Minute[] {
  const [, time, total, bad, flips] = /^minute (.{26}) (\d+) (\d+) (\d+)$/.exec(row) ?? [];
  const at = timeOf(time);
  const [all, failed, turns] = [total, bad, flips].map((count) => wholeNumber(count));
  if (at === undefined || all === undefined || failed === undefined || turns === undefined) return [];
  return [{ at, total: all, bad: failed, flips: turns }];
}

/** `24/Nov/2026:02:47:13 +0100` */
function timeOf(text = ""): number | undefined {
  const [, day, month = "", year, time, zone] =
    /^(\d\d)\/(\w{3})\/(\d{4}):(\d\d:\d\d:\d\d) ([+-]\d{4})$/.exec(text) ?? [];
  const number = MONTHS.indexOf(month) + 1;
  if (number === 0) return undefined;
  return timeAt(
    `${year}-${String(number).padStart(2, "0")}-${day}T${time}${zone?.replace(/(\d\d)$/, ":$1")}`,
  );
}
