#!/bin/sh
# Starts the database, and nothing else; one that runs is left alone, whatever it does.
# Values, beside those of compose.sh: CONTAINER (empty: the service has none, and it is made), SERVICE.
# shellcheck disable=SC2154 # checks.sh and compose.sh stand in front of this file

if [ -z "$CONTAINER" ]; then
  compose up --detach --no-recreate --no-build --pull never --no-color -- "$SERVICE"
  exit
fi
case $(container_state "$CONTAINER") in
  running) unfit "the database runs again" ;;
  paused) docker unpause "$CONTAINER" ;;
  exited | created | dead) docker start "$CONTAINER" ;;
  *) unfit "the database's container is $(container_state "$CONTAINER")" ;;
esac
within 10 container_runs "$CONTAINER" || failed "the container was started and does not run"
