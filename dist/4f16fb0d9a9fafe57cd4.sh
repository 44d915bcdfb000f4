# After a backup, its manifest. One that was streamed gets its manifest now, when what the runner has read back from its
# own disk is what was sent. Values, beside those of gate.sh: SENT_BYTES and SENT_SHA256, as read back on the runner (empty:
# the backup lies on the droplet). Safe to run again. Sections: `said`, then `manifest`. gate.sh stands in front.
# shellcheck disable=SC2034,SC2153,SC2154 # gate.sh stands in front of this file

manifest=
for each in "$backups"/*.dump.json; do
  if [ -f "$each" ] && [ "$(text step "$each")" = "$STEP_NAME" ]; then manifest=$each; fi
done
printf '\n%s section said\n' "$FRAME"
if [ -z "$manifest" ] && [ -n "$SENT_SHA256" ]; then
  cat "$step_dir/log"
  sha256=$(cat "$step_dir/sha256")
  bytes=$SENT_BYTES
  for each in tables size compress major snapshot began; do eval "$each=\$(field \"\$step_dir/passed\" $each)"; done
  find_last
  [ -n "$tables" ] || refuse "The dump did not end well on the droplet"
  [ "$SENT_SHA256" = "$sha256" ] ||
    refuse "What is read back from the runner's disk is not what the droplet sent" "SHA-256 sent $sha256, read $SENT_SHA256"
  judge_size
  manifest=$backups/$FILE_NAME-$(date -u +%Y%m%dT%H%M%SZ).dump.json
  write_manifest "" "$manifest"
  remove_expired
fi
[ -n "$manifest" ] || refuse "The backup left no manifest"
printf '\n%s section manifest\n' "$FRAME"
cat "$manifest"
