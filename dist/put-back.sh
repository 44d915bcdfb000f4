#!/bin/sh
# Puts Odoo back as it was before the boot check: the one that booted is gone, the states of the modules are as they
# were, and its own container is started. Safe to run again, and after a reboot.
# Values: CONTAINER, ONE_OFF, DB_CONTAINER, DB_USER (may be empty), DATABASE, PUT_BACK_DIR.
set -eu

database_answers() { docker exec "$DB_CONTAINER" psql -X -q -A -t -U "$user" -d "$DATABASE" -c 'select 1' >/dev/null 2>&1; }

restore_states() {
  tries=60
  # shellcheck disable=SC2016 # for the shell inside of the container
  until user=${DB_USER:-$(docker exec "$DB_CONTAINER" sh -c 'echo "${POSTGRES_USER:-postgres}"' 2>/dev/null)} && database_answers; do
    tries=$((tries - 1))
    if [ "$tries" -le 0 ]; then
      echo "the database did not come up, so the states of the modules were not compared"
      return 0
    fi
    sleep 1
  done
  restored=$({
    echo 'begin; create temporary table saved (name text primary key, state text) on commit drop;'
    echo 'copy saved from stdin;'
    cat "$PUT_BACK_DIR/states"
    printf '\\.\n'
    echo 'with put_back as (update ir_module_module m set state = s.state from saved s where m.name = s.name and m.state is distinct from s.state returning 1) select count(*) from put_back;'
    echo 'commit;'
  } | docker exec -i "$DB_CONTAINER" psql -X -q -A -t -v ON_ERROR_STOP=1 -U "$user" -d "$DATABASE") || {
    echo "the states of the modules could not be put back: $restored"
    return 0
  }
  echo "the states of $restored modules had to be put back"
}

# After a reboot the daemon may still be on its way.
tries=60
until docker version >/dev/null 2>&1; do
  tries=$((tries - 1))
  [ "$tries" -gt 0 ] || exit 1
  sleep 1
done
docker rm --force "$ONE_OFF" >/dev/null 2>&1 || true
# They are saved just before Odoo is stopped: without them it never was.
if ! [ -f "$PUT_BACK_DIR/states" ]; then exit 0; fi
restore_states
docker start "$CONTAINER" >/dev/null
echo "Odoo's container is started again"
