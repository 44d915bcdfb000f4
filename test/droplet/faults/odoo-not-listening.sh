#!/bin/bash
# odoo.conf names another port, and Odoo was restarted: it runs, but nothing listens on 8069 inside its container. On
# the droplet the port is open, for Docker holds it; whoever connects is cut off.
# expected-cause: odoo-not-listening
# symptom: proxy=502 asset=502 direct=reset odoo=running db=running
# odoo-log: HTTP service (werkzeug) running on

break_it() {
  echo 'http_port = 8079' >>"$DIRECTORY/config/odoo.conf"
  restart_odoo
}

undo_it() {
  restore_project
  restart_odoo
}
