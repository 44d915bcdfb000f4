#!/bin/bash
# The files of the compiled CSS and JavaScript bundles are gone from the filestore, their rows are still there (as
# after a restore without the filestore). The login page itself answers 200, and Docker says healthy.
# expected-cause: assets-missing
# symptom: proxy=200 asset=404|500 direct=200 odoo=running db=running

break_it() {
  local file
  sql "$DATABASE" <<'SQL' >"$KEEP/files"
SELECT store_fname FROM ir_attachment
 WHERE type = 'binary' AND public AND res_model = 'ir.ui.view' AND res_id = 0 AND create_uid = 1
   AND store_fname IS NOT NULL AND url ~ '^/web/(content|assets)/' AND name ~ '\.(css|js)$'
SQL
  [ -s "$KEEP/files" ]
  while read -r file; do rm -f "$(filestore)/$file"; done <"$KEEP/files"
}

undo_it() { restore_filestore; }
