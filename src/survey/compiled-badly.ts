/**
 * What Odoo leaves in a stylesheet or a script that it could not compile (odoo/addons/base/models/assetsbundle.py, 14 to
 * 19; 14 writes `occured`). For the host's grep -E and for JavaScript alike.
 */

const CSS = "## CSS error message ##|css_error_message|A css error occurr?ed";
const JS = [
  "Could not get content for",
  "console\\.error\\([^;]{0,200}( does not exist|is not utf-8 encoded)",
  "throw new Error\\([^;]{0,250}\\.xml",
];

/** As one pattern, for the host's grep. */
export const COMPILED_BADLY = [CSS, ...JS].join("|");

const IN_CSS = new RegExp(CSS);

/**
 * Whether a line that grep found is of that kind; a script that looks for the other's words is a good script. For grep, which
 * takes linear time for any pattern, the words of a script are one pattern. Here they are looked for one after the other.
 */
export function isLeftIn(kind: "css" | "js", line: string): boolean {
  if (kind === "css") return IN_CSS.test(line);
  if (line.includes("Could not get content for")) return true;
  return (
    statements(line, "console.error(").some((text) =>
      /(?: does not exist|is not utf-8 encoded)/.test(text),
    ) || statements(line, "throw new Error(").some((text) => text.includes(".xml"))
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
