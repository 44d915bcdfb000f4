# Probes of the host itself: who we are on it, its processes, ports, disks, memory and services.
# shellcheck disable=SC2154 # tools.sh and survey.sh stand around this file

ask_host() {
  echo "user=$(id -un)"
  echo "privilege=$may"
  echo "name=$(uname -n)"
  echo "system=$(uname -s)"
  echo "boot=$(cat /proc/sys/kernel/random/boot_id 2>/dev/null || true)"
  echo "uptime=$(cut -d. -f1 /proc/uptime 2>/dev/null || true)"
  echo "epoch=$(date +%s)"
  echo "zone=$(date +%z)"
  echo "load=$(cut -d' ' -f1-3 /proc/loadavg 2>/dev/null || true)"
  echo "processors=$(getconf _NPROCESSORS_ONLN 2>/dev/null || true)"
}

# With the rights to see everybody's (/proc may be mounted with hidepid). Kernel threads have no arguments, and say nothing
# here. Some arguments are long; their beginning tells what it is.
ask_processes() {
  elevated 10 ps -eo pid= -o ppid= -o stat= -o etime= -o args= >"$work/ps" || return
  grep -v ' \[[^]]*\]$' "$work/ps" | cut -c1-400 | head -n 3000
}

# With the rights to see whose port it is.
ask_listeners() { elevated 10 ss -H -lntp; }

ask_units() {
  bounded 10 systemctl show nginx.service docker.service docker.socket --no-pager --property \
    Id,LoadState,ActiveState,SubState,UnitFileState,Result,ActiveEnterTimestamp,InactiveEnterTimestamp,NRestarts
}

ask_memory() {
  [ -r /proc/meminfo ] || { echo "this system has no /proc/meminfo" >&2; return 1; }
  grep -E '^(MemTotal|MemAvailable|SwapTotal|SwapFree):' /proc/meminfo
}

# The file systems that matter: of the system, of the logs, of Docker, of the project and of every volume.
ask_disks() {
  list_disk_paths | sort -u >"$work/disk-paths"
  set --
  while IFS= read -r path; do set -- "$@" "$path"; done <"$work/disk-paths"
  # One that is not there makes df fail and print the others.
  section space
  elevated 10 df -Pk "$@" 2>"$work/df.err" || [ "$?" = 1 ] || return
  section inodes
  elevated 10 df -Pi "$@" 2>>"$work/df.err" || [ "$?" = 1 ] || return
}

list_disk_paths() {
  printf '%s\n' / /var/log /tmp /var/lib/docker
  if [ -s "$work/facts" ]; then sed -n 's/^[^ ]* mount [^	]*	\(\/..*\)/\1/p' "$work/facts"; fi
  if [ -s "$work/projects" ]; then cut -f2 "$work/projects"; fi
}
