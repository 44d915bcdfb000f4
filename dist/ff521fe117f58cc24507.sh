# What a step printed from a byte offset on, and how it stands. Waits until it has ended, or WAIT seconds.
# Values: STEP, OFFSET, WAIT, MOST (bytes of log to bring).
# Sections: `log`, then `state`: `ended STATUS`, `running`, `vanished` (it neither runs nor left a status: the host
# was rebooted, or it was killed), `unarmed WHY` (its start gave up) or `absent` (it was never started, and now cannot be:
# its directory is taken).
# shellcheck disable=SC2153,SC2154 # state.sh stands in front of this file, the values in front of that

open_state
# Under the lock no start is half done.
lock_state
step_dir=$state_dir/runs/$STEP
record=there
if ! [ -d "$step_dir" ]; then
  # Without a lease no start can come any more: a reboot took it away, and with it what the step had left.
  if [ -f "$state_dir/lease" ]; then mkdir "$step_dir" && record=absent; else record=vanished; fi
fi
exec 9>&-
if [ "$record" != there ]; then
  printf '\n%s section state\n%s\n' "$FRAME" "$record"
else
  until_uptime=$(($(uptime_seconds) + WAIT))
  state=running
  while [ "$state" = running ]; do
    # Asked before the status is read: a step that ends in between has left its status by then.
    if step_runs "$step_dir"; then alive=yes; else alive=no; fi
    if [ -f "$step_dir/status" ]; then
      state="ended $(cat "$step_dir/status")"
    elif [ -f "$step_dir/unarmed" ]; then
      state="unarmed $(cat "$step_dir/unarmed")"
    elif [ "$alive" = no ]; then
      state=vanished
    elif [ "$(uptime_seconds)" -ge "$until_uptime" ]; then
      break
    else
      sleep 0.1
    fi
  done
  printf '\n%s section log\n' "$FRAME"
  tail -c "+$((OFFSET + 1))" "$step_dir/log" 2>/dev/null | head -c "$MOST" || true
  printf '\n%s section state\n%s\n' "$FRAME" "$state"
fi
