/** String functions in the place of expressions that would take quadratic time: they may be given text of a host. */

/** @returns the text without any of the characters at its end: `withoutEnd("a = b; .", " .;")` is `a = b` */
export function withoutEnd(text: string, characters: string): string {
  let end = text.length;
  while (end > 0 && characters.includes(text.charAt(end - 1))) end -= 1;
  return text.slice(0, end);
}

/** @returns the text without the words at its end, however often they stand there: werkzeug's ` - - -` */
export function withoutEndings(text: string, words: string): string {
  let end = text.length;
  while (text.endsWith(words, end) && end > 0) end -= words.length;
  return text.slice(0, end);
}

/** @returns what stands between the first `before` and the next `after`; undefined where they are not there */
export function between(text: string, before: string, after: string): string | undefined {
  const at = text.indexOf(before);
  const start = at + before.length;
  const end = at < 0 ? -1 : text.indexOf(after, start);
  return end < 0 ? undefined : text.slice(start, end);
}
