#!/bin/bash
# The tag that the compose file names for the database points to another image than the one that runs, as after a
# `docker pull`; then Odoo was stopped. A plain `up -d` would recreate the database from the other image.
# expected-cause: odoo-stopped
# symptom: proxy=502 direct=refused odoo=exited db=running drift=none image-drift=db

break_it() {
  local container
  dc stop "$ODOO_SERVICE"
  container=$(container_of "$DB_SERVICE")
  docker inspect --format '{{.Image}}' "$container" >"$KEEP/image"
  docker commit --pause=false --change 'LABEL com.example.variant=yes' "$container" "$POSTGRES_IMAGE" >"$KEEP/variant"
}

undo_it() {
  if [ -s "$KEEP/image" ]; then docker tag "$(cat "$KEEP/image")" "$POSTGRES_IMAGE"; fi
  start_stack
  if [ -s "$KEEP/variant" ]; then docker rmi "$(cat "$KEEP/variant")" || true; fi
}
