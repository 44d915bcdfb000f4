#!/bin/bash
# A deploy changed the stylesheet of the shop's addon, updated the addon beside the serving Odoo, and compiled the bundle
# in `odoo shell`, to have it ready. Odoo 14 then took the older row away, and neither command tells the serving workers:
# they remember the tag that they rendered, and every page goes on asking for an id that is no more. The stylesheet is a
# 404 and nothing is logged; whatever else the page asks for is there.
# expected-cause: assets-stale
# symptom: proxy=200 direct=200 odoo=running db=running page=login bundles=missing+same styles=2

break_it() {
  local addon=$DIRECTORY/addons/shop_notes odoo
  odoo=$(container_of "$ODOO_SERVICE")
  every_worker_answers
  mkdir -p "$addon/static/src/scss"
  echo '.o_shop_banner { color: #123456; }' >"$addon/static/src/scss/shop.scss"
  add_to_frontend '<link rel="stylesheet" type="text/scss" href="/shop_notes/static/src/scss/shop.scss"/>'
  docker exec "$odoo" /entrypoint.sh odoo -d "$DATABASE" -u shop_notes --no-http --stop-after-init
  docker exec -i "$odoo" /entrypoint.sh odoo shell -d "$DATABASE" --no-http <<'PYTHON'
env['ir.qweb']._get_asset_nodes('web.assets_frontend', {}, css=True, js=False)
env.cr.commit()
PYTHON
}

undo_it() {
  restore_project
  restore_database
  restore_filestore
}
