#!/bin/bash
# The healthy state of a droplet: what it is made of, how it is remembered, and how it is reached again.

# Files outside of the project and of nginx that a test or a recovery may have changed.
SYSTEM=(/etc/passwd /etc/shadow /etc/group /etc/gshadow /etc/sudoers /etc/sudoers.d/ /etc/ssh/ /etc/docker/ /etc/cron.d/
  /etc/systemd/system/ /usr/local/ /var/spool/cron/ /root/ /home/deploy/)

# Tables that a healthy Odoo writes to by itself.
RESTLESS_TABLES="'ir_cron', 'ir_cron_trigger', 'ir_cron_progress', 'ir_logging', 'ir_profile', 'bus_bus', 'bus_presence',
  'res_users_log', 'res_device', 'res_device_log'"

copy_system() { # from root, to root; prints what it changed
  local path exclude
  for path in "${SYSTEM[@]}"; do
    exclude=(--exclude=/.ssh/known_hosts)
    if [[ $DIRECTORY/ == "$path"* ]]; then exclude+=(--exclude="/${DIRECTORY#"$path"}"); fi
    mkdir -p "$(dirname "$2$path")"
    rsync --archive --checksum --delete --out-format='%n' "${exclude[@]}" "$1$path" "$2$path"
  done
}

take_snapshot() {
  mkdir -p "$STATE/snapshot"
  same_tree "$DIRECTORY" "$STATE/snapshot/project"
  same_tree /etc/nginx "$STATE/snapshot/nginx"
  copy_system "" "$STATE/snapshot/system" >/dev/null
  image_tags >"$STATE/snapshot/images"
}

restore_system() {
  local changed
  changed=$(copy_system "$STATE/snapshot/system" "")
  # A changed unit or sshd setting takes effect only once its owner is told.
  if [ -n "$changed" ]; then
    systemctl daemon-reload
    systemctl reload ssh
  fi
}

image_tags() { docker image ls --no-trunc --format '{{.Repository}}:{{.Tag}} {{.ID}}' | sort; }
restore_tags() {
  local tag id
  while read -r tag id; do docker tag "$id" "$tag"; done <"$STATE/snapshot/images"
}
remove_other_images() {
  local tag id
  comm -13 "$STATE/snapshot/images" <(image_tags) |
    while read -r tag id; do
      if [ "$tag" = "<none>:<none>" ]; then docker rmi "$id"; else docker rmi "$tag"; fi
    done
}

remove_leftovers() {
  local fault
  running_in_background | while read -r fault; do FAULT=$fault end_background; done
  remove_drop_ins
  systemctl stop 'odoo-recover-*' 2>/dev/null || true
  systemctl reset-failed 2>/dev/null || true
  rm -rf /var/lib/odoo-recover /run/odoo-recover* /dev/shm/odoo-recover*
  find /tmp /var/tmp -mindepth 1 -maxdepth 1 ! -name 'systemd-private-*' ! -name '.*-unix' \
    ! -name 'runc-process*' -exec rm -rf {} +
}

# Volumes as they were before a small file system was put over them; nothing may use those meanwhile.
uncover_volumes() {
  if [ -z "$(small_file_systems)" ]; then return; fi
  docker ps --quiet | xargs -r docker stop --time 10 >/dev/null
  remove_small_file_systems
}

# `docker update` changes a container in ways that compose does not see.
remove_updated_containers() {
  local service container
  for service in "$DB_SERVICE" "$ODOO_SERVICE"; do
    container=$(container_of "$service")
    if [ -z "$container" ]; then continue; fi
    if [ "$(docker inspect --format '{{.HostConfig.RestartPolicy.Name}} {{.HostConfig.Memory}}' "$container")" != "unless-stopped 0" ]; then
      docker rm --force "$container" >/dev/null
    fi
  done
}

foreign_containers() { # those that the project's services do not account for, such as a left-over `compose run`
  comm -23 <(docker ps --all --quiet --no-trunc | sort) \
    <({ container_of "$DB_SERVICE"; container_of "$ODOO_SERVICE"; } | sort)
}

odoo_is_healthy() {
  [ "$(docker inspect --format '{{.State.Health.Status}}' "$(container_of "$ODOO_SERVICE")")" = healthy ] &&
    [ "$(curl -s -m 10 -o /dev/null -w '%{http_code}' http://127.0.0.1/web/login)" = 200 ]
}

# All of it anew: containers, volumes and networks from nothing, data from the template's folders.
restore_everything() {
  local db web
  docker ps --all --quiet | xargs -r docker rm --force --volumes >/dev/null
  docker volume ls --quiet | xargs -r docker volume rm >/dev/null
  docker network prune --force >/dev/null
  dc create --no-build --pull never
  db=$(volume_of "$DB_SERVICE" /var/lib/postgresql/data) web=$(data_dir)
  same_tree "$DATA_SNAPSHOT/db" "$db"
  same_tree "$DATA_SNAPSHOT/web" "$web"
  if [ "$DATABASE" != odoo ]; then mv "$web/filestore/odoo" "$web/filestore/$DATABASE"; fi
  dc up -d --wait --no-recreate "$DB_SERVICE"
  sql postgres -v name="$DATABASE" -v owner="$DATABASE_USER" -v password="$DATABASE_PASSWORD" <<'SQL'
ALTER ROLE :"owner" PASSWORD :'password';
SELECT format('ALTER DATABASE odoo RENAME TO %I', :'name') WHERE :'name' <> 'odoo' \gexec
SQL
  start_stack
  wait_for 120 odoo_is_healthy
}

# One line for each thing that a recovery could have changed: "section key value". Lines of the section "identity"
# (which container, since when) differ after a healthy restart; all others are the same on every healthy droplet.
fingerprint() (
  # What is not there gives no line, and that is a difference, not an error of find or grep.
  set +e +o pipefail
  parts=$(mktemp --directory /run/fingerprint.XXXXXX)
  for part in files docker database services; do "fingerprint_$part" >"$parts/$part" & done
  wait
  cat "$parts"/{files,docker,database,services}
  rm -r "$parts"
)

list_files() { # section, paths...
  local section=$1
  shift
  find "$@" -printf "$section %p %y%m %u:%g %l\n" 2>/dev/null | sed 's/ $//' | sort
  find "$@" -type f -print0 2>/dev/null | sort -z | xargs -0 -r sha256sum | sed "s/^/$section-content /"
}

fingerprint_files() {
  local snapshot_of_project=() data
  list_files project "$DIRECTORY"
  list_files nginx /etc/nginx
  if [[ $DIRECTORY/ == /root/* || $DIRECTORY/ == /home/deploy/* ]]; then
    snapshot_of_project=(! -path "$DIRECTORY" ! -path "$DIRECTORY/*")
  fi
  find "${SYSTEM[@]}" ! -path '*/.ssh/known_hosts' "${snapshot_of_project[@]}" -type f -print0 2>/dev/null |
    sort -z | xargs -0 -r sha256sum | sed 's/^/system /'
  find "${SYSTEM[@]}" "${snapshot_of_project[@]}" -printf 'system %p %y%m %u:%g %l\n' 2>/dev/null | sed 's/ $//' | sort
  data=$(data_dir)
  if [ -n "$data" ]; then
    (cd "$data" && stat -c 'filestore %n %a %U:%G' . filestore && list_files filestore "filestore/$DATABASE" | grep -v "/checklist")
  fi
}

fingerprint_docker() {
  local service
  for service in "$DB_SERVICE" "$ODOO_SERVICE"; do
    container_of "$service" | xargs -r docker inspect --format "container $service {{.State.Status}} {{.Image}} {{index .Config.Labels \"com.docker.compose.config-hash\"}} {{.HostConfig.RestartPolicy.Name}}{{if ne (print .HostConfig.Memory) \"0\"}} memory={{.HostConfig.Memory}}{{end}} {{range .Mounts}}
mount $service {{.Destination}}={{if eq .Type \"volume\"}}{{.Name}}{{else}}{{.Source}}{{end}}{{end}}
identity $service {{.Id}} {{.State.StartedAt}} restarts={{.RestartCount}}" | sort
  done
  foreign_containers | sed 's/^/foreign-container /'
  image_tags | sed 's/^/image /'
  docker volume ls --format 'volume {{.Name}}' | sort
  docker network ls --format 'network {{.Name}} {{.Driver}}' | sort
  ps -eo stat=,comm= | awk '$1 ~ /^T/ {print "stopped-process", $2}' | sort
}

fingerprint_database() {
  export SEPARATOR=' '
  [ "$(docker inspect --format '{{.State.Status}}' "$(container_of "$DB_SERVICE")")" = running ] || return 0
  sql postgres <<'SQL'
SELECT 'database', datname, pg_get_userbyid(datdba), datistemplate, datallowconn FROM pg_database ORDER BY datname;
SELECT 'role', rolname, rolsuper, rolcanlogin FROM pg_authid
 WHERE rolname !~ '^pg_' ORDER BY rolname;
SQL
  # Over TCP and to the container's own address, where a password is asked for
  docker exec --env PGPASSWORD="$DATABASE_PASSWORD" "$(container_of "$DB_SERVICE")" \
    sh -c 'if psql -w -h "$(hostname -i)" -U "$1" -d postgres -c "SELECT 1" >/dev/null 2>&1; then echo password accepted; else echo password refused; fi' \
    password "$DATABASE_USER"
  # Rows by place and transaction: a copy through a template keeps both, any other write changes them.
  sql "$DATABASE" <<SQL
SELECT 'table', relname, (xpath('/row/c/text()', query_to_xml(format(
  'SELECT count(*) || '' '' || coalesce(sum(hashtext(xmin::text || ctid::text)::bigint), 0) AS c FROM %I', relname
  ), true, true, '')))[1]
  FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
   AND relname NOT IN ($RESTLESS_TABLES) AND relname NOT LIKE 'orm_signaling_%' ORDER BY relname;
SELECT 'columns', count(*), md5(string_agg(attrelid::regclass || '.' || attname || ':' || atttypid, ',' ORDER BY attrelid::regclass::text, attnum))
  FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
 WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND attnum > 0 AND NOT attisdropped;
SQL
}

fingerprint_services() {
  local unit
  for unit in ssh nginx docker containerd cron; do echo "unit $unit $(systemctl is-active "$unit")"; done
  systemctl list-units --all --plain --no-legend 'odoo-recover-*' | sed 's/^/leftover unit /'
  running_in_background | sed 's/^/leftover background /'
  small_file_systems | sed 's/^/leftover mount /'
  find /run/systemd/system/docker.service.d -printf 'leftover %p\n' 2>/dev/null
  systemctl list-units --failed --plain --no-legend | sed 's/^/failed /'
  # runc writes a file into /tmp for the moment of every `docker exec`, each health check among them
  find /tmp /var/tmp /var/lib/odoo-recover /run/odoo-recover* /dev/shm -mindepth 1 ! -name 'PostgreSQL.*' ! -path '*/systemd-private-*' ! -name '.*-unix' ! -name 'runc-process*' \
    -printf 'leftover %p\n' 2>/dev/null | sort
  pgrep --full odoo-recover | sed 's/.*/leftover process/' || true
  # containerd and Docker's resolver listen on another port after every start
  ss --no-header --listening --tcp --numeric --processes | grep -v containerd |
    awk '$4 !~ /^127\.0\.0\.11:/ {print "listens", $4}' | sort -u
}
