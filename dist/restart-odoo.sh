#!/bin/sh
# Restarts the one Odoo container, by its id: nothing is recreated, its log stays, the database is left alone, and it
# works when the compose files do not. A power cut while Docker waits for Odoo to end would leave it down for good, for
# Docker then takes it for one that a person stopped: converge.sh stands ready before.
# Values, beside those of about-to-stop.sh and would-start.sh: PATIENCE (seconds that Odoo gets to end what it is doing).
# shellcheck disable=SC2154 # checks.sh, about-to-stop.sh and would-start.sh stand in front of this file

case $(container_state "$CONTAINER") in
  running | paused) ;;
  *) unfit "Odoo's container is $(container_state "$CONTAINER")" ;;
esac
if container_runs "$CONTAINER"; then would_start; fi
about_to_stop "$PATIENCE" yes
docker restart --time "$PATIENCE" "$CONTAINER"
within 10 container_runs "$CONTAINER" || failed "the container was restarted and does not run"
rm -f "$PUT_BACK_DIR/stop"
