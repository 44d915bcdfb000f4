#!/bin/bash
# The files of the backend's bundles are gone, and those of the login page are there. Whoever looks from outside sees a
# shop that is well; whoever logs in gets a page without styles and without menus. The company cannot work.
# expected-cause: assets-missing
# symptom: proxy=200 asset=200 direct=200 odoo=running db=running page=login bundles=same bundle-files=missing

break_it() {
  sql "$DATABASE" <<<"SELECT store_fname FROM ir_attachment WHERE $BUNDLES AND name LIKE 'web.assets_backend%'" |
    sed "s|^|$(filestore)/|" | xargs -d '\n' rm -f
}

undo_it() { restore_filestore; }
