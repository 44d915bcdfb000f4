#!/bin/bash
# An addon that is installed in the database no longer imports. Odoo runs and listens, the registry does not load:
# every page is a 500, and restarting changes nothing.
# expected-cause: odoo-unhealthy
# symptom: proxy=500 direct=500 odoo=running db=running
# odoo-log: No module named 'no_such_python_module'

break_it() {
  echo 'import no_such_python_module' >"$DIRECTORY/addons/shop_notes/__init__.py"
  restart_odoo
}

undo_it() {
  restore_project
  restart_odoo
}
