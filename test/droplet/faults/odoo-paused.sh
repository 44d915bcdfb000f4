#!/bin/bash
# Odoo's container is paused: connections are accepted, nothing answers, `docker exec` is refused.
# expected-cause: odoo-frozen
# symptom: proxy=504 direct=timeout odoo=paused db=running
# within: 60

break_it() { docker pause "$(container_of "$ODOO_SERVICE")"; }

undo_it() { thaw_odoo; }
