#!/bin/bash
# The files of the compiled bundles end in the middle (as after a copy that was interrupted). Odoo hands out the half
# with 200, the right type and ETag, a Content-Length that fits the half, and logs nothing.
# expected-cause: assets-corrupt
# symptom: proxy=200 asset=200 direct=200 odoo=running db=running page=login bundles=changed

break_it() {
  local file
  bundle_files | while read -r file; do truncate --size "$(($(stat -c %s "$file") / 2))" "$file"; done
}

undo_it() { restore_filestore; }
