# Probes of nginx: is its configuration valid, what does it say, what do its logs say (runbook 1.1).
# shellcheck disable=SC2154 # tools.sh and survey.sh stand around this file

# The configuration as nginx itself reads it, every file with its name. Keys and logs are root's, so without the rights
# to open them nginx calls any configuration invalid.
ask_nginx() {
  command -v nginx >/dev/null 2>&1 || { echo "nginx is not installed on the host" >&2; return 127; }
  [ "$may" != user ] || { echo "testing the configuration needs root, or sudo without a password" >&2; return 1; }
  status=0
  elevated 10 nginx -t >"$work/nginx-test" 2>&1 || status=$?
  section "test $status"
  head -c 4000 "$work/nginx-test"
  case $status in 124 | 137 | 126 | 127) return "$status" ;; esac
  [ "$status" = 0 ] || return 0
  section config
  # -T writes nothing of a configuration that is invalid
  elevated 10 nginx -T 2>/dev/null | head -c 1500000
}

# The logs that the configuration names, and Debian's folder, for a configuration that is invalid names none; what is
# written elsewhere (syslog, off) is not there to be read.
# shellcheck disable=SC2016 # awk's variables, not the shell's
nginx_logs() { # access_log | error_log
  {
    elevated 10 nginx -T 2>/dev/null | sed -nE "s/^[[:space:]]*$1[[:space:]]+(\/[^ ;]+).*/\1/p"
    elevated 5 find /var/log/nginx -maxdepth 1 -name "*${1%_log}*.log" 2>/dev/null | sort
  } | bounded 5 awk '!seen[$0]++' | head -n 6
}

# How many requests there were, minute by minute, and how many of them failed; no address and no path of anybody's.
ask_access_log() {
  found=no
  for log in $(nginx_logs access_log); do
    elevated 5 test -s "$log" || continue
    found=yes
    section "access $log"
    elevated 10 tail -c 6000000 "$log" | bounded 20 awk "$ACCESS_LOG_AWK" || return
  done
  [ "$found" = yes ] || { echo "no access log of nginx could be read" >&2; return 1; }
}

ask_nginx_errors() {
  for log in $(nginx_logs error_log); do
    elevated 5 test -s "$log" || continue
    section "errors $log"
    elevated 10 tail -n 60 "$log" | cut -c1-600
  done
  section journal
  elevated 10 journalctl --unit nginx --since '-30 min' --lines 200 --no-pager --output short-iso 2>&1 | cut -c1-600
}
