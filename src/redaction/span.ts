/** A part of a text that is not to be shown, and how such parts are taken out. */

export const MASK = "***";

export interface Span {
  readonly from: number;
  readonly to: number;
  /** What stands there instead, {@link MASK} where nothing is said. */
  readonly put?: string;
}

/** The text with a mask in place of each span. Spans may overlap and come in any order; an empty one changes nothing. */
export function withoutSpans(text: string, spans: readonly Span[]): string {
  const ordered = spans.filter(({ from, to }) => from < to).sort((a, b) => a.from - b.from || b.to - a.to);
  let clean = "";
  let done = 0;
  for (const { from, to, put } of ordered) {
    if (to <= done) continue;
    // The rest of a span that goes on behind the one before belongs to the same mask.
    if (from >= done) clean += text.slice(done, from) + (put ?? MASK);
    done = to;
  }
  return clean + text.slice(done);
}

/** Reads a text from its beginning to its end, and knows where its lines are without looking twice. */
export class Lines {
  readonly #text: string;
  #start = 0;
  #end = -1;

  constructor(text: string) {
    this.#text = text;
  }

  /** @param at never less than in the call before */
  at(at: number): { start: number; end: number } {
    if (this.#end < 0) this.#end = this.#endFrom(0);
    while (at > this.#end) {
      this.#start = this.#end + 1;
      this.#end = this.#endFrom(this.#start);
    }
    return { start: this.#start, end: this.#end };
  }

  /** Lines end with a line feed, or with a NUL as in `/proc/1/environ`. */
  #endFrom(at: number): number {
    const feed = this.#next("\n", at);
    const nul = this.#next("\0", at);
    return Math.min(feed, nul);
  }

  readonly #known = new Map<string, number>();

  #next(character: string, at: number): number {
    const known = this.#known.get(character) ?? -1;
    if (known >= at) return known;
    const found = this.#text.indexOf(character, at);
    const next = found < 0 ? this.#text.length : found;
    this.#known.set(character, next);
    return next;
  }
}

/** What an expression says at a place, and only there. @param sticky has the flag `y` */
export function matchAt(sticky: RegExp, text: string, at: number): RegExpExecArray | null {
  sticky.lastIndex = at;
  return sticky.exec(text);
}

/** A text without these characters at its end; an expression for it would look at each of them again and again. */
export function trimmedEnd(text: string, characters: string): string {
  let end = text.length;
  while (end > 0 && characters.includes(text[end - 1] ?? "")) end--;
  return text.slice(0, end);
}
