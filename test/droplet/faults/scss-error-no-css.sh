#!/bin/bash
# SCSS that does not parse came with a deploy of the shop's addon, and somebody deleted the rows of all bundles in the
# hope that it helps: there is no old one left to fall back on. Odoo 14 answers 200 with a login page that links no
# style sheet of its frontend at all, and has a script inline that shows the error (`__assetsBundleErrorSeen`); every
# bundle that is asked for is good. The log has the compiler's words, as a WARNING.
# expected-cause: assets-poisoned
# symptom: proxy=200 direct=200 odoo=running db=running page=login+style-error bundles=same styles=1
# odoo-log: This error occured while compiling the bundle 'web.assets_frontend'
# within: 60

break_it() {
  local addon=$DIRECTORY/addons/shop_notes
  mkdir -p "$addon/static/src/scss"
  echo '.o_shop_banner { color: #ff0000; ' >"$addon/static/src/scss/shop.scss"
  add_to_frontend '<link rel="stylesheet" type="text/scss" href="/shop_notes/static/src/scss/shop.scss"/>'
  sql "$DATABASE" <<<"DELETE FROM ir_attachment WHERE $BUNDLES"
  update_addon
}

undo_it() {
  restore_project
  restore_database
  restore_filestore
}
