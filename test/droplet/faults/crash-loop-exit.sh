#!/bin/bash
# A server-wide addon that ends the process when it is imported: Docker restarts the container for ever.
# (An ImportError or SyntaxError there is only logged by Odoo, and is no crash loop.)
# expected-cause: odoo-crash-loop
# symptom: proxy=502 direct=refused|reset odoo=restarting|running odoo-restarts=2+ db=running
# odoo-log: licence check failed

break_it() {
  mkdir -p "$DIRECTORY/addons/licence_check"
  echo "{'name': 'Licence check', 'version': '1.0', 'depends': ['base'], 'installable': True}" \
    >"$DIRECTORY/addons/licence_check/__manifest__.py"
  echo 'import sys; sys.exit("licence check failed")' >"$DIRECTORY/addons/licence_check/__init__.py"
  echo 'server_wide_modules = base,web,licence_check' >>"$DIRECTORY/config/odoo.conf"
  restart_odoo
}

undo_it() {
  restore_project
  restart_odoo
}
