# What the host knows before (and after) anything is changed: a container that is made anew loses its log, a restart
# loses what hung. Read-only. Each part may fail alone, and then says so; a Docker that hangs is asked once.
# Values: PROJECT, DIRECTORY, FILES and ENVIRONMENT_FILES (one path a line, the last one first), MOST (bytes of each log).
# Sections: `ps`, `compose`, `inspect NAME`, `log NAME`, `nginx`, `nginx NAME` (in a container), `nginx-errors`,
# `journal-docker`, `journal-nginx`, `processes`.
# shellcheck disable=SC2154 # tools.sh and the values stand in front of this file

# attempt COMMAND...: what it prints, and how it failed where it did.
attempt() {
  status=0
  "$@" 2>&1 || status=$?
  if [ "$status" = 124 ] || [ "$status" = 137 ]; then
    printf '\n(no answer in time)\n'
  elif [ "$status" != 0 ]; then
    printf '\n(not whole: status %s)\n' "$status"
  fi
}

compose_config() {
  set -- --project-name "$PROJECT" --project-directory "$DIRECTORY" config --format json
  while IFS= read -r file; do
    if [ -n "$file" ]; then set -- --env-file "$file" "$@"; fi
  done <<LIST
$ENVIRONMENT_FILES
LIST
  while IFS= read -r file; do
    if [ -n "$file" ]; then set -- --file "$file" "$@"; fi
  done <<LIST
$FILES
LIST
  elevated 15 docker compose "$@"
}

section ps
hung=no
attempt docker_ 15 ps --all --no-trunc
if [ "$status" = 124 ] || [ "$status" = 137 ]; then hung=yes; fi

section compose
if [ -n "$FILES" ]; then attempt compose_config | head -c 1000000; else echo '(the project is not known)'; fi

if [ "$hung" = no ] && [ -n "$PROJECT" ]; then
  for id in $(docker_ 15 ps --all --quiet --filter "label=com.docker.compose.project=$PROJECT" 2>/dev/null); do
    described=$(docker_ 15 inspect --type container --format '{{.State.Running}} {{.Config.Image}} {{.Name}}' "$id" 2>/dev/null) || continue
    name=${described##* /}
    section "inspect $name"
    attempt docker_ 15 inspect --type container "$id"
    section "log $name"
    attempt docker_ 30 logs --timestamps --tail 20000 "$id" | tail -c "$MOST"
    case $described in
      'true '*nginx*)
        section "nginx $name"
        attempt docker_ 15 exec "$id" timeout 10 nginx -T | head -c 1000000
        ;;
    esac
  done
fi

section nginx
if command -v nginx >/dev/null 2>&1; then
  attempt elevated 10 nginx -T | head -c 1000000
  section nginx-errors
  paths=$(elevated 10 nginx -T 2>/dev/null | sed -n 's/^[[:space:]]*error_log[[:space:]]\{1,\}\(\/[^[:space:];]*\).*/\1/p' | sort -u | head -n 8)
  # Where nothing is said, Debian's nginx has it here.
  for path in ${paths:-/var/log/nginx/error.log}; do
    printf '# %s\n' "$path"
    attempt elevated 10 tail -n 1000 "$path" | tail -c 500000
  done
else
  echo '(nginx is not installed on the host)'
fi
for unit in docker nginx; do
  section "journal-$unit"
  attempt elevated 10 journalctl --unit "$unit" --since '-24 hours' --lines 300 --no-pager --output short-iso
done
section processes
attempt bounded 10 ps -eo pid,ppid,stat,etime,rss,args | grep -v ' \[[^]]*\]$' | cut -c1-400 || true
