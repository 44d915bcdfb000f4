#!/bin/bash
# The manifest of an addon that is installed in the database cannot be read, and Odoo was restarted. Odoo runs and
# listens, the registry does not load: every page is a 500, and restarting changes nothing.
# expected-cause: odoo-unhealthy
# symptom: proxy=500 direct=500 odoo=running db=running
# odoo-log: __manifest__.py

break_it() {
  sed -i 's/"depends": .*/"depends": ["base",/' "$DIRECTORY/addons/shop_notes/__manifest__.py"
  restart_odoo
}

undo_it() {
  restore_project
  restart_odoo
}
