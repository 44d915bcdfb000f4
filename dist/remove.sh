#!/bin/sh
# Removes the leases and run directories of runs that are dead, whatever project they worked on: nobody renews the lease,
# and no step runs. Takes no lease, creates nothing, and leaves those of a live run alone.
# Prints a line for each place where something was removed: KEY, the first digits of the run's token (or `none`), and its
# last step (or `none`).
# shellcheck disable=SC2153,SC2154 # state.sh stands in front of this file, the values in front of that

any_step_runs() {
  for each_run in "$state_dir"/runs/*; do
    if step_runs "$each_run"; then return 0; fi
  done
  return 1
}

for state_dir in "$STATE_ROOT"/*; do
  if ! [ -f "$state_dir/lock" ]; then continue; fi
  (
    lock_state
    if ! [ -f "$state_dir/lease" ] && [ -z "$(ls -A "$state_dir/runs" 2>/dev/null)" ]; then exit 0; fi
    if [ -f "$state_dir/lease" ] && [ -z "$(why_lease_is_dead)" ]; then exit 0; fi
    # Also one that an earlier holder of the lease began.
    if any_step_runs; then exit 0; fi
    owner=$(field "$state_dir/lease" owner | cut -c1-8)
    step=$(field "$state_dir/lease" step)
    rm -rf "$state_dir/lease" "$state_dir/lease.new" "$state_dir/runs"
    # shellcheck disable=SC2034 # audit reads it
    audit_log=$AUDIT_ROOT/${state_dir##*/}/audit.log
    audit "removed what the run ${owner:-none} had left"
    echo "${state_dir##*/} ${owner:-none} ${step:-none}"
  )
done
