#!/bin/bash
# A second Odoo database appeared beside the shop's (a copy to test with), and neither db_name nor dbfilter says which
# one is meant: whoever has no session is sent to the selector of databases, and Odoo does not know whose bundles are
# asked for. A check that follows redirects says 200.
# expected-cause: odoo-unhealthy
# symptom: proxy=303 asset=404 direct=303 odoo=running db=running page=other bundles=none

break_it() {
  sql postgres -v snapshot="$SNAPSHOT_DATABASE" -v owner="$DATABASE_USER" <<'SQL'
CREATE DATABASE shop_test TEMPLATE :"snapshot" OWNER :"owner";
SQL
}

undo_it() { sql postgres <<<'DROP DATABASE IF EXISTS shop_test WITH (FORCE)'; }
