#!/bin/sh
# Restarts the one Odoo container, by its id: nothing is recreated, its log stays, the database is left alone, and it
# works when the compose files do not. Values, beside those of would-start.sh: PATIENCE (seconds that Odoo gets to end what it is doing).
# shellcheck disable=SC2154 # checks.sh and would-start.sh stand in front of this file

case $(container_state "$CONTAINER") in
  running | paused) ;;
  *) unfit "Odoo's container is $(container_state "$CONTAINER")" ;;
esac
if container_runs "$CONTAINER"; then would_start; fi
docker restart --time "$PATIENCE" "$CONTAINER"
within 10 container_runs "$CONTAINER" || failed "the container was restarted and does not run"
