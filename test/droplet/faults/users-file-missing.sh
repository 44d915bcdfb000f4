#!/bin/bash
# The file of one user's attachment is gone from the filestore; its row, and all bundles, are there. Whoever opens that
# invoice gets a 404. The site is well: there is nothing to recover but that file, from a backup.
# expected-cause: healthy
# symptom: proxy=200 asset=200 direct=200 odoo=running db=running page=login bundles=same

break_it() {
  local file
  file=$(sql "$DATABASE" <<<"SELECT store_fname FROM ir_attachment WHERE name = 'invoice-3.pdf'")
  rm "$(filestore)/$file"
}

undo_it() { restore_filestore; }
