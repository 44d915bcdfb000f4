#!/bin/bash
# Odoo's container may use less memory than Odoo needs to start: the kernel kills it at every start, and Docker
# restarts it for ever. No restart helps; only more memory does.
# expected-cause: odoo-out-of-memory
# symptom: proxy=502 direct=refused|reset odoo=restarting|running|exited odoo-restarts=2+ odoo-oom=true db=running
# within: 60

break_it() { start_odoo_within 48m; }

undo_it() { recreate_odoo; }
