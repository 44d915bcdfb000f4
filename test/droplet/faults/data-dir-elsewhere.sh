#!/bin/bash
# odoo.conf names another data_dir, inside of the volume, and Odoo was restarted: it looks for every attachment in a
# new, empty filestore. The old one lies where it was, whole. The login page answers 200, every bundle is a 404.
# expected-cause: filestore-missing
# symptom: proxy=200 asset=404|500 direct=200 odoo=running db=running page=login bundles=missing
# odoo-log: _read_file reading /var/lib/odoo/data/filestore/

break_it() {
  sed -i 's|^data_dir.*|data_dir = /var/lib/odoo/data|' "$DIRECTORY/config/odoo.conf"
  restart_odoo
}

undo_it() {
  restore_project
  restart_odoo
  rm -rf "$(data_dir)/data"
}
