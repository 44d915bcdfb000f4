/**
 * Text from anywhere as one line: for outputs, annotations, names and whatever else a program reads line by line. What ends
 * a line, commands a terminal, reverses the direction of writing or cannot be seen never leaves the action.
 */

/** What ends a line somewhere (POSIX, Windows, Unicode), and the tab. */
const ENDS = /[\t\n\v\f\r\u0085\u2028\u2029]+/g;
/** Controls, bidirectional and other formats, and what is drawn as nothing. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;
/** Of them, what no command for a person may hold; one that is only a part of an emoji is no exception. */
const ANY_UNSEEN = new RegExp(UNSEEN.source, "u");

/**
 * @param text any text
 * @param most characters that are kept; a longer text ends with an ellipsis
 * @returns the same in one line: line ends become spaces, other characters that cannot be seen are dropped
 */
export function oneLine(text: string, most = Number.POSITIVE_INFINITY): string {
  // Cut once before it is looked at: a host may print megabytes.
  const line = text
    .slice(0, most === Number.POSITIVE_INFINITY ? undefined : most * 4)
    .toWellFormed()
    .replaceAll(ENDS, " ")
    .replaceAll(UNSEEN, "");
  return line.length <= most ? line : `${line.slice(0, most - 1).replace(/\p{Cs}$/u, "")}…`;
}

/** Whether a text is one line that shows everything it holds. */
export function isPlainLine(text: string): boolean {
  return text.isWellFormed() && !ANY_UNSEEN.test(text);
}

/**
 * A sentence for a workflow that may print it with `echo`: one line, in which the runner finds no command. It obeys
 * `::command::` at the beginning of a line (and dash's `echo` makes a line of the two characters `\n`), and the older
 * `##[command]` anywhere. Both are broken by a space that a person sees; addresses such as `2001:db8::1` stay whole. Only
 * for prose: what programs compare (status, cause, names of remedies) is our own vocabulary and needs none of this.
 */
export function sentence(text: string): string {
  return oneLine(text)
    .replaceAll("##[", "## [")
    .replace(/^\s*::/, ": :")
    .replaceAll(/::(?=[\da-f]*[g-z_-])/gi, ": :");
}
