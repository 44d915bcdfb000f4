# The heartbeat of our lease. Values: OWNER. Prints `renewed`, or `gone` when the lease is no longer ours.
# shellcheck disable=SC2153,SC2154 # state.sh stands in front of this file, the values in front of that

open_state
lock_state
lease=$state_dir/lease
if [ "$(field "$lease" owner)" = "$OWNER" ]; then
  beat_lease
  echo renewed
else
  echo gone
fi
