# A backup that lies on the droplet, on stdout, from a byte offset on. Values: FILE (its name in the folder), OFFSET.
# shellcheck disable=SC2153,SC2154 # state.sh stands in front of this file, the values in front of that
tail -c "+$((OFFSET + 1))" "$AUDIT_ROOT/$STATE_KEY/backups/$FILE"
