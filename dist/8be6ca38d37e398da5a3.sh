# Takes the lease, renews it when it is ours, or says who holds it.
# Values: OWNER (this run's token), WHO (for people), LIVES (seconds without a heartbeat until others may take it).
# Prints one line: `acquired`, `taken-over REASON`, or `held`, then the lines of the lease that was found.
# shellcheck disable=SC2153,SC2154 # state.sh stands in front of this file, the values in front of that

# In one go, so that a full file system fails it whole.
write_lease() {
  printf 'owner=%s\nwho=%s\nboot=%s\nbeat=%s\nlives=%s\nsince=%s\nstep=\n' "$OWNER" "$WHO" "$(boot_id)" \
    "$(uptime_seconds)" "$LIVES" "$(date -u +%Y-%m-%dT%H:%M:%SZ)" >"$state_dir/lease.new" &&
    mv "$state_dir/lease.new" "$state_dir/lease" && return
  rm -f "$state_dir/lease.new"
  echo "cannot write to $state_dir" >&2
  exit 77
}

open_state
lock_state
lease=$state_dir/lease
if ! [ -f "$lease" ]; then
  write_lease
  audit "lease acquired by $WHO"
  echo acquired
elif [ "$(field "$lease" owner)" = "$OWNER" ]; then
  beat_lease
  echo acquired
else
  step=$(field "$lease" step)
  reason=$(why_lease_is_dead)
  if [ -n "$reason" ]; then
    found=$(cat "$lease")
    found_who=$(field "$lease" who)
    write_lease
    audit "lease taken over by $WHO from $found_who: $reason"
    echo "taken-over $reason"
    printf '%s\n' "$found"
    if [ -n "$step" ]; then echo "step_status=$(cat "$state_dir/runs/$step/status" 2>/dev/null || echo none)"; fi
  else
    echo held
    cat "$lease"
    beat=$(field "$lease" beat)
    echo "age=$(($(uptime_seconds) - ${beat:-0}))"
  fi
fi
