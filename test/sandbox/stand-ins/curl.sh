#!/bin/sh
# Stands for curl on the host. The host's ports are others on this machine: `ports` holds a line HOST:PORT=PORT for each,
# and what is not in it is closed, whatever listens there here. Waits so many times shorter as SANDBOX_HURRY says.

# real_port HOST PORT: port 1 is nobody's
real_port() {
  found=$(sed -n "s/^$1:$2=//p" "$SANDBOX/ports")
  echo "${found:-1}"
}

left=$#
url='' host='' port=''
while [ "$left" -gt 0 ]; do
  word=$1
  shift
  left=$((left - 1))
  case $word in
    --connect-to)
      rule=$1
      shift
      left=$((left - 1))
      port=${rule##*:}
      from=${rule%":$port"}
      host=${from##*:}
      real=$(real_port "$host" "$port")
      set -- "$@" --connect-to "${from%":$host"}:127.0.0.1:$real"
      ;;
    --max-time)
      set -- "$@" --max-time "$(($1 / SANDBOX_HURRY))"
      shift
      left=$((left - 1))
      ;;
    http://* | https://*)
      url=$word
      set -- "$@" "$word"
      ;;
    *) set -- "$@" "$word" ;;
  esac
done
if [ -z "$host" ]; then
  authority=${url#*://}
  authority=${authority%%/*}
  case $authority in *:*) ;; *) authority=$authority:80 ;; esac
  port=${authority##*:}
  host=${authority%":$port"}
  real=$(real_port "$host" "$port")
  set -- --connect-to "$authority:127.0.0.1:$real" "$@"
fi
exec 3>&1
# Its complaints name the host's port.
status=$({
  {
    "$SANDBOX/lib/curl" "$@" 2>&1 >&3 3>&- 4>&-
    echo "$?" >&4
  } | sed "s/127\.0\.0\.1 port $real /$host port $port /" >&2
} 4>&1)
exit "$status"
