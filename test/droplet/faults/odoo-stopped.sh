#!/bin/bash
# Odoo was stopped by hand: its container exists and does not run. The database runs.
# expected-cause: odoo-stopped
# symptom: proxy=502 asset=502 direct=refused odoo=exited db=running drift=none

break_it() { dc stop "$ODOO_SERVICE"; }

undo_it() { start_stack; }
