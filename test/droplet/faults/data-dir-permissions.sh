#!/bin/bash
# The whole data_dir belongs to root, mode 700 (as after a restore by root, or a volume made anew by hand): Odoo can keep
# no session and read no file, and answers 500 to everything. Its container runs.
# expected-cause: filestore-unreadable
# symptom: proxy=500 asset=500 direct=500 odoo=running db=running
# odoo-log: PermissionError

break_it() {
  chown -R root:root "$(data_dir)"
  chmod 700 "$(data_dir)"
}

undo_it() {
  chown -R --reference="$DATA_SNAPSHOT/web" "$(data_dir)"
  chmod --reference="$DATA_SNAPSHOT/web" "$(data_dir)"
  restore_filestore
}
