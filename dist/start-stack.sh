#!/bin/sh
# Starts what is stopped and makes what is missing; recreates nothing, builds nothing, pulls nothing, removes nothing.
# A plain `up -d` would recreate whatever drifted since, the database included.
# Values, beside those of compose.sh: SERVICES (one a line; empty: all).
# shellcheck disable=SC2154 # checks.sh and compose.sh stand in front of this file

while IFS= read -r service; do
  if [ -n "$service" ]; then set -- "$@" "$service"; fi
done <<SERVICES_END
$SERVICES
SERVICES_END
compose up --detach --no-recreate --no-build --pull never --no-color -- "$@"
