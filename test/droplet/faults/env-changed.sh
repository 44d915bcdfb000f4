#!/bin/bash
# The password in .env was changed and not applied; then Odoo was stopped. Both services read it: a plain `up -d`
# would recreate both, and Odoo could no longer log in, for the role in the database still has the old password.
# expected-cause: odoo-stopped
# symptom: proxy=502 direct=refused odoo=exited db=running drift=db+odoo

break_it() {
  dc stop "$ODOO_SERVICE"
  sed -i 's/^POSTGRES_PASSWORD=.*/POSTGRES_PASSWORD=changed-and-not-applied/' "$DIRECTORY/.env"
}

undo_it() {
  restore_project
  start_stack
}
