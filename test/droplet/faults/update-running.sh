#!/bin/bash
# Somebody stopped Odoo and updates a module in a container of its own (`compose run --rm`). It is in the module's
# migration, which waits 120 s, or until the file go-on lies beside it ($KEEP/go-on is a link to it). The update then
# ends well, and Odoo stays stopped.
# expected-cause: in-progress
# symptom: proxy=502 asset=502 direct=refused odoo=exited db=running work=update

break_it() {
  local addon=$DIRECTORY/addons/shop_notes
  dc stop "$ODOO_SERVICE"
  sed -i 's/"version": "1\.0"/"version": "1.1"/' "$addon/__manifest__.py"
  mkdir -p "$addon/migrations/1.1"
  cat >"$addon/migrations/1.1/pre-migration.py" <<'PYTHON'
import os
import time


def migrate(cr, version):
    deadline = time.time() + 120
    while time.time() < deadline and not os.path.exists(os.path.join(os.path.dirname(__file__), "go-on")):
        time.sleep(0.2)
PYTHON
  ln -s "$addon/migrations/1.1/go-on" "$KEEP/go-on"
  in_background dc run --rm "$ODOO_SERVICE" odoo -d "$DATABASE" -u shop_notes --no-http --stop-after-init
  wait_for 60 grep -q 'Running migration' "$KEEP/log"
}

undo_it() {
  end_background
  remove_one_off_containers
  restore_project
  start_stack
}
