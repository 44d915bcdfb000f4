#!/bin/bash
# What every program on the droplet starts with: the words for its parts, and how to put each part back.
# Parameters come in as variables in front of this file: DIRECTORY PROJECT COMPOSE_FILE ODOO_SERVICE DB_SERVICE
# DATABASE DATABASE_USER DATABASE_PASSWORD ODOO_IMAGE POSTGRES_IMAGE WORKERS LOGIN_SHELL.
set -euo pipefail
export LC_ALL=C

export STATE=/var/lib/droplet # the healthy droplet: its files, its fingerprint, which faults are applied
DATA_SNAPSHOT=/var/lib/docker/.droplet # both data volumes as the template left them (database named "odoo")
export NGINX_SITE=/etc/nginx/sites-available/odoo
export SNAPSHOT_DATABASE=droplet_snapshot # a template database, which neither Odoo nor a person connects to

# wait_for SECONDS COMMAND... : until the command succeeds
wait_for() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    if [ $SECONDS -ge $deadline ]; then echo "gave up waiting for: $*" >&2; return 1; fi
    sleep 0.1
  done
}

# Compose as a person at the runbook runs it: in the project's directory, with -f. It must not read our stdin.
dc() { (cd "$DIRECTORY" && docker compose -f "$COMPOSE_FILE" "$@" </dev/null); }

container_of() {
  docker ps --all --quiet --no-trunc --filter "label=com.docker.compose.project=$PROJECT" \
    --filter "label=com.docker.compose.service=$1" --filter label=com.docker.compose.oneoff=False
}

volume_of() { # service, path in its container -> the folder on the droplet
  docker inspect --format "{{range .Mounts}}{{if eq .Destination \"$2\"}}{{.Source}}{{end}}{{end}}" "$(container_of "$1")"
}
data_dir() { volume_of "$ODOO_SERVICE" /var/lib/odoo; }
filestore() { echo "$(data_dir)/filestore/$DATABASE"; }

# sql NAME [psql option...] : runs the SQL on stdin, prints bare rows
sql() {
  local name=$1
  shift
  docker exec -i "$(container_of "$DB_SERVICE")" \
    psql -X -q -A -t -F "${SEPARATOR:-|}" -v ON_ERROR_STOP=1 -U "$DATABASE_USER" -d "$name" "$@"
}

# The rows of the compiled bundles, and nothing of the users'.
export BUNDLES="type = 'binary' AND public AND res_model = 'ir.ui.view' AND res_id = 0 AND create_uid = 1
  AND url ~ '^/web/(content/[0-9]+-[0-9a-f]{7}|assets)/' AND name ~ '\.(css|js)$'"
bundle_files() { # -> the files of the compiled bundles, on the droplet
  sql "$DATABASE" <<<"SELECT store_fname FROM ir_attachment WHERE $BUNDLES AND store_fname IS NOT NULL" |
    sed "s|^|$(filestore)/|"
}

login_answers() { [ "$(curl -s -m 10 -o /dev/null -w '%{http_code}' http://127.0.0.1:8069/web/login)" = 200 ]; }
# Side by side, so that none is idle: a worker that never rendered the page remembers nothing of it.
every_worker_answers() { for _ in {1..12}; do login_answers & done; wait; login_answers; }

# By one alone, where bundles have to be compiled. Two who ask Odoo 14 for them at once delete the same older rows, and one
# is rolled back; its thread may have remembered a link to a row that is gone with it, and hands that out until a restart.
first_page() { wait_for 60 curl -s -f -m 60 -o /dev/null http://127.0.0.1:8069/web/login; }

# For a daemon that was stopped by a signal.
thaw_docker() { if [ -s /run/docker.pid ]; then kill -CONT "$(cat /run/docker.pid)" 2>/dev/null || true; fi; }
remove_drop_ins() { # those that faults put on Docker's units
  if [ -e /run/systemd/system/docker.service.d ]; then
    rm -rf /run/systemd/system/docker.service.d
    systemctl daemon-reload
  fi
}
start_docker() {
  thaw_docker
  systemctl reset-failed docker.service docker.socket 2>/dev/null || true
  systemctl start docker.socket docker.service
  wait_for 30 docker info
}
start_stack() { dc up -d --no-recreate --no-build --pull never; }
restart_odoo() { docker restart --time 2 "$(container_of "$ODOO_SERVICE")" >/dev/null; }

odoo_shell() { # Python on stdin
  docker exec -i "$(container_of "$ODOO_SERVICE")" /entrypoint.sh odoo shell -d "$DATABASE" --no-http
}
update_addon() { # the shop's own, as at a deploy: while Odoo serves, and Odoo starts again afterwards
  docker exec "$(container_of "$ODOO_SERVICE")" /entrypoint.sh odoo -d "$DATABASE" -u shop_notes --no-http --stop-after-init
  restart_odoo
  first_page
}
add_to_frontend() { # a tag : the shop's addon puts it into the bundle of every page without a login
  local addon=$DIRECTORY/addons/shop_notes
  mkdir -p "$addon/views"
  cat >"$addon/views/assets.xml" <<XML
<?xml version="1.0" encoding="utf-8"?>
<odoo>
  <template id="assets_frontend" inherit_id="web.assets_frontend">
    <xpath expr="." position="inside">$1</xpath>
  </template>
</odoo>
XML
  sed -i 's|"data": \[|&"views/assets.xml", |' "$addon/__manifest__.py"
}

recreate_odoo() { # what `docker update` set is gone with the container
  docker rm --force "$(container_of "$ODOO_SERVICE")" >/dev/null
  start_stack
}
start_odoo_within() { # memory : starts Odoo's container anew with so little of it
  local container
  container=$(container_of "$ODOO_SERVICE")
  docker stop --time 10 "$container" >/dev/null
  docker update --memory "$1" --memory-swap "$1" "$container" >/dev/null
  docker start "$container" >/dev/null
}

signal_odoo() { # every process in the container, the newest one last
  local pids
  pids=$(docker top "$(container_of "$ODOO_SERVICE")" -eo pid | tail -n +2)
  # shellcheck disable=SC2086 # a list of numbers
  kill -s "$1" $pids
}
thaw_odoo() {
  local container
  container=$(container_of "$ODOO_SERVICE")
  case $(docker inspect --format '{{.State.Status}}' "$container") in
    paused) docker unpause "$container" ;;
    running) signal_odoo CONT ;;
  esac
}

# A piece of work that goes on when the fault was produced: a process group of its own. Its output is $KEEP/log.
in_background() {
  set -m
  {
    # In /run, for after a reboot the number may be another process's.
    echo $BASHPID >"/run/droplet-$FAULT.pid"
    "$@" || true
    rm -f "/run/droplet-$FAULT.pid"
  } </dev/null >"$KEEP/log" 2>&1 &
  set +m
}
end_background() {
  if [ -s "/run/droplet-$FAULT.pid" ]; then
    kill -- "-$(cat "/run/droplet-$FAULT.pid")" 2>/dev/null || true
    rm -f "/run/droplet-$FAULT.pid"
  fi
}
running_in_background() { # -> the faults that are
  find /run -maxdepth 1 -name 'droplet-*.pid' -printf '%f\n' | sed 's/^droplet-//; s/\.pid$//'
}
wait_for_go_on() { wait_for "$1" test -e "$KEEP/go-on" || true; }
remove_one_off_containers() { # of `compose run`
  docker ps --all --quiet --filter label=com.docker.compose.oneoff=True | xargs -r docker rm --force >/dev/null
}

# A small file system in memory over a volume's folder, with a copy of what is in it. Nothing may use the folder
# meanwhile, and what is written to it afterwards is lost when it is removed.
put_on_small_file_system() { # folder, options of tmpfs
  local new=/run/droplet-small
  mkdir "$new"
  mount -t tmpfs -o "$2" tmpfs "$new"
  rsync --archive "$1/" "$new/"
  mount --bind "$new" "$1"
  umount "$new"
  rmdir "$new"
}
# The same on a loop device, with blocks and inodes as a disk has them. A container sees it when it starts after this.
put_on_loop_device() { # folder, size in MiB
  local image=/var/lib/docker/.droplet-small new=/run/droplet-small number
  # A droplet has no udev that would make the devices.
  [ -e /dev/loop-control ] || mknod /dev/loop-control c 10 237
  for number in {0..15}; do [ -e "/dev/loop$number" ] || mknod "/dev/loop$number" b 7 "$number"; done
  truncate --size "$2M" "$image"
  mkfs.ext4 -q -F -m 0 "$image"
  mkdir "$new"
  mount -o loop "$image" "$new"
  rmdir "$new/lost+found"
  rsync --archive "$1/" "$new/"
  mount --bind "$new" "$1"
  umount "$new"
  rmdir "$new"
}
small_file_systems() { findmnt --noheadings --list --output TARGET --types tmpfs,ext4 | grep '^/var/lib/docker/volumes/' || true; }
remove_small_file_systems() {
  local folder
  small_file_systems | while read -r folder; do umount "$folder"; done
  rm -f /var/lib/docker/.droplet-small
}

# Put back from the snapshot of the healthy droplet. rsync touches only what differs.
same_tree() { rsync --archive --checksum --delete "$1/" "$2/"; }
restore_project() { same_tree "$STATE/snapshot/project" "$DIRECTORY"; }
restore_nginx() {
  same_tree "$STATE/snapshot/nginx" /etc/nginx
  systemctl reset-failed nginx 2>/dev/null || true
  systemctl reload-or-restart nginx
}
restore_filestore() {
  # The snapshot is a real copy, no hard links: a changed owner, mode or content would reach through those.
  local source=$DATA_SNAPSHOT/web/filestore target
  target=$(data_dir)/filestore
  rsync --archive --checksum --delete --exclude /checklist "$source/odoo/" "$target/$DATABASE/"
  find "$target" -mindepth 1 -maxdepth 1 ! -name "$DATABASE" -exec rm -rf {} +
  find "$(data_dir)" -mindepth 1 -maxdepth 1 ! -name filestore ! -name sessions ! -name addons -exec rm -rf {} +
  # Odoo's own marks for its garbage collection come and go; whose they are matters: it could delete no bundle any more.
  if [ -d "$target/$DATABASE/checklist" ]; then chown --recursive --reference="$target/$DATABASE" "$target/$DATABASE/checklist"; fi
  chown --reference="$source" "$target"
  chmod --reference="$source" "$target"
}
# The database as the healthy droplet had it, from the template database beside it.
restore_database() {
  docker stop --time 2 "$(container_of "$ODOO_SERVICE")" >/dev/null
  sql postgres -v name="$DATABASE" -v snapshot="$SNAPSHOT_DATABASE" -v owner="$DATABASE_USER" \
    -v password="$DATABASE_PASSWORD" <<'SQL'
SELECT format('DROP DATABASE %I WITH (FORCE)', datname) FROM pg_database
 WHERE datname NOT IN ('postgres', 'template0', 'template1', :'snapshot') \gexec
CREATE DATABASE :"name" TEMPLATE :"snapshot" OWNER :"owner";
ALTER ROLE :"owner" PASSWORD :'password';
SQL
  docker start "$(container_of "$ODOO_SERVICE")" >/dev/null
}
