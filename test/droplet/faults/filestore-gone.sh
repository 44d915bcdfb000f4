#!/bin/bash
# The folder of the database's filestore is gone, users' files with it (as after a restore of the dump alone). The
# login page answers 200, every bundle is a 404, and so is every file of a user's. The bundles could be compiled again;
# the users' files are only where a backup has them.
# expected-cause: filestore-missing
# symptom: proxy=200 asset=404|500 direct=200 odoo=running db=running page=login bundles=missing
# odoo-log: _read_file reading /var/lib/odoo/filestore/

break_it() { rm -rf "$(filestore)"; }

undo_it() { restore_filestore; }
