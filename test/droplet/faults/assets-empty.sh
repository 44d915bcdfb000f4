#!/bin/bash
# The files of the compiled bundles are there, with 0 bytes (as after a disk that ran full, or a crash before the
# content was on it). Odoo 14 takes no content for no attachment and answers 404, from 17 on it is a 200 with 0 bytes;
# no version says a word in its log. A bundle that is compiled again would collide with the empty file.
# expected-cause: assets-corrupt
# symptom: proxy=200 asset=404|200 direct=200 odoo=running db=running page=login bundles=missing|empty

break_it() { bundle_files | xargs -d '\n' truncate --size 0; }

undo_it() { restore_filestore; }
