#!/bin/bash
# The `ports:` of Odoo's service are gone from the compose file, and Odoo's container was made anew from it. Odoo runs
# and Docker says healthy, but nothing on the droplet listens on 8069.
# expected-cause: port-mapping-missing
# symptom: proxy=502 asset=502 direct=refused odoo=running odoo-health=healthy db=running drift=none
# within: 60

break_it() {
  sed -i '/^    ports:$/,/^    [a-z]/{/^    ports:$/d; /^      - /d}' "$DIRECTORY/$COMPOSE_FILE"
  dc up -d "$ODOO_SERVICE"
}

undo_it() {
  restore_project
  dc up -d --no-build --pull never "$ODOO_SERVICE"
}
