#!/bin/sh
# Runbook 1.5: Odoo booted in the foreground, alone, to stop after its start and to say why it falls. Odoo's own container
# is down meanwhile: put-back.sh, which stands ready before that, starts it again whatever becomes of this program.
# Values, beside those of compose.sh: CONTAINER, SERVICE, ONE_OFF (name of the container that boots), DB_CONTAINER,
# DB_USER (may be empty), DATABASE, SECONDS_TO_BOOT, ENTRYPOINT and COMMAND (a word a line), MANIFESTS (Python),
# PUT_BACK_DIR.
# shellcheck disable=SC2154 # checks.sh and compose.sh stand in front of this file

psql_in_db() { docker exec "$DB_CONTAINER" psql -X -q -A -t -U "$user" "$@"; }

case $(container_state "$CONTAINER") in
  running | restarting) ;;
  *) unfit "Odoo's container is $(container_state "$CONTAINER")" ;;
esac
container_runs "$DB_CONTAINER" || unfit "the database does not run"
# shellcheck disable=SC2016 # for the shell inside of the container
user=${DB_USER:-$(docker exec "$DB_CONTAINER" sh -c 'echo "${POSTGRES_USER:-postgres}"')}

# A server command with the name of a database that is not there creates it: so it must be there.
databases=$(psql_in_db -d postgres -c 'select datname from pg_database where not datistemplate') ||
  unfit "PostgreSQL does not say which databases there are"
printf '%s\n' "$databases" | grep -qxF -- "$DATABASE" ||
  unfit "there is no database $DATABASE; there are: $(printf '%s' "$databases" | tr '\n' ' ')"

# What boots needs what Odoo needs, and Odoo's own memory is free by then. On a small droplet the kernel would otherwise
# look for something to kill, and may find PostgreSQL. In KiB.
used=0
for pid in $(docker top "$CONTAINER" -eo pid 2>/dev/null | tail -n +2); do
  resident=$(sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$pid/status" 2>/dev/null || true)
  used=$((used + ${resident:-0}))
done
available=$(sed -n 's/^MemAvailable:[^0-9]*\([0-9]*\).*/\1/p' /proc/meminfo)
needed=$(((used > 204800 ? used : 204800) + 131072))
[ "$((available + used))" -ge "$needed" ] ||
  unfit "it needs $((needed / 1024)) MiB of memory, and $(((available + used) / 1024)) MiB would be available"

# The states of the modules: a registry that fails to load resets those that are marked for something.
psql_in_db -d "$DATABASE" -c 'copy (select name, state from ir_module_module order by name) to stdout' >"$PUT_BACK_DIR/states.new" ||
  unfit "the states of the modules in $DATABASE could not be saved"
sync "$PUT_BACK_DIR/states.new"
mv "$PUT_BACK_DIR/states.new" "$PUT_BACK_DIR/states"
echo "saved the states of $(wc -l <"$PUT_BACK_DIR/states") modules of $DATABASE"

docker stop --time 10 "$CONTAINER" >/dev/null

set --
while IFS= read -r word; do
  if [ -n "$word" ]; then set -- "$@" "$word"; fi
done <<WORDS_END
$ENTRYPOINT
$COMMAND
WORDS_END
# It offers itself to the kernel's killer before anything else of the host. The image's own entrypoint passes the
# database's address on, so it is called, and not gone around.
# shellcheck disable=SC2016 # for the shell inside of the container
boot_alone() {
  compose run --rm --no-deps -T --name "$ONE_OFF" --entrypoint /bin/sh "$SERVICE" \
    -c 'echo 1000 >/proc/self/oom_score_adj 2>/dev/null; exec "$@"' boot "$@" \
    "--database=$DATABASE" --no-http --stop-after-init --max-cron-threads=0 --log-level=info
}
echo "boot begins"
boot_alone "$@" &
boot=$!
waited=0
status=0
while kill -0 "$boot" 2>/dev/null; do
  if [ "$waited" -ge "$SECONDS_TO_BOOT" ]; then
    echo "the boot did not end within $SECONDS_TO_BOOT s, and was ended"
    docker rm --force "$ONE_OFF" >/dev/null 2>&1 || true
    break
  fi
  waited=$((waited + 1))
  sleep 1
done
wait "$boot" || status=$?
echo "boot ended with status $status"
if [ "$status" != 0 ]; then
  printf '%s' "$MANIFESTS" | compose run --rm --no-deps -T --name "$ONE_OFF" --entrypoint python3 "$SERVICE" - 2>/dev/null || true
fi
