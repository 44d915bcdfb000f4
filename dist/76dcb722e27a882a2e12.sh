# Starts a step: a program that changes the host, detached, so that it survives us. Started only while the lease is
# ours, and never twice: the step's directory is made once. Values: OWNER, STEP (its name), SECONDS_ALLOWED, PROGRAM,
# PUT_BACK (a program that puts the host back as it was; may be empty), PUT_BACK_DIR, PUT_BACK_AFTER_REBOOT (`required` or
# `wanted`), APPROVAL (which, and whose; one line, may be empty).
# Prints `started`, `already`, `gone` (the lease is no longer ours) or `unarmed WHY` (what would put the host back could
# not be made ready, so the step was not begun).
# shellcheck disable=SC2153,SC2154 # state.sh stands in front of this file, the values in front of that

put_back_unit=odoo-recover-put-back-$STATE_KEY.service
# Of the dead-man in all, three in a row with half a minute between: a fault that lasts longer is for a person.
most_tries=90

# The dead-man: on disk, because it must be there after a reboot too. It is there before the step begins, and takes
# itself away when it has done its work; whoever starts it, it runs once at a time.
arm() {
  # An earlier step that is not put back yet has what it saved here: that comes first.
  if [ -f "$PUT_BACK_DIR/program" ]; then
    timeout -k 5 40 sh "$PUT_BACK_DIR/run" >/dev/null 2>&1 </dev/null || true
    if [ -f "$PUT_BACK_DIR/program" ]; then
      echo "an earlier step is not put back yet: $(tail -n 1 "$PUT_BACK_DIR/said" 2>/dev/null)"
      return 1
    fi
  fi
  mkdir -p "$PUT_BACK_DIR" || return
  printf '%s\n' "$PUT_BACK" >"$PUT_BACK_DIR/program" || return
  cat >"$PUT_BACK_DIR/run" <<RUN || return
cd "$PUT_BACK_DIR" 2>/dev/null || exit 0
exec 9>>lock
flock -w 300 9 || exit 1
[ -f program ] || exit 0
audit() { printf '%s %s\n' "\$(date -u +%Y-%m-%dT%H:%M:%SZ)" "\$1" 2>/dev/null >>"$audit_log"; }
disarm() {
  systemctl disable --quiet "$put_back_unit" 2>/dev/null
  cd /
  rm -rf "/etc/systemd/system/$put_back_unit" "$PUT_BACK_DIR"
  systemctl daemon-reload 2>/dev/null || true
}
# What it says is there for others only when it has ended: they read why the last try failed.
# Where nothing can be written, it runs all the same.
try() {
  tried=0 words=said.new
  true 2>/dev/null >said.new || words=/dev/null
  LC_ALL=C timeout -k 10 1200 sh program >"\$words" 2>&1 9>&- || tried=\$?
  if [ "\$words" = said.new ]; then mv said.new said; fi
  return "\$tried"
}
tries=3
until try; do
  cat said 2>/dev/null
  echo try >>tries
  tries=\$((tries - 1))
  if [ "\$(wc -l <tries)" -ge $most_tries ]; then
    # It keeps what it saved, says so to every later run, and stands in nobody's way any longer.
    mkdir -p "${audit_log%/*}/kept"
    cp -R . "${audit_log%/*}/kept/$STEP-put-back"
    printf '%s %s\n' "\$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$STEP: \$(tail -n 1 said 2>/dev/null | tr -d '\000-\037' | cut -c1-200)" >"${audit_log%/*}/gave-up"
    audit "gave up putting back after the step $STEP: what it saved is in ${audit_log%/*}/kept/$STEP-put-back"
    disarm
    exit 0
  fi
  if [ "\$tries" -le 0 ]; then
    systemctl start --no-block "$put_back_unit" 2>/dev/null
    exit 1
  fi
  sleep 3
done
cat said 2>/dev/null
audit "the host is as it must be after the step $STEP: \$(tail -n 1 said 2>/dev/null | tr -d '\000-\037' | cut -c1-200)"
disarm
RUN
  # Without systemd it runs after the step, and not after a reboot.
  if ! [ -d /run/systemd/system ]; then return 0; fi
  cat >"/etc/systemd/system/$put_back_unit" <<UNIT || return
[Unit]
Description=Puts Odoo back after an interrupted step of Odoo Recover
After=docker.service
StartLimitIntervalSec=24h
StartLimitBurst=$most_tries
[Service]
Type=oneshot
Environment=PUT_BACK_PATIENCE=600
ExecStart=/bin/sh $PUT_BACK_DIR/run
TimeoutStartSec=infinity
Restart=on-failure
RestartSec=30
[Install]
WantedBy=multi-user.target
UNIT
  systemctl enable --quiet "$put_back_unit" || return
  sync "$PUT_BACK_DIR/program" "$PUT_BACK_DIR/run" "/etc/systemd/system/$put_back_unit" || return
}

disarm() {
  systemctl disable --quiet "$put_back_unit" 2>/dev/null
  rm -rf "/etc/systemd/system/$put_back_unit" "$PUT_BACK_DIR"
}

# Kept as well: the answer may be lost on its way.
unarmed() {
  printf '%s' "$1" | tr '\n' ' ' >"$step_dir/unarmed" || true
  echo "unarmed $1"
}

open_state
lock_state
lease=$state_dir/lease
step_dir=$state_dir/runs/$STEP
if [ "$(field "$lease" owner)" != "$OWNER" ]; then
  echo gone
elif ! mkdir "$step_dir" 2>/dev/null; then
  echo already
elif [ -n "$PUT_BACK" ] && [ "$PUT_BACK_AFTER_REBOOT" = required ] && ! [ -d /run/systemd/system ]; then
  unarmed "there is no systemd that would put it back after a reboot"
elif [ -n "$PUT_BACK" ] && ! armed=$(arm 2>&1); then
  case $armed in *"an earlier step"*) ;; *) disarm || true ;; esac
  unarmed "$armed"
else
  printf '%s\n' "$PROGRAM" >"$step_dir/program"
  : >"$step_dir/log"
  # What the step itself writes: all its output, then its exit status, whole or not at all.
  cat >"$step_dir/run" <<'RUN'
cd "$1" || exit 1
echo $$ >pid
# Its own name, which was never used before, and where it keeps what must outlive it.
STEP_NAME=$4 KEEP_DIR=$5
export STEP_NAME KEEP_DIR
status=0
timeout -k 10 "$2" sh program >log 2>&1 </dev/null || status=$?
if [ -f "$3/run" ]; then sh "$3/run" >>log 2>&1 </dev/null || true; fi
# Neither programs nor what they kept for themselves (a session's cookie) outlive the step.
rm -f program page.* run
echo "$status" >status.new
sync status.new 2>/dev/null || true
mv status.new status
RUN
  # After the step, however it ended; where the step put back itself, there is nothing left.
  cat >"$step_dir/after" <<'AFTER'
if [ -f "$1/run" ]; then sh "$1/run" || true; fi
cd "${0%/*}" || exit 0
rm -f program page.* run after
AFTER
  sed "s/^step=.*/step=$STEP/; s/^beat=.*/beat=$(uptime_seconds)/" "$lease" >"$state_dir/lease.new"
  mv "$state_dir/lease.new" "$lease"
  unit=
  if [ -d /run/systemd/system ] && [ "$(id -u)" = 0 ]; then unit=odoo-recover-$STEP.service; fi
  printf 'boot=%s\nunit=%s\n' "$(boot_id)" "$unit" >"$step_dir/started"
  audit "step $STEP started${APPROVAL:+ under the approval $APPROVAL}"
  put_back_dir=none
  if [ -n "$PUT_BACK" ]; then put_back_dir=$PUT_BACK_DIR; fi
  if [ -n "$unit" ]; then
    # ExecStopPost runs however the step ends, a kill -9 included, and what it says belongs to the step's log.
    systemd-run --quiet --collect --unit="$unit" --property=Type=exec --property=KillMode=mixed \
      --property=ExecStopPost="-/bin/sh $step_dir/after $put_back_dir" --property=TimeoutStopSec=1500 \
      --property=StandardOutput="append:$step_dir/log" --property=StandardError="append:$step_dir/log" \
      sh "$step_dir/run" "$step_dir" "$SECONDS_ALLOWED" "$put_back_dir" \
      "$STEP" "${audit_log%/*}/kept/$STEP" 9>&-
  else
    setsid sh "$step_dir/run" "$step_dir" "$SECONDS_ALLOWED" "$put_back_dir" \
      "$STEP" "${audit_log%/*}/kept/$STEP" </dev/null >/dev/null 2>&1 9>&- &
    until [ -s "$step_dir/pid" ]; do sleep 0.05; done
  fi
  echo started
fi
