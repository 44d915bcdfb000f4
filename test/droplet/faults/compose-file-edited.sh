#!/bin/bash
# Somebody edited the compose file, both services, and did not apply it; then Odoo was stopped. A plain `up -d` would
# recreate the database as well.
# expected-cause: odoo-stopped
# symptom: proxy=502 direct=refused odoo=exited db=running drift=db+odoo

break_it() {
  dc stop "$ODOO_SERVICE"
  sed -i 's/^    restart: unless-stopped$/&\n    labels:\n      com.example.edited: "yes"/' "$DIRECTORY/$COMPOSE_FILE"
}

undo_it() {
  restore_project
  start_stack
}
