/**
 * The one redactor. Nothing is printed or written that did not pass it: the runner masks the log, the summary and the
 * annotations, but no file.
 *
 * Two nets: the very values that we know to be secret (inputs, and what a survey found in the containers' environment),
 * and the places where a secret stands by its form (`password=…`, `scheme://user:password@`, private key blocks). The
 * second also catches short values such as the official image's password `odoo`, which cannot be masked everywhere
 * without turning a report into `***`.
 */

const MASK = "***";

/** Shorter values are masked only where they stand as a value. */
const SHORTEST_MASKED_EVERYWHERE = 8;

const SECRET_NAME =
  "[A-Za-z0-9_.-]*(?:passw(?:or)?d|passwd|passphrase|pwd|secret|token|api_?key|access_?key|private_?key|credentials?)[A-Za-z0-9_]*";

const FORMS: readonly [RegExp, string][] = [
  [
    /-----BEGIN ([A-Z ]*PRIVATE KEY[A-Z ]*)-----[\s\S]*?(?:-----END \1-----|$)/g,
    `-----BEGIN $1----- ${MASK}`,
  ],
  // "PASSWORD": "value"
  [new RegExp(String.raw`("${SECRET_NAME}"\s*:\s*)"(?:[^"\\]|\\.)*"`, "gi"), `$1"${MASK}"`],
  // 'password': 'value', as Python prints a dict
  [new RegExp(String.raw`('${SECRET_NAME}'\s*:\s*)'(?:[^'\\]|\\.)*'`, "gi"), `$1'${MASK}'`],
  // PASSWORD=value, password = value, password: value, --db_password=value
  [
    new RegExp(String.raw`(\b|--?|_)(${SECRET_NAME})(\s*=\s*|:\s+)("[^"\n]*"|'[^'\n]*'|[^\s"',;&]+)`, "gi"),
    `$1$2$3${MASK}`,
  ],
  // --db_password value, -w value in Odoo's arguments
  [new RegExp(String.raw`(--?${SECRET_NAME})(\s+)(?!-)([^\s"',;]+)`, "gi"), `$1$2${MASK}`],
  // scheme://user:password@host
  [/([a-z][a-z0-9+.-]*:\/\/[^\s:/@"']*:)[^\s@/"']+@/gi, `$1${MASK}@`],
  [/\b(authorization\s*:\s*(?:basic|bearer|token)\s+)[^\s"']+/gi, `$1${MASK}`],
  [
    /\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}|AKIA[A-Z0-9]{16}|dop_v1_[a-f0-9]{64})\b/g,
    MASK,
  ],
  [/\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]*/g, MASK],
];

export class Redactor {
  readonly #values = new Set<string>();
  #ordered: string[] = [];

  /**
   * Learns values that must never appear. Values shorter than 8 characters are left to the forms. A value of several
   * lines is learnt line by line too, since logs are masked line by line.
   *
   * @returns the values that are masked everywhere, new ones only (for the runner's own masking)
   */
  learn(secrets: Iterable<string>): string[] {
    const added: string[] = [];
    for (const secret of secrets) {
      for (const spelling of spellings(secret)) {
        if (spelling.length < SHORTEST_MASKED_EVERYWHERE || this.#values.has(spelling)) continue;
        this.#values.add(spelling);
        added.push(spelling);
      }
    }
    if (added.length > 0) this.#ordered = [...this.#values].sort((a, b) => b.length - a.length);
    return added;
  }

  text(text: string): string {
    let clean = text;
    for (const value of this.#ordered) clean = clean.replaceAll(value, MASK);
    for (const [form, replacement] of FORMS) clean = clean.replace(form, replacement);
    return clean;
  }

  /** Every string inside a piece of data, keys included; the data itself is left as it was. */
  data<T>(data: T): T {
    return this.#visit(data) as T;
  }

  #visit(data: unknown): unknown {
    if (typeof data === "string") return this.text(data);
    if (Array.isArray(data)) return data.map((item) => this.#visit(item));
    if (data !== null && typeof data === "object") {
      return Object.fromEntries(
        Object.entries(data).map(([key, value]) => [this.text(key), this.#visit(value)]),
      );
    }
    return data;
  }
}

/** How a secret may be written: as it is, line by line, in a URL, in JSON, in base64. */
function spellings(secret: string): string[] {
  const whole = secret.trim();
  const lines = whole.includes("\n") ? whole.split(/\r?\n/).map((line) => line.trim()) : [];
  return [whole, ...lines].flatMap((text) => [
    text,
    encodeURIComponent(text.toWellFormed()),
    JSON.stringify(text).slice(1, -1),
    Buffer.from(text).toString("base64"),
  ]);
}
