#!/bin/bash
# Somebody stopped Odoo and restores a dump into another database. pg_restore has made the tables, is in
# the middle of their rows and waits for more, 120 s or until the file $KEEP/go-on is there. The restore then ends
# well, and Odoo stays stopped.
# expected-cause: in-progress
# symptom: proxy=502 asset=502 direct=refused odoo=exited db=running work=restore

break_it() {
  local container
  container=$(container_of "$DB_SERVICE")
  dc stop "$ODOO_SERVICE"
  docker exec "$container" pg_dump -U "$DATABASE_USER" -Fc "$DATABASE" >"$KEEP/dump"
  # Not Odoo's own role's, so that Odoo does not take it for a second database of the shop's.
  sql postgres <<<'CREATE DATABASE restored OWNER droplet'
  in_background restore "$container"
  wait_for 30 copying
}
restore() {
  slowly "$KEEP/dump" | docker exec -i "$1" pg_restore -U "$DATABASE_USER" --no-owner -d restored
}
slowly() {
  # The first half of the dump is its table of contents.
  local first=$(($(stat -c %s "$1") * 4 / 5))
  head -c "$first" "$1"
  wait_for_go_on 120
  tail -c "+$((first + 1))" "$1"
}
copying() {
  [ "$(sql postgres <<<"SELECT count(*) FROM pg_stat_activity WHERE application_name = 'pg_restore' AND query LIKE 'COPY %'")" = 1 ]
}

undo_it() {
  end_background
  sql postgres <<<'DROP DATABASE IF EXISTS restored WITH (FORCE)'
  start_stack
}
