#!/bin/bash
# Somebody's psql holds a lock on the table of users in a transaction that was never ended: whatever Odoo asks of the
# table waits, and so does every visitor. A restart of Odoo changes nothing; the end of that session does.
# expected-cause: database-locked
# symptom: proxy=504 direct=timeout odoo=running db=running db-health=healthy
# within: 60

break_it() {
  in_background hold_lock
  wait_for 30 locked
}
hold_lock() {
  { echo 'BEGIN; LOCK TABLE res_users IN ACCESS EXCLUSIVE MODE;'; sleep 3600; } |
    docker exec -i "$(container_of "$DB_SERVICE")" psql -X -U "$DATABASE_USER" -d "$DATABASE"
}
locked() {
  [ "$(sql "$DATABASE" <<<"SELECT count(*) FROM pg_locks WHERE relation = 'res_users'::regclass AND mode = 'AccessExclusiveLock' AND granted")" = 1 ]
}

undo_it() {
  sql postgres <<'SQL' >/dev/null
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'psql' AND pid <> pg_backend_pid()
SQL
  end_background
}
