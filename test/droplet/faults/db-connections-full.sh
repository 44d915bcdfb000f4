#!/bin/bash
# A reporting tool with Odoo's own login takes every connection that PostgreSQL has, and gives none back. Odoo runs and
# gets none: every page is a 500, and a restart makes it a crash loop. Whoever asks PostgreSQL anything, us included, is
# told the same; its healthcheck (pg_isready) says that it is well all the same.
# expected-cause: database-unreachable
# symptom: proxy=500 asset=500 direct=500 odoo=running db=running db-health=healthy page=other
# odoo-log: FATAL:  sorry, too many clients already

break_it() {
  docker run --detach --name reports --network "container:$(container_of "$DB_SERVICE")" \
    --env PGHOST=127.0.0.1 --env PGUSER="$DATABASE_USER" --env PGPASSWORD="$DATABASE_PASSWORD" \
    --entrypoint python3 "$ODOO_IMAGE" -c '
import time
import psycopg2

held = []
while True:
    try:
        held.append(psycopg2.connect(dbname="postgres", application_name="reports"))
    except psycopg2.OperationalError:
        time.sleep(0.2)
'
  wait_for 30 no_more_connections
}
no_more_connections() { ! sql postgres <<<'SELECT 1'; }

undo_it() { docker rm --force --volumes reports >/dev/null 2>&1 || true; }
