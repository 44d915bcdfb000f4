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
# What nginx hands out as the login page, read while the next question is asked.
exec {page_from}< <(curl -s -m 8 http://127.0.0.1/web/login)
echo "direct=$(answer_of http://127.0.0.1:8069/web/login)"
page=$(cat <&"$page_from")
case $page in
  '') echo page=empty ;;
  *oe_login_form*) if [[ $page == *__assetsBundleErrorSeen* ]]; then echo page=login+style-error; else echo page=login; fi ;;
  *) echo page=other ;;
esac
# The style sheets and scripts that this page asks for: `same` when each is a compiled bundle of the healthy droplet,
# which kept it in a file called by the sha1 of its content; else how each of them is; `none` when it asks for none.
asset_paths() { grep -oE '(href|src)="/[^"]+\.(css|js)[^"]*"' <<<"$page" | sed -E 's/^[a-z]+="//; s/"$//; s/&amp;/\&/g'; }
kind_of_asset() { # path
  local sum
  sum=$(curl -s -f -m 8 "http://127.0.0.1$1" | sha1sum; exit "${PIPESTATUS[0]}") || { echo missing; return; }
  case ${sum%% *} in
    da39a3ee5e6b4b0d3255bfef95601890afd80709) echo empty ;;
    *) if [ -e "$DATA_SNAPSHOT/web/filestore/odoo/${sum:0:2}/${sum%% *}" ]; then echo same; else echo changed; fi ;;
  esac
}
bundles=$(asset_paths | while read -r path; do kind_of_asset "$path"; done | sort -u | paste -sd+)
echo "bundles=${bundles:-none}"
echo "styles=$(asset_paths | grep -cE '\.css($|\?)')" # how many style sheets this page asks for
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
    service=$DB_SERVICE image=$POSTGRES_IMAGE data=$(volume_of "$DB_SERVICE" /var/lib/postgresql/data)
  else
    service=$ODOO_SERVICE image=$ODOO_IMAGE data=$(data_dir)
    # It may have a file system of its own.
    if [ -e "$data/filestore" ]; then data=$data/filestore; fi
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
  used() { df "$1" "$data" | tail -n 1 | tr -dc '0-9'; }
  [ "$(used --output=pcent)" = 100 ] && disk_full+=("$role")
  [ "$(used --output=ipcent)" = 100 ] && inodes_full+=("$role")
done
# The files that the rows of compiled bundles name, those that the login page does not ask for among them
if bundle_files 2>/dev/null | xargs -d '\n' -r ls >/dev/null 2>&1; then echo bundle-files=there; else echo bundle-files=missing; fi
join() { local IFS=+; if [ $# -gt 0 ]; then echo "$*"; else echo none; fi; }
echo "drift=$(join "${drift[@]}")"
echo "image-drift=$(join "${image_drift[@]}")"
echo "disk-full=$(join "${disk_full[@]}")"
echo "inodes-full=$(join "${inodes_full[@]}")"
echo "work=$(join "${work[@]}")"
