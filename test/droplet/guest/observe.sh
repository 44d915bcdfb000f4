# What the droplet shows from inside, one key=value a line: the words in which a fault states its symptom.
# shellcheck shell=bash
set +e

answer_of() { # URL -> the HTTP status, or why there is none
  local code
  code=$(curl -s -m 8 -o /dev/null -w '%{http_code}' "$1")
  case $? in
    0) echo "$code" ;;
    7) echo refused ;;
    28) echo timeout ;;
    52 | 56) echo reset ;;
    *) echo "curl-$?" ;;
  esac
}
echo "direct=$(answer_of http://127.0.0.1:8069/web/login)"
echo "nginx=$(systemctl is-active nginx)"
if nginx -t 2>/dev/null; then echo nginx-config=valid; else echo nginx-config=invalid; fi
if ! timeout -k 1 5 docker version >/dev/null 2>&1; then
  echo docker=down
  exit 0
fi
echo docker=up

# Each found by the processes that do it, in whichever container
work=()
pgrep -f -- ' -u shop_notes ' >/dev/null && work+=(update)
pgrep -x pg_restore >/dev/null && work+=(restore)
pgrep -f '^/usr/libexec/docker/cli-plugins/docker-compose compose .* pull ' >/dev/null && work+=(pull)

drift=() image_drift=() disk_full=() inodes_full=()
hashes=$(dc config --hash '*')
for role in db odoo; do
  if [ $role = db ]; then
    service=$DB_SERVICE image=$POSTGRES_IMAGE data=/var/lib/postgresql/data
  else
    service=$ODOO_SERVICE image=$ODOO_IMAGE data=/var/lib/odoo
  fi
  container=$(container_of "$service")
  if [ -z "$container" ]; then
    echo "$role=absent"
    continue
  fi
  docker inspect --format "$role={{.State.Status}}
$role-restarts={{.RestartCount}}
$role-exit={{.State.ExitCode}}
$role-oom={{.State.OOMKilled}}
$role-health={{if .State.Health}}{{.State.Health.Status}}{{else}}none{{end}}" "$container"
  grep -qxF "$service $(docker inspect --format '{{index .Config.Labels "com.docker.compose.config-hash"}}' "$container")" <<<"$hashes" || drift+=("$role")
  [ "$(docker inspect --format '{{.Image}}' "$container")" = "$(docker image inspect --format '{{.Id}}' "$image")" ] || image_drift+=("$role")
  used() { df "$1" "$(volume_of "$service" $data)" | tail -n 1 | tr -dc '0-9'; }
  [ "$(used --output=pcent)" = 100 ] && disk_full+=("$role")
  [ "$(used --output=ipcent)" = 100 ] && inodes_full+=("$role")
done
join() { local IFS=+; if [ $# -gt 0 ]; then echo "$*"; else echo none; fi; }
echo "drift=$(join "${drift[@]}")"
echo "image-drift=$(join "${image_drift[@]}")"
echo "disk-full=$(join "${disk_full[@]}")"
echo "inodes-full=$(join "${inodes_full[@]}")"
echo "work=$(join "${work[@]}")"
