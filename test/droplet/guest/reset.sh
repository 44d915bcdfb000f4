# Brings the droplet back to the healthy state it was remembered in: what differs is put back, part by part; only when
# the fingerprint still differs afterwards is everything made anew. The undo of each applied fault ran before this.
# shellcheck shell=bash

# Waits until Odoo is healthy, and compares meanwhile; prints the differences, and fails when there are any.
settle() {
  local lines
  fingerprint >"$STATE/now" 2>"$STATE/fingerprint.log" &
  if ! wait_for 60 odoo_is_healthy; then
    wait
    return 1
  fi
  wait
  lines=$(diff <(grep -v '^identity ' "$STATE/baseline") <(grep -v '^identity ' "$STATE/now") | grep '^[<>]' || true)
  if [ -n "$lines" ]; then
    echo "differs from the healthy droplet:" >&2
    echo "$lines" >&2
    return 1
  fi
}
part() { grep -E "^($1) " "$2"; }

put_back() {
  remove_leftovers
  start_docker
  restore_system
  restore_project
  restore_nginx
  foreign_containers | xargs -r docker rm --force --volumes >/dev/null
  thaw_odoo
  uncover_volumes
  remove_updated_containers
  # Tags first, so that what compose would create is of the right image. Without --no-recreate, on purpose: files and
  # tags are as they were, so whatever drifted is made anew. Images that a container uses cannot go before it does.
  restore_tags
  dc up -d --no-build --pull never
  # Docker does not miss the process that holds the port
  if [ -z "$(ss --no-header --listening --tcp --numeric 'sport = :8069')" ]; then restart_odoo; fi
  remove_other_images
  restore_filestore
  # What a fault did to the requests must not look like the next one's doing.
  for log in /var/log/nginx/*.log; do : >"$log"; done
  if ! cmp -s <(part 'database|role|password|table|columns' "$STATE/baseline") <(fingerprint_database); then restore_database; fi
}

rm -f "$STATE/applied"
if (put_back) >"$STATE/reset.log" 2>&1 && settle; then
  echo parts
  exit 0
fi
echo "putting back part by part was not enough: making everything anew" >&2
tail -n 5 "$STATE/reset.log" >&2
remove_leftovers
start_docker
uncover_volumes
restore_tags
restore_everything
remove_other_images
restore_nginx
settle
echo everything
