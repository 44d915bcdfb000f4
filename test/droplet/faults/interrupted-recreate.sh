#!/bin/bash
# `docker compose up -d` was cut while it made Odoo's container anew (the connection broke): the former one is stopped, the
# new one has its id in front of its name, and was never started.
# source: docker/compose#1573, moby/moby#23371, docker/compose#11151
# expected-cause: odoo-stopped
# symptom: proxy=502 asset=502 direct=refused db=running
# within: 60

break_it() {
  local former compose new=
  former=$(container_of "$ODOO_SERVICE")
  docker kill --signal STOP "$former" >/dev/null # slow to end, as Odoo is with a long request
  (cd "$DIRECTORY" && exec docker compose -f "$COMPOSE_FILE" up -d --force-recreate --no-deps --no-build --pull never \
    "$ODOO_SERVICE" </dev/null >/dev/null 2>&1) &
  compose=$!
  for _ in {1..100}; do
    new=$(docker ps --all --format '{{.Names}}' | grep -E '^[0-9a-f]{12}_' || true)
    if [ -n "$new" ]; then break; fi
    sleep 0.1
  done
  sleep 1
  pkill -9 -P $compose 2>/dev/null || true
  kill -9 $compose 2>/dev/null || true
  wait_for 30 has_exited "$former"
  [ -n "$new" ]
}

has_exited() { [ "$(docker inspect --format '{{.State.Status}}' "$1")" = exited ]; }

undo_it() {
  local container
  container_of "$ODOO_SERVICE" | while read -r container; do docker rm --force "$container" >/dev/null; done
  start_stack
}
