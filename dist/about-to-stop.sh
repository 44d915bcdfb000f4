#!/bin/sh
# For a step that stops Odoo: what its dead-man (converge.sh) must know, on disk before anything is done.
# Values: CONTAINER, PROJECT, SERVICE, PUT_BACK_DIR.
# shellcheck disable=SC2154 # the values stand in front of this file

# about_to_stop SECONDS yes|no: within so many seconds Docker will have carried the stop out; `yes`: it then starts the
# container again by itself.
about_to_stop() {
  {
    printf 'started=%s\n' "$(timeout -k 2 10 docker inspect --type container --format '{{.State.StartedAt}}' "$CONTAINER")"
    printf 'restart=%s\nboot=%s\nuntil=%s\n' "$2" "$(cat /proc/sys/kernel/random/boot_id)" $(($(cut -d. -f1 /proc/uptime) + $1 + 20))
    timeout -k 2 20 docker ps --all --quiet --no-trunc --filter "label=com.docker.compose.project=$PROJECT" \
      --filter "label=com.docker.compose.service=$SERVICE" | sed 's/^/sibling=/'
  } >"$PUT_BACK_DIR/stop.new"
  sync "$PUT_BACK_DIR/stop.new"
  mv "$PUT_BACK_DIR/stop.new" "$PUT_BACK_DIR/stop"
}

# The stop was carried out: who starts the container after this is somebody else.
has_stopped() {
  printf 'started=%s\n' "$(timeout -k 2 10 docker inspect --type container --format '{{.State.StartedAt}}' "$CONTAINER")" >"$PUT_BACK_DIR/stopped.new"
  sync "$PUT_BACK_DIR/stopped.new"
  mv "$PUT_BACK_DIR/stopped.new" "$PUT_BACK_DIR/stopped"
}
