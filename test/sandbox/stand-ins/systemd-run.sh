#!/bin/sh
# Stands for `systemd-run`: runs a command in a session of its own, which nobody's end takes along. As long as it runs,
# a file with the unit's name is there; `systemctl is-active` looks at that.
unit=
while :; do
  case $1 in
    --unit=*) unit=$SANDBOX/units/${1#--unit=} ;;
    --quiet | --collect | --property=*) ;;
    --*) echo "systemd-run $1: not known in the sandbox" >&2; exit 1 ;;
    *) break ;;
  esac
  shift
done
: >"$unit"
# shellcheck disable=SC2016 # for the inner shell
setsid /bin/sh -c 'echo $$ >"$0"; "$@"; rm -f "$0"' "$unit" "$@" </dev/null >/dev/null 2>&1 &
