# What the host knows before (and after) anything is changed: a container that is made anew loses its log, a restart
# loses what hung. Read-only. Values: PROJECT, MOST (bytes of each log).
# Sections: `inspect NAME`, `log NAME`, `ps`, `nginx`, `nginx-errors`, `journal-docker`, `journal-nginx`, `kernel`.
# shellcheck disable=SC2154 # tools.sh and the values stand in front of this file

section ps
docker_ 15 ps --all --no-trunc 2>&1 || true
for id in $(docker_ 15 ps --all --quiet --filter "label=com.docker.compose.project=$PROJECT" 2>/dev/null); do
  name=$(docker_ 15 inspect --type container --format '{{.Name}}' "$id" 2>/dev/null) || continue
  section "inspect ${name#/}"
  docker_ 15 inspect --type container "$id" 2>&1 || true
  section "log ${name#/}"
  docker_ 30 logs --timestamps --tail 20000 "$id" 2>&1 | tail -c "$MOST" || true
done
if command -v nginx >/dev/null 2>&1; then
  section nginx
  { elevated 10 nginx -T || true; } 2>&1 | head -c 1000000
  section nginx-errors
  elevated 10 tail -n 300 /var/log/nginx/error.log 2>&1 || true
fi
for unit in docker nginx; do
  section "journal-$unit"
  elevated 10 journalctl --unit "$unit" --since '-24 hours' --lines 300 --no-pager --output short-iso 2>&1 || true
done
section processes
bounded 10 ps -eo pid,ppid,stat,etime,rss,args 2>&1 | grep -v ' \[[^]]*\]$' | cut -c1-400 || true
