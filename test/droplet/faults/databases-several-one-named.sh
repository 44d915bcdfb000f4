#!/bin/bash
# There are two Odoo databases, the shop's and a copy to test with, and odoo.conf names the shop's: db_name, a dbfilter
# and no list. The site is well, and there is no doubt which database it has.
# expected-cause: healthy
# symptom: proxy=200 asset=200 direct=200 odoo=running db=running page=login bundles=same

break_it() {
  sql postgres -v snapshot="$SNAPSHOT_DATABASE" -v owner="$DATABASE_USER" <<'SQL'
CREATE DATABASE shop_test TEMPLATE :"snapshot" OWNER :"owner";
SQL
  cat >>"$DIRECTORY/config/odoo.conf" <<CONF
db_name = $DATABASE
dbfilter = ^$DATABASE\$
list_db = False
CONF
  restart_odoo
}

undo_it() {
  restore_project
  restart_odoo
  sql postgres <<<'DROP DATABASE IF EXISTS shop_test WITH (FORCE)'
}
