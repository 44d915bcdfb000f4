#!/bin/bash
# The filestore belongs to root, mode 700 (as after a copy by root): Odoo cannot read its attachments. The login page
# itself answers 200, and Docker says healthy. Deleting asset rows now would make it worse.
# expected-cause: filestore-unreadable
# symptom: proxy=200 asset=404|500 direct=200 odoo=running db=running page=login bundles=missing
# odoo-log: PermissionError

break_it() {
  chown -R root:root "$(data_dir)/filestore"
  chmod 700 "$(data_dir)/filestore"
}

undo_it() { restore_filestore; }
