#!/bin/bash
# The file system of the database's data is full: PostgreSQL cannot write its log, panics, cannot recover for the same
# reason, and its container restarts for ever. (The volume gets a small file system of its own; a file of root's
# fills it. Odoo answers with an error, or not at all while a connection of its own waits for the dead database.)
# expected-cause: disk-full
# symptom: proxy=500|303|504 direct=500|303|timeout odoo=running db=restarting|running db-restarts=1+ disk-full=db
# within: 60

break_it() {
  local data
  data=$(volume_of "$DB_SERVICE" /var/lib/postgresql/data)
  dc stop
  put_on_small_file_system "$data" "size=$(($(du -sm "$data" | cut -f1) + 32))m"
  start_stack
  wait_for 60 login_answers
  cat /dev/zero >"$data/before-the-upgrade.dump" 2>/dev/null || true
  # People work, until the log needs a new file.
  for _ in {1..64}; do
    sql postgres <<<"SELECT pg_logical_emit_message(false, 'work', 'done'), pg_switch_wal()" >/dev/null 2>&1 || break
  done
}

undo_it() {
  dc stop
  remove_small_file_systems
  start_stack
}
