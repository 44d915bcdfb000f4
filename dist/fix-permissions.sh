#!/bin/sh
# Runbook 2.2: what Odoo may not use of its own files becomes usable for it (permissions.py). Whose it was is on the host's
# disk before the first change.
# Values, beside those of in-odoo.sh: DATABASE.
# shellcheck disable=SC2154 # checks.sh and in-odoo.sh stand in front of this file

keep_ready
look /dev/null "$DATABASE"
keep

act
python_in_odoo "$KEEP_DIR/$RECORDS" prove "$DATABASE" || failed "Odoo may still not use all of its files (see above)"
