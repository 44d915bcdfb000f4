#!/bin/sh
# Takes back what a step did to Odoo's files: as root on the droplet, `sh undo`. Beside it lie what was done and
# the program that takes it back. What somebody has changed since is left as it is, and told.
# Values: CONTAINER, PROJECT, SERVICE, LOADER, RECORDS (the file of what was done).
# shellcheck disable=SC2154 # the values stand in front of this file
set -eu
cd "$(dirname "$0")"
[ -f "$RECORDS" ] || { echo "Nothing was done that could be taken back."; exit 0; }
# It may have been made anew since.
running=$(docker ps --quiet --no-trunc --filter "id=$CONTAINER")
if [ -z "$running" ]; then
  running=$(docker ps --quiet --no-trunc --filter "label=com.docker.compose.project=$PROJECT" \
    --filter "label=com.docker.compose.service=$SERVICE" --filter label=com.docker.compose.oneoff=False | head -n 1)
fi
[ -n "$running" ] || { echo "Odoo's container does not run: start it first." >&2; exit 1; }
cat program.py "$RECORDS" | docker exec -i -u 0 "$running" timeout -k 10 3600 python3 -I -B -c "$LOADER" "$(wc -c <program.py)" undo
