# Ends a step that runs, and waits until it has put the host back. Values: STEP. Prints `stopped`, or `not-running`.
# shellcheck disable=SC2153,SC2154 # state.sh stands in front of this file, the values in front of that

open_state
step_dir=$state_dir/runs/$STEP
if ! step_runs "$step_dir"; then
  echo not-running
else
  step_unit=$(field "$step_dir/started" unit)
  if [ -n "$step_unit" ]; then
    timeout -k 5 150 systemctl stop "$step_unit"
  else
    step_pid=$(cat "$step_dir/pid")
    # timeout puts what it runs into a process group of its own, but not into another session.
    pkill -TERM -s "$step_pid" 2>/dev/null || kill -TERM -- "-$step_pid" 2>/dev/null || true
  fi
  audit "step $STEP was stopped"
  echo stopped
fi
