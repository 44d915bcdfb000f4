#!/bin/bash
# An addon that is installed in the database has a syntax error, and Odoo was restarted. Odoo runs and listens, the
# registry does not load: every page is a 500, and restarting changes nothing.
# expected-cause: odoo-unhealthy
# symptom: proxy=500 direct=500 odoo=running db=running
# odoo-log: SyntaxError

break_it() {
  printf '\n    def total(self:\n        return 0\n' >>"$DIRECTORY/addons/shop_notes/models.py"
  restart_odoo
}

undo_it() {
  restore_project
  restart_odoo
}
