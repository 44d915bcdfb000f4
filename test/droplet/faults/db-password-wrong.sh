#!/bin/bash
# The password of Odoo's role was changed in the database, and Odoo was restarted: its entrypoint tries for 30 s,
# exits, and is restarted by Docker for ever. The database itself is well.
# expected-cause: database-unreachable
# symptom: proxy=502 direct=refused|reset odoo=restarting|running odoo-restarts=1+ db=running db-health=healthy
# odoo-log: password authentication failed
# within: 90

break_it() {
  sql postgres -v owner="$DATABASE_USER" <<<"ALTER ROLE :\"owner\" PASSWORD 'changed-by-somebody-else';"
  restart_odoo
}

undo_it() {
  sql postgres -v owner="$DATABASE_USER" -v password="$DATABASE_PASSWORD" <<<"ALTER ROLE :\"owner\" PASSWORD :'password';"
  restart_odoo
}
