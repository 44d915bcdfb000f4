# Gives the lease back and removes what this run left, unless one of its steps still runs: then the lease stays until
# that has ended and the heartbeat has run out. Values: OWNER. Prints `released`, `not-ours` or `step-runs`.
# shellcheck disable=SC2153,SC2154 # state.sh stands in front of this file, the values in front of that

open_state
lock_state
lease=$state_dir/lease
if [ "$(field "$lease" owner)" != "$OWNER" ]; then
  # What a look at a step of before a reboot made.
  if ! [ -f "$lease" ]; then rmdir "$state_dir/runs" 2>/dev/null || true; fi
  echo not-ours
else
  step=$(field "$lease" step)
  if [ -n "$step" ] && step_runs "$state_dir/runs/$step"; then
    echo step-runs
  else
    rm -f "$lease"
    rm -rf "$state_dir/runs"
    audit "lease released by $(printf '%s' "$OWNER" | cut -c1-8)"
    echo released
  fi
fi
