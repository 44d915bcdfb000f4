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

/** The same, to look with. */
export const LEFT_IN = { css: new RegExp(COMPILED_BADLY.css), js: new RegExp(COMPILED_BADLY.js) } as const;
