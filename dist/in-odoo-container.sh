#!/bin/sh
# Runs inside of Odoo's container, as `sh -c`: a second Odoo that lives no longer than the program that started it.
# Killing a `docker exec` leaves what it started behind; but then stdin ends, and that is watched here.
# Arguments: how many bytes of a program come first on stdin, in how many seconds it has to end, and its command.
length=$1
seconds=$2
shift 2
# It offers itself to the kernel's killer before anything else of the host.
echo 1000 2>/dev/null >/proc/self/oom_score_adj
program=$(head -c "$length"; echo .)
program=${program%.}
if [ "$(printf '%s' "$program" | wc -c)" -ne "$length" ]; then
  echo "the program did not arrive whole"
  exit 1
fi
exec 3<&0
printf '%s' "$program" | timeout -k 10 "$seconds" "$@" 3<&- &
odoo=$!
# By builtins alone: a watcher that is killed leaves nothing behind.
{ while read -r _; do :; done; kill -TERM "$odoo"; } <&3 >/dev/null 2>&1 &
watcher=$!
status=0
wait "$odoo" || status=$?
kill -KILL "$watcher" 2>/dev/null
exit "$status"
