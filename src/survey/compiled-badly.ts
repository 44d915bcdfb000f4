/**
 * What Odoo leaves in a stylesheet or a script that it could not compile (odoo/addons/base/models/assetsbundle.py, 14 to
 * 19; 14 writes `occured`). The one list: for the host's grep -E, for Python's re and for JavaScript alike.
 *
 * Each kind has its own: Odoo's error dialog, which is part of good scripts from 18 on, has the words of a bad stylesheet
 * in it. What stands in a script is a statement of its own around a string in JSON, in which quotes are escaped.
 */
export const COMPILED_BADLY = {
  css: "## CSS error message ##|css_error_message|A css error occurr?ed",
  js: [
    'console\\.error\\("[\\\\"\']*(Could not get content for|File [^;]{1,250} does not exist|[^;]{1,250} is not utf-8 encoded)',
    'throw new Error\\("([^"\\\\]|\\\\.){0,250}\\.xml',
  ].join("|"),
} as const;

const IN_CSS = new RegExp(COMPILED_BADLY.css);

/**
 * Whether a line that grep found is of that kind. For grep, which takes linear time for any pattern, the words of a script
 * are one pattern. Here they are looked for one after the other.
 */
export function isLeftIn(kind: "css" | "js", line: string): boolean {
  if (kind === "css") return IN_CSS.test(line);
  return (
    statements(line, 'console.error("').some((text) =>
      /Could not get content for| does not exist| is not utf-8 encoded/.test(text),
    ) || statements(line, 'throw new Error("').some((text) => text.includes(".xml"))
  );
}

/** What stands behind these words, each time up to the end of the statement. */
function statements(line: string, beginning: string): string[] {
  return line
    .split(";")
    .flatMap((text) =>
      text.includes(beginning) ? [text.slice(text.indexOf(beginning) + beginning.length)] : [],
    );
}
