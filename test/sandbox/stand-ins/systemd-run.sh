#!/bin/sh
# Stands for `systemd-run`: runs a command in a session of its own, which nobody's end takes along. As long as it runs, a
# file with the unit's name holds its process's id; `systemctl` looks at that. However it ends, its ExecStopPost runs.
unit='' after=''
while :; do
  case $1 in
    --unit=*) unit=$SANDBOX/units/${1#--unit=} ;;
    --property=ExecStopPost=-*) after=${1#--property=ExecStopPost=-} ;;
    --quiet | --collect | --property=*) ;;
    --*) echo "systemd-run $1: not known in the sandbox" >&2; exit 1 ;;
    *) break ;;
  esac
  shift
done
: >"$unit"
# shellcheck disable=SC2016 # for the inner shell
setsid /bin/sh -c '
  unit=$1 after=$2
  shift 2
  "$@" &
  echo "$!" >"$unit"
  wait "$!"
  $after
  rm -f "$unit"
' unit "$unit" "$after" "$@" </dev/null >/dev/null 2>&1 &
