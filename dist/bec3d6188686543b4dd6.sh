# A backup onto the droplet: dumped into a file that is only half a backup, read back whole from the disk, and called a
# backup then. Prints progress, and a line `did: …`. gate.sh stands in front of this file.
# Values, beside those of gate.sh: RUNNER_ROOM, bytes that the runner has for a copy (empty: none is to go there).
# shellcheck disable=SC2034,SC2153,SC2154 # gate.sh stands in front of this file

begin
if [ "${RUNNER_ROOM:-$expected}" -lt "$expected" ]; then
  refuse "There is not enough room on the runner for the backup" \
    "about $(mebibytes "$expected") are expected, and $(mebibytes "$RUNNER_ROOM") may be used there: a tenth of the disk, and at least 2 GiB, stay free" \
    "Use a runner with a larger disk, or keep the backup on the droplet: \`backup_to: droplet\`."
fi
needed=$((expected * 11 / 10 / 1024 + 1024))
[ "$(room "$backups")" -ge "$needed" ] ||
  refuse "There is not enough room on the droplet for a backup of $DATABASE" \
    "$(mebibytes "$(free_of "$backups")") are free, $(mebibytes "$(reserve_of "$backups")") of them stay free, and up to $(mebibytes $((needed * 1024))) are needed in $backups" \
    "$make_room_advice"
snapshot_files

# Every stage leaves its status; the dump's size and the reserve are watched from beside.
write_dump() { tee "$partial" 2>"$step_dir/write.err"; }
sum() { sha256sum | cut -d ' ' -f 1; }
: >"$partial"
{ stage dump pg_dump_there 2>"$step_dir/dump.err" | stage write write_dump | stage sum sum >"$step_dir/sha256"; } &
working=$!
dump_began=$(uptime_seconds)
told=$dump_began
at_reserve=no
while kill -0 "$working" 2>/dev/null; do
  sleep 0.3
  if [ "$(room "$backups")" -lt 0 ]; then
    at_reserve=yes
    end_dump
    # It may not have come to PostgreSQL yet; nothing more of it is written.
    end_tree "$working"
    break
  fi
  now=$(uptime_seconds)
  if [ "$((now - told))" -ge 4 ]; then
    told=$now
    written=$(stat -c %s "$partial")
    rate=$((written / (now - dump_began) + 1))
    to_come=$((expected > written ? (expected - written) / rate : 0))
    echo "dumped $(mebibytes "$written") of about $(mebibytes "$expected"), $(mebibytes "$rate")/s, about $to_come s left"
  fi
done
wait "$working" || true
working=
if [ "$at_reserve" = yes ]; then
  refuse "The dump of $DATABASE was ended: it came to the reserve of the droplet's disk" \
    "$(mebibytes "$(stat -c %s "$partial")") were written; $(mebibytes "$(reserve_of "$backups")") of the file system of $backups stay free" \
    "$make_room_advice"
fi
if [ "$(status_of write)" != 0 ]; then
  refuse "The dump could not be written to the droplet's disk" "$(cat "$step_dir/write.err")" "$make_room_advice"
fi
judge_dump
[ "$(status_of sum)" = 0 ] || refuse "The dump's SHA-256 could not be taken"
sync_file "$partial"
dump_seconds=$(($(uptime_seconds) - dump_began))
bytes=$(stat -c %s "$partial")
sha256=$(cat "$step_dir/sha256")
[ "$bytes" -ge "$least_bytes" ] || { tables=0; judge_size; }

# Read back from the disk and not from memory: what the kernel keeps of the file is let go of first.
echo "reading $(mebibytes "$bytes") back"
dd if="$partial" iflag=nocache count=0 status=none 2>/dev/null || true
mkfifo "$step_dir/copy"
sum <"$step_dir/copy" >"$step_dir/sha256-read" &
summing=$!
read_dump() { tee "$step_dir/copy" <"$partial"; }
{ stage read read_dump 2>"$step_dir/read.err" | stage restore pg_restore_there >/dev/null 2>"$step_dir/restore.err"; } &
working="$! $summing"
wait "$!" || true
wait "$summing" || true
working=
read_sum=$(cat "$step_dir/sha256-read")
if [ "$(status_of restore)" != 0 ]; then
  [ "$(status_of restore)" != 124 ] ||
    refuse "The dump could not be read back within $SECONDS_FOR_BACKUP s" "" "Raise \`backup_timeout\`."
  refuse "pg_restore cannot read the dump that was just written" "$(tail -c 2000 "$step_dir/restore.err")" "Look at the droplet's disk and memory: \`dmesg\` tells of their errors."
fi
[ "$(status_of read)" = 0 ] ||
  refuse "The dump could not be read back from the droplet's disk" "$(cat "$step_dir/read.err")" "Look at the droplet's disk: \`dmesg\` tells of its errors."
[ "$read_sum" = "$sha256" ] ||
  refuse "What is read back from the droplet's disk is not what was written there" "SHA-256 written $sha256, read $read_sum" "Look at the droplet's disk and memory: \`dmesg\` tells of their errors."
stage contents in_db 120 pg_restore --format=custom --list <"$partial" >"$step_dir/toc" 2>"$step_dir/contents.err"
judge_contents
judge_size
finish_snapshot

name=$FILE_NAME-$(date -u +%Y%m%dT%H%M%SZ).dump
mv "$partial" "$backups/$name"
sync_file "$backups"
write_manifest "$name" "$backups/$name.json"
passed=yes
rate=$((bytes / (dump_seconds > 0 ? dump_seconds : 1)))
echo "did: backed up the database $DATABASE onto the droplet and read it back: $(mebibytes "$bytes"), the rows of $tables tables, in $(($(uptime_seconds) - began)) s ($(mebibytes "$rate")/s while dumping), SHA-256 $sha256, in $backups/$name"
remove_expired
