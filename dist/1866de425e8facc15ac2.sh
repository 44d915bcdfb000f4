# Ends a backup wherever it stands, and removes what is half. Safe to run again, and where there is none.
# Values: STEP. Sections: `refusal`: why the gate was not passed, where the backup itself said so.
# shellcheck disable=SC2153,SC2154 # state.sh stands in front of this file, the values in front of that

open_state
step_dir=$state_dir/runs/$STEP
printf '\n%s section refusal\n' "$FRAME"
cat "$step_dir/refusal" 2>/dev/null || true

# Its own way of ending first: it ends the dump in the container and removes what it wrote.
pid=$(cat "$step_dir/program-pid" 2>/dev/null || true)
if [ -n "$pid" ] && [ "$(process_born "$pid")" = "$(cat "$step_dir/program-born")" ]; then
  kill -TERM "$pid" 2>/dev/null || true
  tries=60
  while process_lives "$pid" && [ "$tries" -gt 0 ]; do
    sleep 0.2
    tries=$((tries - 1))
  done
  kill -KILL "$pid" 2>/dev/null || true
fi
if step_runs "$step_dir"; then
  unit=$(field "$step_dir/started" unit)
  if [ -n "$unit" ]; then systemctl kill --signal=KILL "$unit" 2>/dev/null || true; fi
fi
# And what it could not end: pg_dump goes on in the container when its client is killed.
if [ -f "$step_dir/database" ]; then
  container=$(sed -n 1p "$step_dir/database")
  user=$(sed -n 2p "$step_dir/database")
  printf '%s\n' "select count(pg_terminate_backend(pid)) from pg_stat_activity where application_name = :'application'" |
    timeout -k 2 8 docker exec -i -e PGUSER="$user" -e PGDATABASE=postgres -e PGCONNECT_TIMEOUT=5 "$container" \
      timeout -k 2 6 psql -X -q -A -t -v application="$(printf '%.63s' "odoo-recover-$STEP")" >/dev/null 2>&1 || true
fi
# The files that were kept beside a dump that is none.
if [ -f "$step_dir/kept" ] && ! grep -qs "^  \"step\": \"$STEP\",\$" "$AUDIT_ROOT/$STATE_KEY/backups"/*.dump.json; then
  container=$(sed -n 1p "$step_dir/kept")
  kept=$(sed -n 2p "$step_dir/kept")
  case $kept in
    */odoo-recover/"$STEP")
      timeout -k 2 40 docker exec --user 0 "$container" timeout -k 2 30 rm -rf "$kept/filestore" "$kept/filestore.partial" 2>/dev/null || true
      timeout -k 2 10 docker exec --user 0 "$container" rmdir "$kept" "${kept%/*}" 2>/dev/null || true
      ;;
  esac
fi
rm -f "$AUDIT_ROOT/$STATE_KEY/backups/$STEP.dump.partial" "$AUDIT_ROOT/$STATE_KEY/backups/$STEP.json.partial"
if ! step_runs "$step_dir" && ! [ -f "$step_dir/started" ]; then rm -rf "$step_dir"; fi
