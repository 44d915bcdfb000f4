# Prints the recoveries that were recorded on this host, and what tells their age. Changes nothing.
# Values: MOST (lines). Prints `now=`, `uptime=`, `boot=`, then for each record `changed=` and its lines, `line=` each.
# shellcheck disable=SC2153,SC2154 # state.sh stands in front of this file, the values in front of that

echo "now=$(date +%s)"
echo "uptime=$(uptime_seconds)"
echo "boot=$(boot_id)"
for record in "$AUDIT_ROOT/$STATE_KEY/recoveries" "$state_dir/recoveries"; do
  if [ -f "$record" ]; then
    echo "changed=$(stat -c %Y "$record" 2>/dev/null || stat -f %m "$record")"
    tail -n "$MOST" "$record" | cut -c1-200 | sed 's/^/line=/'
  fi
done
