#!/bin/bash
# odoo.conf has no data_dir any more (as after an image's update brought a new one), and Odoo was restarted: it uses
# .local/share/Odoo in the home of its user, and finds no attachment there. The old filestore lies where it was, whole.
# expected-cause: filestore-missing
# symptom: proxy=200 asset=404|500 direct=200 odoo=running db=running page=login bundles=missing
# odoo-log: _read_file reading /var/lib/odoo/.local/share/Odoo/filestore/

break_it() {
  sed -i '/^data_dir/d' "$DIRECTORY/config/odoo.conf"
  restart_odoo
}

undo_it() {
  restore_project
  restart_odoo
  rm -rf "$(data_dir)/.local"
}
