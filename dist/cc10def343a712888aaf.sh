# What a restart of a frozen Odoo destroys: where its threads stand, what its sessions in PostgreSQL do, who waits for
# whom. SIGQUIT makes Odoo print the stacks of all its threads to its log, and go on (odoo/service/server.py).
# Values: ODOO, DB (container ids; DB may be empty), DB_USER (may be empty).
# Sections: `stacks`, `activity`, `locks`.
# shellcheck disable=SC2154 # tools.sh and the values stand in front of this file

section stacks
asked=$(date -u +%Y-%m-%dT%H:%M:%SZ)
# Only Odoo's own processes: what does not expect the signal dies of it.
# shellcheck disable=SC2016 # awk's variables, not the shell's
pids=$(docker_ 10 top "$ODOO" -eo pid,stat,args 2>/dev/null | bounded 5 awk 'NR > 1 && /python[0-9.]* .*odoo|^[ 0-9]+ [^ ]+ +odoo/ { print $1 }')
for pid in $pids; do elevated 5 kill -QUIT "$pid" 2>/dev/null || true; done
sleep 1
docker_ 10 logs --since "$asked" "$ODOO" 2>&1 | tail -c 1000000 || true
for pid in $pids; do
  printf '# process %s: ' "$pid"
  elevated 5 sed -n 's/^State:[[:space:]]*//p' "/proc/$pid/status" 2>/dev/null || echo gone
done
if [ -n "$DB" ]; then
  # shellcheck disable=SC2016 # for the shell inside of the container
  ask='psql -X -x -U "${DB_USER:-${POSTGRES_USER:-postgres}}" -d postgres -c'
  section activity
  docker_ 15 exec --env "DB_USER=$DB_USER" "$DB" timeout 10 sh -c "$ask \"select pid, datname, usename, application_name, client_addr, state, wait_event_type, wait_event, now() - xact_start as transaction_age, pg_blocking_pids(pid) as blocked_by, left(regexp_replace(query, '\s+', ' ', 'g'), 1000) as query from pg_stat_activity where backend_type = 'client backend' order by xact_start\"" 2>&1 || true
  section locks
  docker_ 15 exec --env "DB_USER=$DB_USER" "$DB" timeout 10 sh -c "$ask \"select l.pid, l.locktype, l.mode, l.granted, l.relation::regclass, a.application_name, a.state from pg_locks l join pg_stat_activity a using (pid) where not l.granted or a.pid in (select unnest(pg_blocking_pids(pid)) from pg_stat_activity) order by l.granted, l.pid\"" 2>&1 || true
fi
