# Probes of Docker and Compose: containers, projects, images, logs, Odoo's configuration (runbook 1.2).
# shellcheck disable=SC2154 # tools.sh and survey.sh stand around this file

# Every container that Compose made, as the daemon knows it. Leaves for the other probes: `ids`, and `facts`, lines
# `ID state STATE PID`, `ID bound PORT ADDRESS HOST_PORT`, `ID exposed PORT`, `ID address IP`,
# `ID mount PATH<TAB>SOURCE`, `ID image REFERENCE`, `ID project NAME`, `ID env NAME=VALUE`, `ID word ARGUMENT`.
# shellcheck disable=SC2016 # a Go template's variables, not the shell's
ask_containers() {
  docker_ 10 ps --all --quiet --no-trunc --filter label=com.docker.compose.project >"$work/ids.new" || return
  if ! [ -s "$work/ids.new" ]; then
    : >"$work/facts"
    : >"$work/ids"
    echo '[]'
    return
  fi
  ids=$(cat "$work/ids.new")
  # shellcheck disable=SC2086 # ids, one a word
  docker_ 10 inspect --type container $ids || return
  # shellcheck disable=SC2086
  docker_ 10 inspect --type container --format '{{.Id}} state {{.State.Status}} {{.State.Pid}}
{{.Id}} image {{.Config.Image}}
{{.Id}} project {{index .Config.Labels "com.docker.compose.project"}}
{{range $port, $bindings := .HostConfig.PortBindings}}{{range $bindings}}{{$.Id}} bound {{$port}} {{if .HostIp}}{{.HostIp}}{{else}}127.0.0.1{{end}} {{.HostPort}}
{{end}}{{end}}{{range $port, $unused := .Config.ExposedPorts}}{{$.Id}} exposed {{$port}}
{{end}}{{range .NetworkSettings.Networks}}{{$.Id}} address {{.IPAddress}}
{{end}}{{range .Mounts}}{{$.Id}} mount {{.Destination}}	{{.Source}}
{{end}}{{range .Config.Env}}{{$.Id}} env {{.}}
{{end}}{{range .Config.Cmd}}{{$.Id}} word {{.}}
{{end}}' $ids >"$work/facts.new" || return
  mv "$work/facts.new" "$work/facts"
  mv "$work/ids.new" "$work/ids"
}

# need_containers: for a probe that starts from them; says why there are none to start from.
need_containers() {
  [ -f "$work/ids" ] && return
  head -c 500 "$work/containers.err" >&2
  return "$(cat "$work/containers.status" 2>/dev/null || echo 1)"
}

# Docker gave no answer in time: the other questions would only wait as long, and Compose asks it too.
docker_hangs() { is_hang "$(cat "$work/containers.status" 2>/dev/null)"; }
# One question that hangs is waited for; the next one to the same program would only hang as long.
is_hang() { [ "$1" = 124 ] || [ "$1" = 137 ]; }

# with_port PORT: ids of the containers that publish or expose it, and are no one-off.
with_port() { sed -nE "s/^([^ ]*) (bound|exposed) $1\/tcp.*/\1/p" "$work/facts" | sort -u; }
fact() { sed -n "s/^$1 $2 //p" "$work/facts"; }

# What each image reference means today, and when it was tagged last: `REFERENCE<TAB>ID<TAB>TIME`. The id differs from a
# container's when the reference was tagged anew since.
ask_images() {
  need_containers || return
  sed -n 's/^[^ ]* image //p' "$work/facts" | sort -u >"$work/references"
  while IFS= read -r reference; do
    status=0
    described=$(docker_ 10 image inspect --format '{{.Id}}	{{.Metadata.LastTagTime}}' -- "$reference" 2>/dev/null) || status=$?
    if is_hang "$status"; then return 124; fi
    [ "$status" = 0 ] || continue
    printf '%s\t%s\n' "$reference" "$described"
  done <"$work/references"
}

# `v2 2.29.0`, or `v1 1.29.2` where there is only the old program.
ask_compose_version() {
  if docker_hangs; then return 124; fi
  if version=$(docker_ 10 compose version --short 2>"$work/compose-version.err"); then
    echo "v2 $version"
  elif version=$(bounded 10 docker-compose version --short 2>/dev/null); then
    echo "v1 $version"
  else
    head -c 300 "$work/compose-version.err" >&2
    return 127
  fi
}

# Leaves `projects` for the other probes, one project a line: NAME<TAB>DIRECTORY<TAB>FILES (comma-separated)<TAB>
# ENVIRONMENT FILES<TAB>ORIGIN. From the containers' labels; only where there are none, the directory that the user named,
# or the runbook's two.
find_projects() {
  if list_projects >"$work/projects.new" 2>"$work/projects.why"; then mv "$work/projects.new" "$work/projects"; fi
}
list_projects() {
  if [ -s "$work/ids" ]; then
    docker_ 10 ps --all --filter label=com.docker.compose.project --format \
      '{{.Label "com.docker.compose.project"}}	{{.Label "com.docker.compose.project.working_dir"}}	{{.Label "com.docker.compose.project.config_files"}}	{{.Label "com.docker.compose.project.environment_file"}}	labels' >"$work/labels" || return
    sort -u "$work/labels" | head -n 8
    return
  fi
  # shellcheck disable=SC2088 # the tilde is for people; it is expanded here by hand
  for candidate in "${DIRECTORY:-/opt/odoo-ce}" "${DIRECTORY:-$HOME/odoo-ce}"; do
    file=$candidate/${COMPOSE_FILE:-docker-compose.prod.yml}
    if elevated 5 test -f "$file"; then printf '\t%s\t%s\t\tfiles\n' "$candidate" "$file"; fi
  done | sort -u
}

# compose_of NAME DIRECTORY FILES ENVIRONMENT_FILES COMMAND...: Compose on that project, as it was started.
compose_of() {
  project=$1 directory=$2 files=$3 environment=$4
  shift 4
  set -- --project-directory "$directory" "$@"
  if [ -n "$project" ]; then set -- --project-name "$project" "$@"; fi
  old_ifs=$IFS
  IFS=,
  set -f
  for file in $environment; do set -- --env-file "$file" "$@"; done
  # Put in front one by one, so the last file must come first.
  reversed=
  for file in $files; do reversed="$file${reversed:+,$reversed}"; done
  for file in $reversed; do set -- --file "$file" "$@"; done
  set +f
  IFS=$old_ifs
  elevated 15 docker compose "$@"
}

# Each project with what its files say now: the configuration, the hash by which Compose would decide to recreate, and
# where in the files a service stands. Compose reads files without the daemon, so this is known when that is down.
ask_projects() {
  if docker_hangs; then return 124; fi
  [ -f "$work/projects" ] || { cat "$work/projects.why" >&2; return 1; }
  number=0
  while IFS= read -r line; do
    number=$((number + 1))
    # read would join empty fields: a tab counts as white space to it
    name=$(printf '%s' "$line" | cut -f1)
    directory=$(printf '%s' "$line" | cut -f2)
    files=$(printf '%s' "$line" | cut -f3)
    environment=$(printf '%s' "$line" | cut -f4)
    section "project $number"
    printf '%s\n' "$line"
    section "config $number"
    compose_of "$name" "$directory" "$files" "$environment" config --format json 2>"$work/compose.err" | head -c 1000000
    section "config-why $number"
    head -c 2000 "$work/compose.err"
    [ "$LOOK" = whole ] || continue
    section "secrets of project $number"
    printf '%s\n' "$environment" "$directory/.env" | tr ',' '\n' | while IFS= read -r file; do
      [ -z "$file" ] || elevated 5 grep -aiE "$SECRET_LINE" "$file" 2>/dev/null | cut -c1-1000 | head -n 200
    done
    section "hashes $number"
    compose_of "$name" "$directory" "$files" "$environment" config --hash '*' 2>/dev/null || true
    section "outline $number"
    printf '%s\n' "$files" | tr ',' '\n' | while IFS= read -r file; do
      elevated 5 grep -nHE '^ {0,4}[A-Za-z0-9_.-]+:' "$file" 2>/dev/null | cut -c1-300 | head -n 300
    done
  done <"$work/projects"
}

ask_logs() {
  need_containers || return
  while IFS= read -r id; do
    section "log $id"
    { docker_ 10 logs --timestamps --tail "$LOG_LINES" "$id" 2>&1; echo "$?" >"$work/log.status"; } | tail -c 400000
    if is_hang "$(cat "$work/log.status")"; then return 124; fi
  done <"$work/ids"
}

# conf_of ID: the configuration file that Odoo is told to read, by the command or the environment of its container.
conf_of() {
  file=$(fact "$1" word | sed -n 's/^--config=//p; s/^-c\(.\)/\1/p; /^\(-c\|--config\)$/{n;p;}' | head -n 1)
  [ -n "$file" ] || file=$(fact "$1" env | sed -n 's/^ODOO_RC=//p' | head -n 1)
  case $file in /*) echo "$file" ;; *) echo /etc/odoo/odoo.conf ;; esac
}

# For the redactor alone: lines of a configuration or an environment file that set what sounds like a secret.
SECRET_LINE='^[[:space:]]*(export[[:space:]]+)?[a-z0-9_.]*(pass|pwd|secret|token|key|credential|private|dsn)[a-z0-9_.]*[[:space:]]*='

# The settings of odoo.conf that decide what is looked for, and apart from them those that are secret. `docker cp` also
# reads from a container that is stopped.
ask_odoo_conf() {
  need_containers || return
  for id in $(with_port 8069); do
    section "conf $id"
    { docker_ 10 cp "$id:$(conf_of "$id")" - 2>/dev/null; echo "$?" >"$work/cp.status"; } | bounded 5 tar -xO 2>/dev/null >"$work/conf"
    grep -nE \
      '^[[:space:]]*(db_name|db_host|db_port|db_user|dbfilter|list_db|workers|http_port|xmlrpc_port|http_interface|http_enable|data_dir|proxy_mode|server_wide_modules|limit_[a-z_]+)[[:space:]]*=' "$work/conf" | cut -c1-300
    section "secrets of conf $id"
    grep -aiE "$SECRET_LINE" "$work/conf" | cut -c1-1000 | head -n 200
    if is_hang "$(cat "$work/cp.status")"; then return 124; fi
  done
}

# How the running Odoo was told to run, and whether it can use the files that its databases name (in-odoo.py): in its own
# container, with its own rights. Follows the probe of PostgreSQL, which told the files' names.
ask_odoo() {
  need_containers || return
  for id in $(with_port 8069); do
    state=$(fact "$id" state)
    [ "${state% *}" = running ] || continue
    section "odoo $id"
    project=$(fact "$id" project)
    {
      printf '%s\n# data\n' "$IN_ODOO_PY"
      while read -r other about value; do
        if [ "$about" != project ] || [ "$value" != "$project" ]; then continue; fi
        sed -n "/^$FRAME section database $other\$/,/^$FRAME section /{ /^bundles=/p; /^stored=/p; }" "$work/database.out"
      done <"$work/facts"
    } >"$work/odoo.in"
    # As root, to become whoever Odoo is; where the container may not, as the container's own user.
    status=0
    in_odoo "$id" --user 0 >"$work/odoo.answer" 2>"$work/odoo.why" || status=$?
    if [ "$status" != 0 ] && ! is_hang "$status"; then
      status=0
      in_odoo "$id" >"$work/odoo.answer" 2>"$work/odoo.why" || status=$?
    fi
    cat "$work/odoo.answer"
    if is_hang "$status"; then
      echo "error=no answer in time"
    elif [ "$status" != 0 ]; then
      echo "error=$(tail -n 1 "$work/odoo.why" | head -c 300)"
    fi
  done
}

# in_odoo ID [EXEC_OPTIONS...]. The loader is all that shows in a list of processes, or in sudo's log.
in_odoo() {
  into=$1
  shift
  docker_ 25 exec --interactive "$@" "$into" timeout -k 2 20 python3 -I -B -c \
    'import sys; program, _, data = sys.stdin.read().partition("\n# data\n"); exec(program, {"DATA": data})' <"$work/odoo.in"
}

# Odoo that Compose did not make: other containers of an Odoo image, and services of the system.
ask_others() {
  if docker_hangs; then return 124; fi
  section containers
  docker_ 10 ps --all --format '{{.Names}}	{{.Image}}	{{.Status}}	{{.Ports}}	{{.Label "com.docker.compose.project"}}' | head -n 200
  section services
  bounded 10 systemctl list-units --all --plain --no-legend --no-pager --type service 'odoo*' 'openerp*' 'caddy*' \
    'traefik*' 'apache2*' 'haproxy*' 'postgresql*' 2>/dev/null | cut -c1-200
}
