#!/bin/bash
# The manifest of an addon that is installed in the database cannot be read, and Odoo was restarted. Odoo runs and
# listens, the registry does not load: every page is a 500, and restarting changes nothing. The log quotes the line
# and names no file: the addon is told only by the line itself.
# expected-cause: odoo-unhealthy
# symptom: proxy=500 direct=500 odoo=running db=running
# odoo-log: load_information_from_description_file

break_it() {
  sed -i 's/"depends": .*/"depends": ["base",/' "$DIRECTORY/addons/shop_notes/__manifest__.py"
  restart_odoo
}

undo_it() {
  restore_project
  restart_odoo
}
