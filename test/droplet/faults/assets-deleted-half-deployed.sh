#!/bin/bash
# The files of the compiled bundles are gone, and a deploy that was not finished left code of the shop's addon on disk that
# does not import. The Odoo that serves has its older code in memory and goes on; every Odoo that is started beside it
# fails: `odoo shell` ends with status 1, and so does `-u`. A restart would take the whole site down. What helps needs no
# Odoo: the rows of the bundles deleted in the database, and the running Odoo compiles them anew.
# expected-cause: assets-missing
# symptom: proxy=200 asset=404|500 direct=200 odoo=running db=running page=login bundles=missing
# odoo-log: _read_file reading /var/lib/odoo/filestore/

break_it() {
  echo 'import no_such_python_module' >"$DIRECTORY/addons/shop_notes/__init__.py"
  bundle_files | xargs -d '\n' rm -f
}

undo_it() {
  restore_project
  restore_filestore
}
