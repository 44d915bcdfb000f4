# Starts one step detached from us: it runs on when the connection, or we, go away. Started only while the lease is
# ours, and never twice: the step's directory is made once. Values: OWNER, STEP (its name), SECONDS_ALLOWED, PROGRAM.
# Prints `started`, `already` or `gone` (the lease is no longer ours).
# shellcheck disable=SC2153,SC2154 # state.sh stands in front of this file, the values in front of that

open_state
lock_state
lease=$state_dir/lease
step_dir=$state_dir/runs/$STEP
if [ "$(field "$lease" owner)" != "$OWNER" ]; then
  echo gone
elif ! mkdir "$step_dir" 2>/dev/null; then
  echo already
else
  printf '%s\n' "$PROGRAM" >"$step_dir/program"
  : >"$step_dir/log"
  # What the step itself writes: all its output, then its exit status, whole or not at all.
  cat >"$step_dir/run" <<'RUN'
cd "$1" || exit 1
echo $$ >pid
status=0
timeout -k 10 "$2" sh program >log 2>&1 </dev/null || status=$?
echo "$status" >status.new
sync status.new 2>/dev/null || true
mv status.new status
RUN
  sed "s/^step=.*/step=$STEP/; s/^beat=.*/beat=$(uptime_seconds)/" "$lease" >"$state_dir/lease.new"
  mv "$state_dir/lease.new" "$lease"
  unit=
  if [ -d /run/systemd/system ] && [ "$(id -u)" = 0 ]; then unit=odoo-recover-$STEP.service; fi
  printf 'boot=%s\nunit=%s\n' "$(boot_id)" "$unit" >"$step_dir/started"
  audit "step $STEP started"
  if [ -n "$unit" ]; then
    systemd-run --quiet --collect --unit="$unit" --property=Type=exec --property=KillMode=mixed \
      sh "$step_dir/run" "$step_dir" "$SECONDS_ALLOWED" 9>&-
  else
    setsid sh "$step_dir/run" "$step_dir" "$SECONDS_ALLOWED" </dev/null >/dev/null 2>&1 9>&- &
    until [ -s "$step_dir/pid" ]; do sleep 0.05; done
  fi
  echo started
fi
