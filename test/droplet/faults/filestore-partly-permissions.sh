#!/bin/bash
# Some of the filestore's folders belong to root, and only root may enter them (as after root copied them there with
# `docker cp`): those of the stylesheets, and a fifth of all others. The rest is as it was. The login page answers 200.
# expected-cause: filestore-unreadable
# symptom: proxy=200 direct=200 odoo=running db=running page=login bundles=missing+same|missing
# odoo-log: PermissionError

copied() { # -> the folders that root copied
  {
    sql "$DATABASE" <<<"SELECT left(store_fname, 2) FROM ir_attachment WHERE $BUNDLES AND name LIKE '%.css'"
    (cd "$(filestore)" && find . -mindepth 1 -maxdepth 1 -name '??' -printf '%f\n' | sort | sed -n 'n;n;n;n;p')
  } | sort -u | sed "s|^|$(filestore)/|"
}

break_it() {
  copied | xargs -d '\n' chown -R root:root
  copied | xargs -d '\n' chmod 700
}

undo_it() { restore_filestore; }
