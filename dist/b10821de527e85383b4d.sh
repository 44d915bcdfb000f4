# Runs after a step that lets Odoo change its modules, however that ended: marks that it left (`to upgrade`, `to remove`)
# would stop every scheduled job, and be carried out by the next start of Odoo. A module that was not marked before gets
# its former state again. converge.sh follows it, for Odoo is not to start before that. Safe to run again, and after a reboot.
# Values: CONTAINER, ONE_OFF, DB_CONTAINER, DB_USER (may be empty), DATABASE, PUT_BACK_DIR.
set -eu

put_marks_back() {
  # After a reboot the daemon may still be on its way.
  tries=60
  until docker version >/dev/null 2>&1; do
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || exit 1
    sleep 1
  done
  docker rm --force "$ONE_OFF" >/dev/null 2>&1 || true
  # The second Odoo ends when its step does, and is given time for it: what it still writes would come after us.
  tries=40
  while docker top "$CONTAINER" -eo pid,args 2>/dev/null | grep -v defunct | grep -qE -- ' --(no-http|stop-after-init)( |$)'; do
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || break
    sleep 1
  done

  tries=60
  # shellcheck disable=SC2016 # for the shell inside of the container
  until user=${DB_USER:-$(docker exec "$DB_CONTAINER" sh -c 'echo "${POSTGRES_USER:-postgres}"' 2>/dev/null)} &&
    docker exec "$DB_CONTAINER" psql -X -q -A -t -U "$user" -d "$DATABASE" -c 'select 1' >/dev/null 2>&1; do
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || exit 1
    sleep 1
  done
  {
    echo "begin; set local lock_timeout = '20s'; create temporary table saved (name text primary key, state text) on commit drop;"
    echo 'copy saved from stdin;'
    cat "$PUT_BACK_DIR/marks"
    printf '\\.\n'
    # shellcheck disable=SC2028 # for psql
    echo "with put_back as (update ir_module_module m set state = s.state from saved s where m.name = s.name and m.state like 'to %' and m.state <> s.state returning 1) select count(*) from put_back; commit;"
  } | timeout -k 5 60 docker exec -i "$DB_CONTAINER" psql -X -q -A -t -v ON_ERROR_STOP=1 -U "$user" -d "$DATABASE" >"$PUT_BACK_DIR/restored"
  echo "the states of $(cat "$PUT_BACK_DIR/restored") modules had to be put back"
  rm -f "$PUT_BACK_DIR/marks"
}

# They are saved just before Odoo is let at the modules, and taken away when that has ended well.
if [ -f "$PUT_BACK_DIR/marks" ]; then put_marks_back; fi
