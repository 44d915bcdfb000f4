/**
 * What Odoo leaves in a stylesheet or a script that it could not compile (odoo/addons/base/models/assetsbundle.py, 14 to
 * 19; 14 writes `occured`). For the host's grep -E and for JavaScript alike.
 */

const CSS = ["## CSS error message ##", "css_error_message", "A css error occurr?ed"];
const JS = [
  "Could not get content for",
  "console\\.error\\([^;]{0,200}( does not exist|is not utf-8 encoded)",
  "throw new Error\\([^;]{0,250}\\.xml",
];

/** As one pattern. */
export const COMPILED_BADLY = [...CSS, ...JS].join("|");

/** Of each kind; a script that looks for the other's words is a good script. */
export const LEFT_IN = { css: new RegExp(CSS.join("|")), js: new RegExp(JS.join("|")) } as const;
