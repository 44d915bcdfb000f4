#!/bin/bash
# Somebody stopped Odoo and restores a dump into another database. pg_restore has read half of it and waits for the
# rest, 120 s or until the file $KEEP/go-on is there. The restore then ends well, and Odoo stays stopped.
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
  wait_for 30 pgrep -x pg_restore
}
restore() {
  slowly "$KEEP/dump" | docker exec -i "$1" pg_restore -U "$DATABASE_USER" --no-owner -d restored
}
slowly() {
  local half=$(($(stat -c %s "$1") / 2))
  head -c "$half" "$1"
  wait_for_go_on 120
  tail -c "+$((half + 1))" "$1"
}

undo_it() {
  end_background
  sql postgres <<<'DROP DATABASE IF EXISTS restored WITH (FORCE)'
  start_stack
}
