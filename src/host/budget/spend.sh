#!/bin/sh
# Records that a recovery begins: once for a run, however often it is sent, and only while the lease is ours.
# Values: OWNER, RUN (8 digits), CAUSE, REMEDY, FORGET (seconds after which a recovery no longer counts), MOST (lines).
# Prints `gone` (the lease is no longer ours), `already`, or where it was recorded: `disk`, `memory` (the disk is full:
# kept until the next reboot) or `nowhere`.
# shellcheck disable=SC2153,SC2154 # state.sh stands in front of this file, the values in front of that

record=$AUDIT_ROOT/$STATE_KEY/recoveries
spare=$state_dir/recoveries

# What still counts, each run once. A line: time, seconds since boot, boot, run, cause, first remedy. A line that cannot
# be read counts as a recovery that begins now. How old one is: see recoveries.ts.
kept() {
  for each_record in "$record" "$spare"; do
    if [ -f "$each_record" ]; then tail -n "$MOST" "$each_record" | cut -c1-200; fi
  done | awk -v now="$now" -v uptime="$uptime" -v boot="$boot" -v forget="$FORGET" '
    NF == 6 && $1 ~ /^[0-9]+$/ && $2 ~ /^[0-9]+$/ {
      if ($3 == boot) age = uptime - $2
      else { age = now - $1; if (age < uptime) age = uptime }
      if (age < forget && !seen[$4]++) print
      next
    }
    { printf "%s %s %s %08x unknown unknown\n", now, uptime, boot, NR }
  ' | tail -n "$((MOST - 1))"
}

# write_record FILE: whole or not at all.
write_record() {
  mkdir -p "${1%/*}" 2>/dev/null || return
  # On the disk before it takes the old one's place: a power cut must not leave an empty one.
  if printf '%s\n' "$lines" 2>/dev/null >"$1.new"; then
    sync "$1.new" 2>/dev/null || true
    if mv "$1.new" "$1" 2>/dev/null; then return 0; fi
  fi
  rm -f "$1.new"
  return 1
}

open_state
lock_state
if [ "$(field "$state_dir/lease" owner)" != "$OWNER" ]; then
  echo gone
elif cat "$record" "$spare" 2>/dev/null | awk -v run="$RUN" '$4 == run { found = 1 } END { exit !found }'; then
  echo already
else
  now=$(date +%s) uptime=$(uptime_seconds) boot=$(boot_id)
  earlier=$(kept)
  lines="${earlier:+$earlier
}$now $uptime $boot $RUN $CAUSE $REMEDY"
  if write_record "$record"; then
    rm -f "$spare"
    echo disk
  elif write_record "$spare"; then
    echo memory
  else
    echo nowhere
  fi
fi
