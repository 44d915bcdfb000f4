/** How a signature recognises its line: an expression, or two of them with something between. */

/** A RegExp is one. */
export interface Pattern {
  /** @returns the words that it matches, first; null where there are none */
  exec(text: string): readonly string[] | null;
  test(text: string): boolean;
}

/** The most characters between the beginning and the end of a span. */
const MOST_BETWEEN = 300;
/** Characters of a beginning: `failed to register layer`. */
const MOST_BEGINNING = 40;

/**
 * Words that begin like this, go on with anything, and end like that. One expression for it would go to the end of a line
 * from each of its beginnings, so this looks for the end, and then not far before it for the first beginning.
 *
 * @param most characters between the two
 */
export function span(beginning: RegExp, end: string, most: number = MOST_BETWEEN): Pattern {
  const exec = (text: string): readonly string[] | null => {
    for (let at = text.indexOf(end); at >= 0; at = text.indexOf(end, at + end.length)) {
      const window = text.slice(Math.max(0, at - most - MOST_BEGINNING), at);
      const found = beginning.exec(window);
      if (found !== null) return [window.slice(found.index) + end];
    }
    return null;
  };
  return { exec, test: (text) => exec(text) !== null };
}

/** The first of several that matches. */
export function anyOf(...patterns: readonly [Pattern, ...Pattern[]]): Pattern {
  const exec = (text: string): readonly string[] | null => {
    for (const pattern of patterns) {
      const found = pattern.exec(text);
      if (found !== null) return found;
    }
    return null;
  };
  return { exec, test: (text) => exec(text) !== null };
}
