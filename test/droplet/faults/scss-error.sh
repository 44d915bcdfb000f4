#!/bin/bash
# A deploy of the shop's addon put SCSS with a variable that is not defined into the bundle of the login page. Odoo 14
# cannot compile the bundle and hands out the last one that it could, with 200 and as it was: each page links it by
# its old hash, which differs from the tag's data-asset-version, and has a script inline that shows the error to every
# visitor (`__assetsBundleErrorSeen`, "Style error", the compiler's words). The log has them too, as a WARNING, at each
# attempt to compile. Deleting the bundle's row now would leave the pages without any style.
# expected-cause: assets-poisoned
# symptom: proxy=200 asset=200 direct=200 odoo=running db=running page=login+style-error bundles=same styles=2
# odoo-log: Undefined variable: "$shop-brand-colour"
# within: 60

break_it() {
  local addon=$DIRECTORY/addons/shop_notes
  mkdir -p "$addon/static/src/scss"
  # shellcheck disable=SC2016 # a variable of SCSS's
  echo '.o_shop_banner { color: $shop-brand-colour; }' >"$addon/static/src/scss/shop.scss"
  add_to_frontend '<link rel="stylesheet" type="text/scss" href="/shop_notes/static/src/scss/shop.scss"/>'
  update_addon
}

undo_it() {
  restore_project
  restore_database
  restore_filestore
}
