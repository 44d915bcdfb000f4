#!/bin/sh
# Gives the lease back and removes what this run left, unless one of its steps still runs: then the lease stays until
# that has ended and the heartbeat has run out. Values: OWNER. Prints `released`, `not-ours` or `step-runs`.
# shellcheck disable=SC2153,SC2154 # state.sh stands in front of this file, the values in front of that

# Bytes of the audit log, and the lines that stay of one that has more.
most_audit=1048576
audit_lines=4000
# What takes back earlier steps stays for so many days, and of older ones the newest few.
kept_days=30
kept_newest=10

# What a dead-man that gave up has saved stays until a person has removed its mark.
given_up_stays() { if [ -f "${audit_log%/*}/gave-up" ]; then grep -v -e '-put-back$' || true; else cat; fi; }

# However many runs there are: what they leave for people does not grow for ever. A full disk only means that it stays.
bound_growth() {
  if [ "$(wc -c 2>/dev/null <"$audit_log" || echo 0)" -gt "$most_audit" ]; then
    { tail -n "$audit_lines" "$audit_log" >"$audit_log.new" && mv "$audit_log.new" "$audit_log"; } 2>/dev/null || rm -f "$audit_log.new"
  fi
  kept=${audit_log%/*}/kept
  [ -d "$kept" ] || return 0
  # Names of steps: letters, digits and dashes.
  # shellcheck disable=SC2012
  ls -1t "$kept" 2>/dev/null | given_up_stays | tail -n "+$((kept_newest + 1))" | while IFS= read -r old; do
    if [ -n "$(find "$kept/$old" -maxdepth 0 -mtime "+$kept_days" 2>/dev/null)" ]; then
      rm -rf "${kept:?}/$old"
      audit "removed what could take back the step $old: it is more than $kept_days days old"
    fi
  done
}

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
    bound_growth
    audit "lease released by $(printf '%s' "$OWNER" | cut -c1-8)"
    echo released
  fi
fi
