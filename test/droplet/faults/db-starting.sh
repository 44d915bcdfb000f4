#!/bin/bash
# The database was started and recovers from an archive that is slow to answer: its container runs, and PostgreSQL
# refuses every connection with "the database system is starting up". It ends by itself after 60 s, or once the
# archive's stand-in sees the file go-on (which lies in the data volume; $KEEP/go-on is a link to it). Then
# PostgreSQL accepts connections, and Odoo answers again without a restart.
# expected-cause: database-starting
# symptom: proxy=500|303 direct=500|303 odoo=running db=running
# odoo-log: the database system is starting up

break_it() {
  local container data wait
  container=$(container_of "$DB_SERVICE")
  data=$(volume_of "$DB_SERVICE" /var/lib/postgresql/data)
  ln -s "$data/go-on" "$KEEP/go-on"
  cp --archive "$data/postgresql.auto.conf" "$KEEP/"
  # PostgreSQL asks the archive for each file in turn; the deadline is one for all of them.
  wait="until [ -e go-on ] || [ \"\$(date +%%s)\" -ge $(($(date +%s) + 60)) ]; do sleep 0.2; done; false"
  echo "restore_command = '$wait'" >>"$data/postgresql.auto.conf"
  install -o "$(stat -c %u "$data")" -g "$(stat -c %g "$data")" -m 600 /dev/null "$data/recovery.signal"
  docker restart --time 10 "$container" >/dev/null
}

undo_it() {
  local data
  data=$(volume_of "$DB_SERVICE" /var/lib/postgresql/data)
  rm -f "$data/go-on" "$data/recovery.signal"
  if [ -f "$KEEP/postgresql.auto.conf" ]; then cp --archive "$KEEP/postgresql.auto.conf" "$data/"; fi
  docker restart --time 10 "$(container_of "$DB_SERVICE")" >/dev/null
}
