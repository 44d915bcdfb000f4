/**
 * Secrets by the name in front of them: `password=…`, `"token": "…"`, `<field name="password">…`, `--db_password …`. A text is
 * read once, name by name; what stands between a name and its value, and how the value is written, is looked at from there.
 */

import { holdsSecret, isPasswordName, isSecretName } from "./names.ts";
import { endOf, type Quoted, quoteBefore, quotedAt } from "./quotes.ts";
import { Lines, matchAt, type Span, trimmedEnd } from "./span.ts";

/** A run of letters that may be a name, or hold one: `odoo.password`, `X-Api-Key`. */
const RUN = /[A-Za-z0-9_][\w.-]*/g;

/** What may follow a name without quotes. */
const SIGN =
  /(?:\\{0,16}["'])?[ \t]{0,40}(?:\][ \t]{0,4})?(?:=>|:=|\+=|\?=|[!=]=|!?[=~]~?\*?|:(?!:|\/\/)|%3D|%3A|&#61;|\\u003[dD])[ \t]{0,40}/y;
/** What may follow a name in quotes. */
const SIGN_BEHIND_QUOTE = /\s{0,40}[\])]?\s{0,40}(?:=>|:=|[!=]=|[:=])\s{0,200}/y;
const COMMA = /\s{0,40},\s{0,200}/y;
/** `"PASSWORD", "value": "…"`, of a document in which each entry has a name and a value. */
const VALUE_OF_ENTRY =
  /[ \t]{0,8}(?:,\s{0,100}|\r?\n[ \t]{0,40})\\{0,16}["']?(?:value|val|Value|VALUE|v|data|default)\\{0,16}["']?[ \t]{0,8}[:=][ \t]{0,40}/y;
const NAMES_ENTRY =
  /(?:^|[\s{,(<\\"'[])(?:name|key|param|parameter|option|variable|field|header|k|id|Name|Key)\\{0,16}["']?[ \t]{0,8}[:=][ \t]{0,8}(?:\\{0,16}["'])?$/;
const NAMES_ELEMENT = /\b(?:name|key|id|property|type|param)[ \t]{0,4}=[ \t]{0,4}\\{0,4}["']$/;
const VALUE_OF_ELEMENT =
  /[^<>]{0,200}?\b(?:value|eval|content|val|default)[ \t]{0,4}=[ \t]{0,4}(?=\\{0,4}["'])/y;
const END_OF_ELEMENT = /[^<>]{0,300}>\s{0,200}(?:<!\[CDATA\[)?/y;
const CONTENT = /(?:[ \t][^<>]{0,200})?>\s{0,40}(?:<(?:string|value)>\s{0,10}){0,2}(?:<!\[CDATA\[)?/y;
const NEXT_ELEMENT = /<\/[\w:-]{1,40}>\s{0,100}(?:<[^<>/]{1,100}>\s{0,20}){1,3}/y;

/** In front of a name at the beginning of a line. */
const LINE_START =
  /^(?:[ \t>+;#/-]{0,80}|[ \t]{0,80}(?:export|declare -x|typeset -x|set|setenv|env|local|readonly|\$env:|\*)[ \t]{0,8})["']?\$?$/;
/** Directives that take a name and a value: of nginx, Apache, Docker, Redis, `aws configure`. */
const DIRECTIVE =
  /(?:(?:^|[^\w-])(?:\w{1,20}_set_header|add_header|\w{1,20}_param|set|setx|setenv|SetEnv|RequestHeader set|Header set|ENV|ARG|config set|configure set|CONFIG SET|alter system set)[ \t]{1,40})(?:"|')?\$?$/i;
/** .netrc in one line. */
const LOGIN = /(?:login|account|user|machine|connect)[ \t]{1,20}\S{1,200}[ \t]{1,20}$/;

/** `check_password("…")`, and behind an id. */
const CALL = /\([ \t]{0,4}(?:[\w.]{1,30},[ \t]{0,4})?(?=[bu]?["'])/y;

/** Code of a traceback's frame: it names where a value comes from. */
const CODE =
  /^(?:self|cls|super|os|sys|config|request|req|env|kwargs|kw|data|vals|values|record|records|response|resp|res|tools|odoo|params|options|opts|args|conf|settings|user|users|session|partner|get|getattr|str|int|len|hashlib|base64|json|secrets|uuid|hmac)(?:\.[a-z_]|\(|\[)/;

const SCHEME =
  /(?:basic|bearer|token|digest|negotiate|apikey|api-key|hmac-\w{1,20}|aws4-hmac-sha256|key|dpop|ntlm)[ \t]{1,20}/iy;

/** A value of an array goes up to its end. */
const ARRAY = /\[[^[\]{}]{0,5000}\]?/y;
const BARE_IN_DOCUMENT = /[^\s,;)\]}"'<]{1,10000}/y;
const BARE = /[^\s\0"',;&<]{1,10000}/y;
const BRACED = /\{[^{}\n]{1,1000}\}/y;

/** Values of block scalars, up to where the indent of the name is back. */
const BLOCK_SCALAR = /[ \t]{0,8}[|>][-+\d]{0,3}[ \t]{0,8}(?:#[^\n]{0,200})?\r?\n/y;
const LONGEST_BLOCK = 50_000;

/** Between a name and its value in a sentence: `the password is …`, `Password for user odoo: …`, `token …`. */
const SENTENCE =
  /[ \t]{1,4}(?:(?:is|was|set to|changed to)[ \t:]{1,4}|(?:for|of)[ \t](?:user |role |login |account )?[\w.@"'-]{1,60}:[ \t]{1,4})?["'`]?/y;
/** A word that is none: with digits, and small letters beside them. */
const RANDOM = /(?=[^\s"'`]{0,40}[a-z])(?=[^\s"'`]{0,40}\d)[A-Za-z0-9!#$%&*+,./:;=?@^_~-]{8,200}/y;

class Reader {
  readonly #text: string;
  readonly #lines: Lines;
  readonly #spans: Span[] = [];
  #line = { start: 0, end: 0 };

  constructor(text: string) {
    this.#text = text;
    this.#lines = new Lines(text);
  }

  read(): Span[] {
    let done = 0;
    for (const { 0: run, index } of this.#text.matchAll(RUN)) {
      if (index < done) continue;
      // A sentence's full stop, or a dash behind a name, is no part of it.
      const name = trimmedEnd(run, ".-");
      this.#line = this.#lines.at(index);
      if (!this.#isSecret(name, index)) continue;
      const span = this.#valueOf(name, index);
      if (span === undefined) continue;
      this.#spans.push(span);
      done = span.to;
    }
    return this.#spans;
  }

  /** `key` is one in a query, and in words such as `API key`; elsewhere it is one of a dictionary. */
  #isSecret(name: string, at: number): boolean {
    if (/^odoo\.addons\.[\w.]{1,100}$/.test(name) && this.#text.startsWith(": ", at + name.length))
      return false;
    const before = this.#before(at, 20);
    // Modules are called `auth_totp`, and fields `password`.
    if (/\b(?:module|addon|package|library|logger|field|column)[ \t]["'`]?$/i.test(before)) return false;
    // What is missing has no value: `sudo without a password: see …`.
    if (/\bwithout (?:an? |any |its |the )?$/.test(before)) return false;
    // A file: `/etc/passwd`, `/run/secrets/db_password`.
    if (/\w\/$/.test(before) && this.#text[at + name.length] !== "=") return false;
    if (isSecretName(name)) return true;
    if (!/^keys?$/i.test(name)) return false;
    const word = /([A-Za-z]{2,12})[ ]$/.exec(before)?.[1];
    return /[?&]$/.test(before) || (word !== undefined && isSecretName(`${word.toLowerCase()}key`));
  }

  #before(at: number, length: number): string {
    return this.#text.slice(Math.max(this.#line.start, at - length), at);
  }

  #valueOf(name: string, index: number): Span | undefined {
    const end = index + name.length;
    const dashes = /-{1,2}$/.exec(this.#before(index, 2))?.[0] ?? "";
    const at = index - dashes.length;
    const quote = quoteBefore(this.#text, at);
    if (quote !== "" && this.#text.startsWith(quote, end))
      return this.#behindQuotedName(name, at - quote.length, end + quote.length, dashes, quote);
    return (
      this.#inElement(name, at, end) ??
      this.#behindSign(name, at, end, quote) ??
      this.#behindSpace(name, at, end, dashes, quote) ??
      this.#ofEntry(name, at, end)
    );
  }

  /** `"password": "…"`, `'password' => '…'`, `("password", "…")`, `name="password">…<`, `"--password", "…"`. */
  #behindQuotedName(name: string, at: number, end: number, dashes: string, quote: string): Span | undefined {
    const sign = matchAt(SIGN_BEHIND_QUOTE, this.#text, end);
    if (sign !== null) return this.#valueInDocument(name, end + sign[0].length, quote);
    const entry = this.#ofEntry(name, at + quote.length, end);
    if (entry !== undefined) return entry;
    if (NAMES_ELEMENT.test(this.#before(at + quote.length, 40))) {
      const attribute = matchAt(VALUE_OF_ELEMENT, this.#text, end);
      if (attribute !== null) return this.#valueInDocument(name, end + attribute[0].length, quote);
      const content = matchAt(END_OF_ELEMENT, this.#text, end);
      if (content !== null) return this.#upToTag(name, end + content[0].length);
    }
    const comma = matchAt(COMMA, this.#text, end);
    if (comma !== null && this.#isPair(name, at, dashes)) {
      const from = end + comma[0].length;
      const value = quotedAt(this.#text, from, this.#limit(from, 2_000));
      if (value === undefined) return undefined;
      const inList = dashes === "" && this.#text[at - 1] !== "(" && !name.includes(".");
      if (inList && !/^\s{0,8}[\])}]/.test(this.#text.slice(value.end, value.end + 10))) return undefined;
      return this.#masked(name, value.from, value.to);
    }
    // As an item of a YAML list: - "--db_password", and its value in the next line.
    return dashes === "" ? undefined : this.#nextItem(name, end);
  }

  /** Whether a comma behind a quoted name leads to its value, and not to the next name of a list. */
  #isPair(name: string, at: number, dashes: string): boolean {
    if (dashes !== "" || /\w\.\w/.test(name)) return true;
    const before = this.#text.slice(Math.max(0, at - 3), at);
    return /[([{]\s{0,2}[bru]?$/.test(before);
  }

  /** Of `{"name": "PASSWORD", "value": "…"}`, also in YAML. */
  #ofEntry(name: string, at: number, end: number): Span | undefined {
    if (!NAMES_ENTRY.test(this.#before(at, 60))) return undefined;
    const behind = /^["']/.test(this.#text.slice(end, end + 1)) ? end + 1 : end;
    const sign = matchAt(VALUE_OF_ENTRY, this.#text, behind);
    if (sign === null) return undefined;
    const from = behind + sign[0].length;
    return sign[0].includes("\n")
      ? this.#masked(name, from, this.#limit(from, 20_000))
      : this.#valueInDocument(name, from, "");
  }

  #valueInDocument(name: string, from: number, quote: string): Span | undefined {
    const value = quotedAt(this.#text, from, this.#limit(from, 1_000_000));
    if (value !== undefined) {
      const span = this.#withScheme(name, value.from, value.to);
      if (span === undefined || value.closed || value.quote === "") return span;
      return { ...span, put: `***${value.quote}` };
    }
    const array = matchAt(ARRAY, this.#text, from);
    if (array !== null) return this.#masked(name, from + 1, from + array[0].replace(/\]$/, "").length);
    const bare = matchAt(BARE_IN_DOCUMENT, this.#text, from);
    if (bare === null || bare[0].startsWith("{") || (quote !== "" && CODE.test(bare[0]))) return undefined;
    return this.#masked(name, from, from + trimmedEnd(bare[0], "\\").length);
  }

  /** `<password>…</password>`, and an element with the name in front of one with the value. */
  #inElement(name: string, at: number, end: number): Span | undefined {
    const before = this.#before(at, 40);
    if (/<(?:[\w-]{1,20}:)?$/.test(before)) {
      const content = matchAt(CONTENT, this.#text, end);
      return content === null ? undefined : this.#upToTag(name, end + content[0].length);
    }
    if (!before.endsWith(">")) return undefined;
    const next = matchAt(NEXT_ELEMENT, this.#text, end);
    return next === null ? undefined : this.#upToTag(name, end + next[0].length);
  }

  #upToTag(name: string, from: number): Span | undefined {
    const rest = this.#text.slice(from, from + 5_000);
    const content = rest.split("<", 1)[0]?.split("]]>", 1)[0]?.split("\n\n", 1)[0] ?? "";
    return this.#masked(name, from, from + content.trimEnd().length);
  }

  /** `password=…`, `password: …`. */
  #behindSign(name: string, at: number, end: number, quote: string): Span | undefined {
    const sign = matchAt(SIGN, this.#text, end);
    if (sign === null) return undefined;
    const from = end + sign[0].length;
    const { start, end: lineEnd } = this.#line;
    const atLineStart =
      LINE_START.test(this.#text.slice(start, Math.min(at, start + 100))) && at - start < 100;
    const colon = sign[0].includes(":");
    if (colon) {
      const block = this.#block(name, start, from);
      if (block !== undefined) return block;
    }
    if (from >= lineEnd && sign[0].trim() !== "%3D") return undefined;
    if (/cookie$/i.test(name) && colon)
      return this.#masked(name, from, this.#endOfString(quote, from) ?? this.#quoteOrEnd(from, lineEnd));
    if (quote !== "" && from < lineEnd) {
      // "PASSWORD=value", as `docker inspect` prints an environment.
      const to = endOf(quote, this.#text, from, lineEnd);
      if (to !== undefined || quote.length > 1) return this.#withScheme(name, from, to ?? lineEnd);
      if (!atLineStart) return this.#withScheme(name, from, lineEnd);
    }
    if (atLineStart) return this.#restOfLine(name, from, lineEnd);
    return this.#word(name, from, lineEnd, sign[0]);
  }

  #endOfString(quote: string, from: number): number | undefined {
    return quote === "" ? undefined : endOf(quote, this.#text, from, this.#line.end);
  }

  #quoteOrEnd(from: number, end: number): number {
    const quote = this.#text.slice(from, end).search(/["']/);
    return quote < 0 ? end : from + quote;
  }

  #restOfLine(name: string, from: number, lineEnd: number): Span | undefined {
    const value = this.#text.slice(from, Math.min(lineEnd, from + 300));
    // libpq's: its password has a name of its own.
    if (CODE.test(value) || (/dsn$/i.test(name) && /\bpassword[ \t]{0,4}=/.test(value))) return undefined;
    const multi = /^(?:"""|''')/.test(value) ? quotedAt(this.#text, from, lineEnd) : undefined;
    if (multi?.closed) return this.#masked(name, multi.from, multi.to);
    const whole = trimmedEnd(value, " \t\r;,").replace(/^(["'])([^"']{0,200})\1$/, "$2");
    if (!holdsSecret(name, whole)) return undefined;
    return this.#withScheme(name, from, from + this.#text.slice(from, lineEnd).trimEnd().length);
  }

  /** A value within a line: a string, or what goes up to a space or the sign of a list. */
  #word(name: string, from: number, lineEnd: number, sign: string): Span | undefined {
    const value: Quoted | undefined = quotedAt(this.#text, from, lineEnd);
    if (value?.closed) {
      const scheme = matchAt(SCHEME, this.#text, value.from);
      if (scheme !== null && /authorization$/i.test(name))
        return { from: scheme.index + scheme[0].length, to: value.to };
      return holdsSecret(name, this.#text.slice(value.from, value.to)) ? { from, to: value.end } : undefined;
    }
    const array = matchAt(ARRAY, this.#text, from);
    if (array?.[0].startsWith('["') || array?.[0].startsWith("['"))
      return this.#valueInDocument(name, from, "");
    const from2 = value === undefined ? from : value.from;
    const scheme = /authorization$/i.test(name) ? matchAt(SCHEME, this.#text, from2) : null;
    const start = scheme === null ? from2 : from2 + scheme[0].length;
    if (scheme !== null && /digest|hmac/i.test(scheme[0])) return { from: start, to: lineEnd };
    const braced = matchAt(BRACED, this.#text, start);
    const bare = braced ?? matchAt(BARE, this.#text, start);
    if (bare === null) return undefined;
    let word = bare[0];
    if (sign.includes("%3")) word = word.split(/%26|%20|%0A/i)[0] ?? "";
    else if (CODE.test(word)) return undefined;
    // What closes brackets that were opened in front of the name, and the backslash of a quote behind it.
    word = trimmedEnd(word, "\\");
    if (braced === null && !/[([{]/.test(word)) word = trimmedEnd(word, ")]}.:");
    return this.#masked(name, start, start + word.length);
  }

  /** `--password …`, `proxy_set_header X-Api-Key …`, `PASSWORD '…'`, a line of .netrc or redis.conf. */
  #behindSpace(name: string, at: number, end: number, dashes: string, quote: string): Span | undefined {
    const { start, end: lineEnd } = this.#line;
    if (dashes !== "" && this.#isOption(at)) return this.#argument(name, end);
    const call = isPasswordName(name) ? matchAt(CALL, this.#text, end) : null;
    if (call !== null) {
      const value = quotedAt(this.#text, end + call[0].length, lineEnd);
      return value === undefined ? undefined : this.#masked(name, value.from, value.to);
    }
    const space = matchAt(/["']?[ \t]{1,40}/y, this.#text, end);
    if (space === null) return undefined;
    const told = this.#inSentence(name, end);
    if (told !== undefined) return told;
    const from = end + space[0].length;
    if (DIRECTIVE.test(this.#before(at, 60))) {
      if (/^\$[a-z]\w{0,60};/.test(this.#text.slice(from, from + 64))) return undefined;
      return this.#word(name, from, lineEnd, " ");
    }
    if (quote !== "") return undefined;
    if (/authorization$/i.test(name)) {
      const scheme = matchAt(/["']?(?:basic|bearer)[ \t]{1,20}/iy, this.#text, from);
      return scheme === null ? undefined : this.#word(name, from + scheme[0].length, lineEnd, " ");
    }
    if (!isPasswordName(name)) return undefined;
    if (quotedAt(this.#text, from, lineEnd)?.closed) return this.#word(name, from, lineEnd, " ");
    const rest = this.#text.slice(from, Math.min(lineEnd, from + 300));
    const alone =
      LINE_START.test(this.#text.slice(start, Math.min(at, start + 100))) &&
      /^\S{1,280};?\s{0,10}$/.test(rest);
    if (/_pass$/.test(name) || (!alone && !LOGIN.test(this.#before(at, 250)))) return undefined;
    return this.#word(name, from, lineEnd, " ");
  }

  /** `the password is …`: only what no sentence would go on with. */
  #inSentence(name: string, end: number): Span | undefined {
    const between = matchAt(SENTENCE, this.#text, end);
    if (between === null) return undefined;
    const value = matchAt(RANDOM, this.#text, end + between[0].length);
    if (value === null || CODE.test(value[0]) || /[=/]|\d\d:\d\d|^sha\d|^scram-|^pbkdf2/i.test(value[0]))
      return undefined;
    const word = trimmedEnd(value[0], ".,:;?!");
    return this.#masked(name, value.index, value.index + word.length);
  }

  #isOption(at: number): boolean {
    return at === 0 || /[\s"'=(\\[,]/.test(this.#text[at - 1] ?? "");
  }

  /** What follows an option: in the same line, in the next one, or as the next item of a list. */
  #argument(name: string, end: number): Span | undefined {
    const item = this.#nextItem(name, end);
    if (item !== undefined) return item;
    const space = matchAt(/(?:[ \t]{1,40}|\n)(?![ \t]{0,40}-)/y, this.#text, end);
    if (space === null) return undefined;
    const from = end + space[0].length;
    if (space[0] !== "\n") return this.#word(name, from, this.#line.end, " ");
    // Each argument on a line of its own, inside of a string of the shell.
    const value = matchAt(/(?:[^'\n]|'\\'')+/y, this.#text, from);
    return value === null ? undefined : this.#masked(name, from, from + value[0].length);
  }

  #nextItem(name: string, end: number): Span | undefined {
    const item = matchAt(/["']?[ \t]{0,8}\r?\n[ \t]{0,80}-[ \t]{1,8}/y, this.#text, end);
    if (item === null) return undefined;
    const from = end + item[0].length;
    return this.#masked(name, from, this.#limit(from, 20_000));
  }

  /** YAML's block scalars, and a value in the line below its name. */
  #block(name: string, start: number, from: number): Span | undefined {
    const head = matchAt(BLOCK_SCALAR, this.#text, from);
    const below = head ?? matchAt(/[ \t]{0,8}\r?\n/y, this.#text, from);
    if (below === null || from + below[0].length > this.#text.length) return undefined;
    const indent = matchAt(/[ \t]{0,80}(?:-[ \t]+)?/y, this.#text, start)?.[0].length ?? 0;
    const begin = from + below[0].length;
    let end = begin;
    for (let at = begin; at < Math.min(this.#text.length, begin + LONGEST_BLOCK); ) {
      const feed = this.#text.indexOf("\n", at);
      const next = feed < 0 ? this.#text.length : feed;
      const depth = matchAt(/[ \t]*/y, this.#text, at)?.[0].length ?? 0;
      const blank = at + depth >= next;
      if (!blank && depth <= indent) break;
      if (!blank) end = next;
      at = next + 1;
    }
    const block = this.#text.slice(begin, end);
    if (head === null && !/^\s{1,100}(?!-)[^\s:{}[\]]{1,500}\s{0,10}$/.test(block)) return undefined;
    const space = block.search(/\S/);
    if (space < 0 || !isSecretName(name)) return undefined;
    return { from: begin + space, to: begin + block.length };
  }

  /** Keeps the name of a scheme in front of what authorizes. */
  #withScheme(name: string, from: number, to: number): Span | undefined {
    const scheme = /authorization$/i.test(name) ? matchAt(SCHEME, this.#text, from) : null;
    const start = scheme === null ? from : from + scheme[0].length;
    return this.#masked(name, start, to);
  }

  #masked(name: string, from: number, to: number): Span | undefined {
    if (to <= from) return undefined;
    const value = to - from > 300 ? this.#text.slice(from, from + 301) : this.#text.slice(from, to);
    const known = isSecretName(name) ? name : "secret";
    return holdsSecret(known, value.trim()) ? { from, to } : undefined;
  }

  /** The end of the line in which a place lies, which may be another than that of the name. */
  #limit(from: number, most: number): number {
    if (from <= this.#line.end) return Math.min(this.#line.end, from + most);
    const length = this.#text.slice(from, from + Math.min(most, LONGEST_BLOCK)).search(/[\n\0]/);
    return length < 0 ? Math.min(this.#text.length, from + Math.min(most, LONGEST_BLOCK)) : from + length;
  }
}

/** Where the values of names stand that are the names of secrets. */
export function valuesBehindNames(text: string): Span[] {
  return new Reader(text).read();
}
