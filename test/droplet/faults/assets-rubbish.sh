#!/bin/bash
# The files of the compiled bundles have the right size, owner and mode, and rubbish in them (as after a broken disk or
# a restore of the wrong file). Odoo hands the rubbish out with 200 and the right type and ETag, and logs nothing.
# expected-cause: assets-corrupt
# symptom: proxy=200 asset=200 direct=200 odoo=running db=running page=login bundles=changed

break_it() {
  local file
  bundle_files | while read -r file; do
    head -c "$(stat -c %s "$file")" /dev/urandom | dd of="$file" conv=notrunc status=none
  done
}

undo_it() { restore_filestore; }
