#!/bin/sh
# Lets an Odoo go on that was paused, or whose processes were stopped by a signal: nothing of what it was doing is lost.
# Values: CONTAINER.
# shellcheck disable=SC2154 # checks.sh stands in front of this file

stopped_processes() { docker top "$CONTAINER" -eo pid,stat 2>/dev/null | awk '$2 ~ /^T/ { print $1 }'; }
none_is_stopped() { [ -z "$(stopped_processes)" ]; }

case $(container_state "$CONTAINER") in
  paused) docker unpause "$CONTAINER" ;;
  running)
    if none_is_stopped; then unfit "no process of Odoo is stopped any more"; fi
    for pid in $(stopped_processes); do kill -CONT "$pid" || true; done
    ;;
  *) unfit "Odoo's container is $(container_state "$CONTAINER")" ;;
esac
tries=20
until container_runs "$CONTAINER" && none_is_stopped; do
  tries=$((tries - 1))
  if [ "$tries" -le 0 ]; then failed "its processes are still stopped"; fi
  sleep 0.25
done
