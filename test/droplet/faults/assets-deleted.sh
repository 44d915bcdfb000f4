#!/bin/bash
# The files of the compiled CSS and JavaScript bundles are gone from the filestore, their rows are still there (as
# after a restore without the filestore). The login page itself answers 200, and Docker says healthy; each bundle is a
# 404 page of Odoo's, and its log has an INFO line and a FileNotFoundError for each.
# expected-cause: assets-missing
# symptom: proxy=200 asset=404|500 direct=200 odoo=running db=running page=login bundles=missing
# odoo-log: _read_file reading /var/lib/odoo/filestore/

break_it() { bundle_files | xargs -d '\n' rm -f; }

undo_it() { restore_filestore; }
