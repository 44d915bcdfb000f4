#!/bin/bash
# The database was stopped, and then somebody restarted Odoo: its entrypoint waits 30 s for the database, exits, and is
# restarted by Docker. It looks like a crash loop of Odoo and is not one.
# expected-cause: database-down
# symptom: proxy=502 direct=refused|reset odoo=restarting|running odoo-restarts=1+ db=exited
# odoo-log: Database connection failure:
# within: 60

break_it() {
  dc stop "$DB_SERVICE"
  restart_odoo
}

undo_it() {
  start_stack
  restart_odoo
}
