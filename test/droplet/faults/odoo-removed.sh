#!/bin/bash
# Odoo's container was removed (`compose rm -sf`): there is nothing to start, it must be created. Its volume stays.
# expected-cause: odoo-absent
# symptom: proxy=502 asset=502 direct=refused odoo=absent db=running

break_it() { dc rm --stop --force "$ODOO_SERVICE"; }

undo_it() { start_stack; }
