#!/bin/bash
# A value in odoo.conf that Odoo cannot read: it exits at start-up, and Docker restarts it for ever.
# expected-cause: odoo-crash-loop
# symptom: proxy=502 direct=refused|reset odoo=restarting|running odoo-restarts=2+ db=running
# odoo-log: invalid integer value: 'two'

break_it() {
  sed -i 's/^workers.*/workers = two/' "$DIRECTORY/config/odoo.conf"
  restart_odoo
}

undo_it() {
  restore_project
  restart_odoo
}
