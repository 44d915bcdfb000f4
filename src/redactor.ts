/**
 * The one redactor. Nothing is printed or written that did not pass it: the runner masks the log, the summary and the
 * annotations, but no file.
 *
 * Two nets: the very values that we know to be secret (inputs, and what a survey found in the containers' environment),
 * and the places where a secret stands by its form (`password=…`, `scheme://user:password@`, private key blocks). The
 * second also catches short values such as the official image's password `odoo`, which cannot be masked everywhere
 * without turning a report into `***`.
 *
 * What belongs to the site's customers is cut as well (customer-data/).
 */

import { CustomerDataCutter, logWithoutCustomerData, withoutCustomerData } from "./customer-data/cutter.ts";

const MASK = "***";

/** Shorter values are masked only where they stand as a value. */
const SHORTEST_MASKED_EVERYWHERE = 8;

/** What makes a name the name of a secret. */
const TELLING =
  "(?:passw(?:or)?d|passphrase|pass(?![a-z])|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|[a-z][_-]key(?![\\w-])|credentials?|session_id|[a-z]_dsn(?![a-z]))";

/**
 * A whole name with such a word in it: `db_password`, `--admin-token`, `smtp.pass`. It is tried only where a name
 * begins, so that a megabyte of letters costs no more than its length.
 */
const NAME = String.raw`(?<![\w.-])(?=[\w.-]*${TELLING})[\w.-]+`;
/** A string with its escapes; its end may have been cut off. */
const DOUBLE = String.raw`"(?:[^"\\\n]|\\.)*"?`;
const SINGLE = String.raw`'(?:[^'\\\n]|\\.)*'?`;

/** The same inside of a string, as a log prints JSON: up to the quote with one backslash in front. */
const INNER = String.raw`(?:[^"\\\n]|\\\\(?:\\")?)*`;
/** A word of nginx's configuration. */
const WORD = String.raw`(?:"[^"\n]*"?|'[^'\n]*'?|[^\s"';)]+)`;

const form = (pattern: string, flags = ""): RegExp => new RegExp(pattern, `gi${flags}`);

const FORMS: readonly (readonly [RegExp, string | ((whole: string) => string)])[] = [
  [
    // Where its end is missing, as far as the lines look like one: the rest of a log is not lost.
    /-----BEGIN ([A-Z ]{0,40}PRIVATE KEY[A-Z ]{0,40})-----(?:(?:(?!-----BEGIN )[\s\S]){0,20000}?-----END \1-----|(?:(?:\s|\\[nr])+(?:\d{4}-\d\d-\d\dT[\d:.]+Z )?(?:[\w-]+: [\w,-]+|[\w+/=]+)(?=\s|\\|$))*)/g,
    `-----BEGIN $1----- ${MASK}`,
  ],
  [/AGE-SECRET-KEY-[0-9A-Z]+/gi, MASK],
  // "PASSWORD": "value", and the same inside of a JSON string
  [form(String.raw`("${NAME}"\s*:\s*)${DOUBLE}`), `$1"${MASK}"`],
  [form(String.raw`(\\"${NAME}\\"\s*:\s*\\")${INNER}`), `$1${MASK}`],
  [form(String.raw`(\\{2,8}"${NAME}\\{2,8}"\s*:\s*\\{2,8}")[^"\\\n]*`), `$1${MASK}`],
  // 'password': 'value', as Python prints a dict
  [form(`('${NAME}'\\s*:\\s*)(?:${SINGLE}|${DOUBLE})`), `$1'${MASK}'`],
  // "PASSWORD=value", as `docker inspect` prints an environment
  [form(String.raw`(\\"${NAME}=)${INNER}`), `$1${MASK}`],
  [form(String.raw`((?<!\\)"${NAME}=)(?:[^"\\\n]|\\.)*`), `$1${MASK}`],
  [form(String.raw`('${NAME}=)(?:[^'\\\n]|\\.)*`), `$1${MASK}`],
  // "--db_password", "value", as it prints arguments
  [form(String.raw`(\\"(?:(?=-)${NAME}|-w)\\"\s*,\s*\\")${INNER}`), `$1${MASK}`],
  [form(`("(?=-)${NAME}"\\s*,\\s*)${DOUBLE}`), `$1"${MASK}"`],
  [form(`('(?=-)${NAME}'\\s*,\\s*)${SINGLE}`), `$1'${MASK}'`],
  [form(`("-w"\\s*,\\s*)${DOUBLE}`), `$1"${MASK}"`],
  [form(`('-w'\\s*,\\s*)${SINGLE}`), `$1'${MASK}'`],
  // The same as items of a YAML list
  [form(`^([ \\t]*-[ \\t]+["']?(?:(?=-)${NAME}|-w)["']?[ \\t]*\\n[ \\t]*-[ \\t]+)\\S.*$`, "m"), `$1${MASK}`],
  // A line of a configuration or an environment file: its value goes up to the line's end
  [form(`^([ \\t]*(?:export[ \\t]+|-[ \\t]+)?${NAME}[ \\t]*[=:][ \\t]*)\\S.*$`, "m"), `$1${MASK}`],
  // curl -u user:password, and as arguments in JSON
  [
    /((?<![\w-])(?:-u|--user|--proxy-user|-U)(?:[ \t]+|=|\\?"\s*,\s*\\?")["']?[\w.@+-]{1,64}:)(?!\d+\b)[^\s"'\\,]+/g,
    `$1${MASK}`,
  ],
  // nginx: if ($http_x_api_key = "value"), map $http_x_api_key $known { "value" 1; }, secure_link_md5 "$uri value";
  [
    form(
      String.raw`(\$(?:arg|http|cookie)_(?=\w*(?:${TELLING}|authorization))\w+[ \t]*!?[=~]\*?[ \t]*)${WORD}`,
    ),
    `$1${MASK}`,
  ],
  [/(?<![\w-])map\s+\S{1,200}\s+\$\w{1,100}\s*\{[^{}]{0,50000}\}/g, mapWithoutSecrets],
  [/((?<![\w-])secure_link_md5[ \t]+)(?:"[^"\n]*"?|'[^'\n]*'?|[^\s;]+)/g, `$1${MASK}`],
  // nginx: proxy_set_header X-Api-Key "value";
  [
    form(
      `((?<![\\w-])(?:(?:proxy|grpc)_set_header|add_header|(?:fastcgi|uwsgi|scgi)_param|set)[ \\t]+["']?\\$?${NAME}["']?[ \\t]+)("[^"\\n]*"?|'[^'\\n]*'?|[^\\s"';]+)`,
    ),
    `$1${MASK}`,
  ],
  // PASSWORD=value, password = value, password: value, --db_password=value
  // What is masked already keeps the bracket or the backslash behind it.
  [
    form(
      `(${NAME}[ \\t]*[=:][ \\t]*)(?!\\*\\*\\*(?:[\\s"',;&)\\]}\\\\]|$))("[^"\\n]*"?|'[^'\\n]*'?|[^\\s"',;&]+)`,
    ),
    `$1${MASK}`,
  ],
  // --db_password value, and -w value, which is Odoo's short form of it
  [form(`((?=-)${NAME}[ \\t]+)(?!-)("[^"\\n]*"?|'[^'\\n]*'?|[^\\s"',;]+)`), `$1${MASK}`],
  [/((?<![\w.-])-w[ \t]+)(?!-)[^\s"',;]+/g, `$1${MASK}`],
  // The same with each argument on a line of its own, as the programs for a host are told them
  [form(String.raw`((?=-)${NAME}\n)(?![ \t]*-)(?:[^'\n]|'\\'')+`), `$1${MASK}`],
  [/((?<![\w.-])-w\n)(?![ \t]*-)(?:[^'\n]|'\\'')+/g, `$1${MASK}`],
  // scheme://user:password@host
  [/((?<![a-z0-9])[a-z][a-z0-9+.-]{0,40}:\/\/[^\s:/@"']*:)[^\s/"']+@/gi, `$1${MASK}@`],
  [
    /((?<![\w-])(?:proxy-)?authorization(?:\\?["']?\s*[:=]\s*\\?["']?|[ \t]+["']?(?=(?:basic|bearer)\s))(?:(?:basic|bearer|token|digest|negotiate)\s+)?)[^\s"'\\]+/gi,
    `$1${MASK}`,
  ],
  [/((?<![\w-])(?:set-)?cookie\\?["']?\s*:\s*\\?["']?)[^\s"'\\][^\n"'\\]*/gi, `$1${MASK}`],
  // https://key@host, as Sentry writes it; a user's name is shorter, or has no number in it
  [/(?<=:\/\/)(?=[A-Za-z_-]*\d)[\w-]{16,100}(?=@[\w.-]+)/g, MASK],
  // Hashes of passwords: of htpasswd, of /etc/shadow, of Odoo; Compose doubles the dollars.
  [
    /\${1,2}(?:(?:apr1|2[abxy]|argon2\w{0,2}|pbkdf2[\w-]{0,20})\${1,2}[\w./+=,$-]{8,}|[156y]\${1,2}[\w./=,]{1,40}\${1,2}[\w./]{20,})/g,
    MASK,
  ],
  // By how those who hand them out begin them
  [
    /(?<![\w-])(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|glpat-[\w-]{20,}|(?:AKIA|ASIA)[A-Z0-9]{16}|do[opr]_v1_[a-f0-9]{64}|(?:[sr]k_(?:live|test)|whsec)_[A-Za-z0-9]{16,}|xox[a-z]-[\w-]{10,}|AIza[\w-]{35}|SG\.[\w-]{16,}\.[\w-]{16,}|key-[0-9a-f]{32}|npm_[A-Za-z0-9]{36})(?!\w)/g,
    MASK,
  ],
  [/(?<![\w-])eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]*/g, MASK],
];

const TELLS = new RegExp(`${TELLING}|authorization`, "i");

/** `map SOURCE $TARGET { KEY VALUE; … }`: what a secret is compared with, and what becomes one. */
function mapWithoutSecrets(block: string): string {
  const [, head = "", source = "", target = "", body = ""] =
    /^(map\s+(\S+)\s+(\$\w+)\s*\{)([\s\S]*)$/.exec(block) ?? [];
  const [keys, values] = [TELLS.test(source), TELLS.test(target)];
  if (!keys && !values) return block;
  return `${head}${body.replaceAll(
    /^([ \t]*)(?!#|default\b|include\b|hostnames\b|volatile\b)("[^"\n]*"|'[^'\n]*'|[^\s;"'{}]+)([ \t]+)("[^"\n]*"|'[^'\n]*'|[^\s;]+)/gm,
    (_, space: string, key: string, between: string, value: string) =>
      `${space}${keys ? MASK : key}${between}${values ? MASK : value}`,
  )}`.replace(/(\n[ \t]*default[ \t]+)("[^"\n]*"|'[^'\n]*'|[^\s;]+)/, values ? `$1${MASK}` : "$1$2");
}

const SECRET_KEY = new RegExp(`^${NAME}$`, "i");

export class Redactor {
  readonly #secrets = new Set<string>();
  readonly #names = new Set<string>();
  readonly #told = new Set<string>();
  #ordered: string[] = [];

  /**
   * Learns values that must never appear. Left to the forms are values shorter than 8 characters, and those that are the
   * name of something too: masked everywhere, they would take what a report is about out of it. A value of several lines
   * is learnt line by line too, since logs are masked line by line.
   *
   * @param names of services, users and databases, which stay readable where they do not stand as a secret
   * @returns the values that are masked everywhere, new ones only (for the runner's own masking)
   */
  learn(secrets: Iterable<string>, names: Iterable<string> = []): string[] {
    const before = this.#secrets.size + this.#names.size;
    for (const name of names) this.#names.add(name.trim());
    for (const secret of secrets) this.#secrets.add(secret);
    if (this.#secrets.size + this.#names.size === before) return [];
    const everywhere = new Set(
      [...this.#secrets]
        .filter((secret) => !this.#names.has(secret.trim()))
        .flatMap(spellings)
        .filter((spelling) => spelling.length >= SHORTEST_MASKED_EVERYWHERE),
    );
    this.#ordered = [...everywhere].sort((a, b) => b.length - a.length);
    const added = [...everywhere].filter((spelling) => !this.#told.has(spelling));
    for (const spelling of added) this.#told.add(spelling);
    return added;
  }

  /** Neither secrets nor customers' data. */
  text(text: string): string {
    return this.secrets(withoutCustomerData(this.#withoutValues(text)));
  }

  /** The same for a log of which only the end was kept. */
  log(text: string): string {
    return this.secrets(logWithoutCustomerData(this.#withoutValues(text)));
  }

  /** The same for text that comes in pieces: what may go on is held back. Whole lines come out. */
  stream(): { push(piece: string): string; end(): string } {
    const cutter = new CustomerDataCutter();
    let rest = "";
    return {
      push: (piece) => {
        const lines = (rest + piece).split("\n");
        rest = lines.pop() ?? "";
        const whole = lines.map((line) => `${line}\n`).join("");
        return this.secrets(cutter.push(this.#withoutValues(whole)));
      },
      end: () => {
        const last = cutter.push(this.#withoutValues(rest)) + cutter.end();
        rest = "";
        return this.secrets(last);
      },
    };
  }

  /** Only without secrets: for programs of ours, which hold no customers' data. */
  secrets(text: string): string {
    let clean = this.#withoutValues(text);
    for (const [pattern, put] of FORMS)
      clean = typeof put === "string" ? clean.replace(pattern, put) : clean.replace(pattern, put);
    // Once more: what was put together from the rest is no secret by chance.
    return this.#withoutValues(clean);
  }

  /** Until none is left: a mask may bring the two halves of a value together. Each turn makes the text shorter. */
  #withoutValues(text: string): string {
    let clean = text;
    let length: number;
    do {
      length = clean.length;
      for (const value of this.#ordered) clean = clean.replaceAll(value, MASK);
    } while (clean.length < length);
    return clean;
  }

  /**
   * Every string inside a piece of data, keys included, and what stands under the name of a secret; the data itself is
   * left as it was.
   */
  data<T>(data: T): T {
    return this.#visit(data) as T;
  }

  #visit(data: unknown): unknown {
    if (typeof data === "string") return this.text(data);
    if (Array.isArray(data)) return data.map((item) => this.#visit(item));
    if (data !== null && typeof data === "object") {
      return Object.fromEntries(
        Object.entries(data).map(([key, value]) => [
          this.text(key),
          typeof value === "string" && value !== "" && SECRET_KEY.test(key) ? MASK : this.#visit(value),
        ]),
      );
    }
    return data;
  }
}

/** How a secret may be written: as it is, line by line, in a URL, in JSON (also as Go writes it), in base64. */
function spellings(secret: string): string[] {
  const whole = secret.trim();
  const lines = /[\r\n]/.test(whole) ? whole.split(/[\r\n]+/).map((line) => line.trim()) : [];
  const base64 = Buffer.from(whole).toString("base64").replace(/=+$/, "");
  return [whole, ...lines].flatMap(written).concat(base64, base64.replaceAll("+", "-").replaceAll("/", "_"));
}

function written(text: string): string[] {
  const json = JSON.stringify(text).slice(1, -1);
  const go = json.replaceAll("&", "\\u0026").replaceAll("<", "\\u003c").replaceAll(">", "\\u003e");
  return [text, encodeURIComponent(text.toWellFormed()), json, go];
}
