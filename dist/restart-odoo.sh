#!/bin/sh
# Restarts the one Odoo container, by its id: nothing is recreated, its log stays, the database is left alone, and it
# works when the compose files do not. Values: CONTAINER.
set -eu
docker restart --time 30 "$CONTAINER"
