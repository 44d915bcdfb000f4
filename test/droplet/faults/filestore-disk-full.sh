#!/bin/bash
# The filestore lies on a file system of its own (here a small one on a loop device) that a dump of root's has filled, and
# all bundles were compiled anew since: Odoo swallows the error, so there are rows in the database, and files without their
# content or none at all. The login page answers 200. Compiling or deleting now makes more of the same.
# expected-cause: disk-full
# symptom: proxy=200 direct=200 odoo=running db=running page=login bundles=missing|missing+same|changed+missing+same|changed+missing|changed disk-full=odoo
# odoo-log: No space left on device
# within: 60

break_it() {
  local filestore
  filestore=$(data_dir)/filestore
  dc stop "$ODOO_SERVICE"
  put_on_loop_device "$filestore" $(($(du -sm "$filestore" | cut -f1) + 16))
  bundle_files | xargs -d '\n' rm
  sql "$DATABASE" <<<"DELETE FROM ir_attachment WHERE $BUNDLES"
  cat /dev/zero >"$filestore/before-the-upgrade.dump" 2>/dev/null || true
  dc start "$ODOO_SERVICE"
  wait_for 60 login_answers
}

undo_it() {
  dc stop "$ODOO_SERVICE"
  remove_small_file_systems
  restore_filestore
  dc start "$ODOO_SERVICE"
  restore_database
}
