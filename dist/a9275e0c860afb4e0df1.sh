# One read-only look at the host: every probe, side by side, each bounded, in one round trip.
# Values: URL_SCHEME, URL_HOST, URL_PORT (how the public reaches the site; may be empty), DIRECTORY, COMPOSE_FILE
# (where the user says the project is; may be empty), LOG_LINES, HTTP_SECONDS.
#
# Prints sections. `probe NAME STATUS` holds a probe's stdout, `why NAME` what it printed on stderr; status 124 or 137
# means that it did not end in time, 127 that its program is not installed. FRAME is the nonce in front of each marker.
# shellcheck disable=SC2154 # tools.sh stands in front of this file, the values in front of that

# In memory where possible: the disk may be full, and a check leaves no trace on it.
work=
for parent in /dev/shm "${TMPDIR:-/tmp}" /run; do
  if [ -d "$parent" ] && [ -w "$parent" ] && work=$(mktemp -d "$parent/odoo-recover.XXXXXXXX" 2>/dev/null); then break; fi
done
[ -n "$work" ] || { echo "no directory for temporary files" >&2; exit 73; }
trap 'rm -rf "$work"' EXIT
trap 'exit 143' HUP INT TERM

# probe NAME FUNCTION...: runs in the background; its answer is printed by `tell`, whole.
probes=
probe() {
  name=$1
  shift
  probes="$probes $name"
  (
    status=0
    ("$@") >"$work/$name.out" 2>"$work/$name.err" || status=$?
    echo "$status" >"$work/$name.status"
  ) &
}

# tell NAME MOST: what a probe answered, at most so many bytes of it.
tell() {
  section "probe $1 $(cat "$work/$1.status" 2>/dev/null || echo 125)"
  head -c "$2" "$work/$1.out" 2>/dev/null || true
  if [ -s "$work/$1.err" ]; then
    section "why $1"
    head -c 2000 "$work/$1.err"
  fi
}

ask_host() {
  echo "user=$(id -un)"
  echo "privilege=$may"
  echo "name=$(uname -n)"
  echo "system=$(uname -s)"
  echo "boot=$(cat /proc/sys/kernel/random/boot_id 2>/dev/null || true)"
  echo "uptime=$(cut -d. -f1 /proc/uptime 2>/dev/null || true)"
  echo "epoch=$(date +%s)"
}

# Every container that Compose made, as the daemon knows it.
ask_containers() {
  ids=$(docker_ 10 ps --all --quiet --no-trunc --filter label=com.docker.compose.project) || return
  if [ -z "$ids" ]; then
    echo '[]'
    return
  fi
  # shellcheck disable=SC2086 # ids, one a word
  docker_ 10 inspect --type container $ids
}

# What each image reference means today: `ID<TAB>REFERENCE`. It differs from a container's image when it was re-tagged.
ask_images() {
  docker_ 10 image ls --all --no-trunc --format '{{.ID}}	{{.Repository}}:{{.Tag}}'
}

ask_compose_version() { docker_ 10 compose version --short; }

# The projects, one a line: NAME<TAB>DIRECTORY<TAB>FILES (comma-separated)<TAB>ENVIRONMENT FILES<TAB>ORIGIN.
# From the containers' labels. Only where there are none, the directory that the user named, or the runbook's two.
list_projects() {
  labelled=$(docker_ 10 ps --all --filter label=com.docker.compose.project --format \
    '{{.Label "com.docker.compose.project"}}	{{.Label "com.docker.compose.project.working_dir"}}	{{.Label "com.docker.compose.project.config_files"}}	{{.Label "com.docker.compose.project.environment_file"}}	labels') || return
  if [ -n "$labelled" ]; then
    printf '%s\n' "$labelled" | sort -u | head -n 8
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

# Each project with what its files say now: the configuration, and the hash by which Compose would decide to recreate.
ask_projects() {
  list_projects >"$work/projects" || return
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
    section "hashes $number"
    compose_of "$name" "$directory" "$files" "$environment" config --hash '*' 2>/dev/null || true
  done <"$work/projects"
}

# fetch CURL_ARGUMENTS...: one GET; prints facts, an empty line, and the first 64 KiB of the body.
fetch() {
  body=$work/body.$(printf '%s' "$*" | cksum | cut -d' ' -f1)
  code=0
  curl --silent --show-error --max-time "$HTTP_SECONDS" --output "$body" --user-agent odoo-recover \
    --write-out 'code=%{http_code}\nseconds=%{time_total}\nbytes=%{size_download}\ntype=%{content_type}\nlocation=%{redirect_url}\nconnected=%{time_connect}\n' \
    "$@" 2>"$body.err" || code=$?
  echo "curl=$code"
  echo "error=$(tr '\n' ' ' <"$body.err" 2>/dev/null | head -c 300)"
  echo
  head -c 65536 "$body" 2>/dev/null || true
  # curl is missing: that is no answer of the site's
  [ "$code" != 127 ]
}

# The public URL's own Host header decides which site and which database answer.
host_header=${URL_HOST:-localhost}${URL_PORT:+:$URL_PORT}

# Odoo's own port on each container that publishes or exposes 8069, without nginx.
# shellcheck disable=SC2016 # a Go template's variables, not the shell's
ask_direct() {
  ids=$(docker_ 10 ps --all --quiet --no-trunc --filter label=com.docker.compose.project) || return
  for id in $ids; do
    docker_ 10 inspect --format '{{range $port, $bindings := .HostConfig.PortBindings}}{{if eq $port "8069/tcp"}}{{range $bindings}}bound {{if .HostIp}}{{.HostIp}}{{else}}127.0.0.1{{end}} {{.HostPort}}
{{end}}{{end}}{{end}}{{range $port, $unused := .Config.ExposedPorts}}{{if eq $port "8069/tcp"}}exposed{{end}}{{end}}
{{range .NetworkSettings.Networks}}address {{.IPAddress}}
{{end}}' "$id" >"$work/ports.$id" || continue
    bound=$(sed -n 's/^bound //p' "$work/ports.$id" | head -n 1)
    address=
    if [ -n "$bound" ]; then
      case ${bound% *} in
        0.0.0.0) address=127.0.0.1:${bound##* } ;;
        ::) address="[::1]:${bound##* }" ;;
        *:*) address="[${bound% *}]:${bound##* }" ;;
        *) address=${bound% *}:${bound##* } ;;
      esac
    elif grep -q exposed "$work/ports.$id"; then
      inner=$(sed -n 's/^address \(..*\)/\1/p' "$work/ports.$id" | head -n 1)
      if [ -n "$inner" ]; then address=$inner:8069; fi
    else
      continue
    fi
    section "direct $id"
    echo "published=$([ -n "$bound" ] && echo yes || echo no)"
    echo "address=$address"
    if [ -n "$address" ]; then
      fetch --header "Host: $host_header" --header "X-Forwarded-Host: $host_header" \
        --header "X-Forwarded-Proto: ${URL_SCHEME:-http}" "http://$address/web/login"
    fi
  done
}

# The reverse proxy on the host: the first of these that accepts a connection. The public port may be another
# machine's (a load balancer, a CDN), and so may TLS. Where plain http only redirects to https, https is what people use.
ask_proxy() {
  case ${URL_SCHEME:-http} in
    https) doors="${URL_PORT:+https:$URL_PORT }https:443 http:80" ;;
    *) doors="${URL_PORT:+http:$URL_PORT }http:80 https:443" ;;
  esac
  for door in $doors; do
    section "answer $door"
    fetch_through "$door" >"$work/proxy.answer" || { cat "$work/proxy.answer"; return 127; }
    cat "$work/proxy.answer"
    # 7: could not connect
    if sed '/^$/q' "$work/proxy.answer" | grep -qx 'curl=7'; then continue; fi
    case $door/$(sed -n '/^$/q; s/^location=//p' "$work/proxy.answer") in
      http:*/https://*)
        section 'answer https:443'
        fetch_through https:443
        ;;
    esac
    return
  done
}

# fetch_through SCHEME:PORT. The certificate is checked from outside, where people are; here only whether the proxy
# passes requests on.
fetch_through() {
  name=${URL_HOST:-localhost}
  fetch --insecure --noproxy '*' --connect-to "$name:${1#*:}:127.0.0.1:${1#*:}" --header "Host: $host_header" \
    "${1%%:*}://$name:${1#*:}/web/login"
}

ask_logs() {
  ids=$(docker_ 10 ps --all --quiet --no-trunc --filter label=com.docker.compose.project) || return
  for id in $ids; do
    section "log $id"
    docker_ 10 logs --timestamps --tail "$LOG_LINES" "$id" 2>&1 | head -c 400000 || true
  done
}

probe host ask_host
probe containers ask_containers
probe images ask_images
probe compose ask_compose_version
probe projects ask_projects
probe direct ask_direct
probe proxy ask_proxy
probe logs ask_logs
wait

for name in $probes; do tell "$name" 3000000; done
