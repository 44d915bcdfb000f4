/** Odoo's files, and the stylesheets and scripts that it compiles. */

import { signature } from "./signature.ts";

export const ODOO_ASSETS = [
  signature({
    id: "stored-file-denied",
    where: ["Odoo's log"],
    pattern: /Permission denied: '[^'\n]{1,160}\/filestore\b/,
    cause: "filestore-unreadable",
    means: "Odoo may not use a file of its own filestore",
    advice:
      "Give the filestore to the user as whom Odoo runs, from inside of the container: `docker exec -u 0 … chown -R odoo: /var/lib/odoo`. Delete no rows before: that makes it worse.",
    rulesOut: [{ remedy: "restart-odoo", why: "its files would belong to another user as before" }],
    source: "Odoo, odoo/addons/base/models/ir_attachment.py, _file_read",
  }),
  signature({
    id: "attachment-collides",
    where: ["Odoo's log"],
    pattern: /The attachment (?:is colliding|collides) with an existing file/,
    cause: "assets-corrupt",
    means: "a file in the filestore is not what its name says, and keeps Odoo from writing the right one",
    advice: "Move the files aside whose SHA-1 is not their name; Odoo then writes them anew by itself.",
    rulesOut: [{ remedy: "restart-odoo", why: "the damaged file would be in the way as before" }],
    source: "Odoo, odoo/addons/base/models/ir_attachment.py, _get_path",
  }),
  signature({
    id: "stored-file-missing",
    where: ["Odoo's log"],
    pattern: /No such file or directory: '[^'\n]{1,160}\/filestore\b/,
    cause: "assets-missing",
    means: "a file that the database names is not in the filestore",
    advice:
      "Look whether the right volume is mounted and `data_dir` is right. Users' files come back only from a backup; compiled stylesheets and scripts can be made anew.",
    source: "Odoo, odoo/addons/base/models/ir_attachment.py, _file_read",
  }),
  signature({
    id: "sassc-missing",
    where: ["Odoo's log"],
    pattern: /Could not execute command 'sassc'/,
    cause: "assets-poisoned",
    means: "the program that compiles stylesheets is not in the image",
    advice:
      "Build the image with `libsass` for Python (or with `sassc`), then have the stylesheets made anew.",
    source: "Odoo, odoo/addons/base/models/assetsbundle.py",
  }),
  signature({
    id: "bundle-source-missing",
    where: ["Odoo's log"],
    pattern: /Could not get content for [\w./-]{1,200}|File \/[\w./-]{1,200} does not exist\./,
    cause: "assets-poisoned",
    means: "a stylesheet or script that a module lists is not there",
    advice: "Put the file back, or take it out of the module's list, then update the module.",
    source: "Odoo, odoo/addons/base/models/assetsbundle.py, WebAsset",
  }),
  signature({
    id: "bundle-not-compiled",
    where: ["Odoo's log"],
    pattern: /This error occurr?ed while compiling the bundle '[\w.]{1,100}'/,
    cause: "assets-poisoned",
    means: "a stylesheet could not be compiled, and people get the old one or none",
    advice: "Mend the SCSS that the lines before it name, restart Odoo, and have the stylesheets made anew.",
    source: "Odoo, odoo/addons/base/models/assetsbundle.py, compile_css",
  }),
];
