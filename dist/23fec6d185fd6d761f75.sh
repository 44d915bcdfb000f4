# A backup to the runner: the dump goes to stdout and nowhere else, and is read as a dump while it passes. Nothing of it
# touches the droplet's disk. What there is to say is kept in the step's folder, for settle.sh and abandon.sh.
# Values, beside those of gate.sh: OWNER. gate.sh stands in front of this file.
# shellcheck disable=SC2034,SC2153,SC2154 # gate.sh stands in front of this file

open_state
if [ "$(field "$state_dir/lease" owner)" != "$OWNER" ]; then
  echo gone >&2
  exit 9
fi
# Never twice.
mkdir "$step_dir"
# The dump alone goes to stdout.
exec 6>&1 >"$step_dir/log" 2>&1
trap 'exit 141' PIPE HUP
begin
snapshot_files
# How long it will be, about: the runner looks whether it has the room before it takes more.
printf 'expected=%s\n' "$expected" >&6

mkfifo "$step_dir/to-sum" "$step_dir/to-restore" "$step_dir/to-contents"
sum() { sha256sum | cut -d ' ' -f 1; }
stage sum sum <"$step_dir/to-sum" >"$step_dir/sha256" 6>&- &
working=$!
stage restore pg_restore_there <"$step_dir/to-restore" >/dev/null 2>"$step_dir/restore.err" 6>&- &
working="$working $!"
stage contents contents_there <"$step_dir/to-contents" >"$step_dir/toc" 2>"$step_dir/contents.err" 6>&- &
working="$working $!"
send() { tee "$step_dir/to-sum" "$step_dir/to-restore" "$step_dir/to-contents" >&6 2>"$step_dir/send.err"; }
{ stage dump pg_dump_there 2>"$step_dir/dump.err" 6>&- | stage send send; } &
working="$working $!"
for each in $working; do wait "$each" || true; done
working=
# A consumer that stops reading ends the sending, and that the dump: the first cause is told.
if [ "$(status_of restore)" != 0 ] && [ "$(status_of dump)" != 124 ] && [ "$(status_of send)" != 0 ]; then
  refuse "pg_restore cannot read the dump as it is sent" "$(tail -c 2000 "$step_dir/restore.err" "$step_dir/dump.err")"
fi
judge_dump
[ "$(status_of send)" = 0 ] || refuse "The dump could not be sent to the runner" "$(cat "$step_dir/send.err")"
[ "$(status_of restore)" = 0 ] ||
  refuse "pg_restore cannot read the dump that was sent" "$(tail -c 2000 "$step_dir/restore.err")"
[ "$(status_of sum)" = 0 ] || refuse "The dump's SHA-256 could not be taken"
judge_contents
finish_snapshot
printf 'tables=%s\nsize=%s\ncompress=%s\nmajor=%s\nsnapshot=%s\nbegan=%s\n' "$tables" "$size" "$compress" "$major" "${snapshot:-}" "$began" >"$step_dir/passed"
passed=yes
