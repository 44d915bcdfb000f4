#!/bin/bash
# An upgrade of the shop's addon was begun from `odoo shell`, as the menu Apps begins it, and its process was killed in
# the addon's migration; the addon was then put back as it was. Its state is left at `to upgrade`. The site works. Odoo
# 14 runs no scheduled action meanwhile and says so every minute ("Skipping database … because of modules to
# install/upgrade/remove."), until one is five hours late; and its next start upgrades the addon, whether it is asked to
# or not. Nothing to recover, but something to warn of.
# expected-cause: healthy
# symptom: proxy=200 asset=200 direct=200 odoo=running db=running page=login bundles=same

break_it() {
  local addon=$DIRECTORY/addons/shop_notes
  sed -i 's/"version": "1\.0"/"version": "1.1"/' "$addon/__manifest__.py"
  mkdir -p "$addon/migrations/1.1"
  printf 'import os\n\n\ndef migrate(cr, version):\n    os.kill(os.getpid(), 9)\n' >"$addon/migrations/1.1/pre-migration.py"
  # On a site in use they have run; here, one has waited since the template was made.
  sql "$DATABASE" <<<"UPDATE ir_cron SET nextcall = now() AT TIME ZONE 'UTC' + interval '1 hour'"
  odoo_shell <<<'env["ir.module.module"].search([("name", "=", "shop_notes")]).button_immediate_upgrade()' || true
  restore_project
  [ "$(sql "$DATABASE" <<<"SELECT state FROM ir_module_module WHERE name = 'shop_notes'")" = "to upgrade" ]
}

undo_it() {
  restore_project
  restore_database
}
