# What every program that touches our state on the host starts with: one directory per host and project, whoever logs
# in, so that two users meet in the same lease. It lies in memory (/run), because a full disk is one of the things we
# are called for, and because nothing in it means anything after a reboot. The audit log stays on disk.
# Values: STATE_ROOT, AUDIT_ROOT, STATE_KEY.
set -eu
umask 077

state_dir=$STATE_ROOT/$STATE_KEY
audit_log=$AUDIT_ROOT/$STATE_KEY/audit.log

# Makes the state directory. Status 77: we may not.
open_state() {
  if ! mkdir -p "$state_dir/runs" 2>/dev/null || ! [ -w "$state_dir" ]; then
    echo "cannot write to $state_dir as $(id -un)" >&2
    return 77
  fi
}

# Everything that reads and then writes the lease does so under this lock. Its descriptor must not reach a child that
# lives on (a lock stays held as long as anyone has it open): such children are started with 9>&-.
lock_state() {
  exec 9>"$state_dir/lock"
  flock -w 20 9 || { echo "another program holds $state_dir/lock" >&2; return 75; }
}

boot_id() { cat /proc/sys/kernel/random/boot_id 2>/dev/null || sysctl -n kern.bootsessionuuid; }

# Seconds since boot: with the boot id, a time that no changed clock can move.
uptime_seconds() {
  if [ -r /proc/uptime ]; then
    cut -d. -f1 /proc/uptime
  else
    boottime=$(sysctl -n kern.boottime)
    boottime=${boottime#*sec = }
    echo $(($(date +%s) - ${boottime%%,*}))
  fi
}

# field FILE NAME: the value in a line NAME=value, or nothing.
field() { sed -n "s/^$2=//p" "$1" 2>/dev/null | head -n 1; }

# step_runs DIRECTORY: whether the step begun there still runs. A step that wrote its status has ended; one without
# runs as long as its process, or its unit, does.
step_runs() {
  [ -d "$1" ] || return 1
  [ ! -f "$1/status" ] || return 1
  [ "$(field "$1/started" boot)" = "$(boot_id)" ] || return 1
  step_unit=$(field "$1/started" unit)
  if [ -n "$step_unit" ]; then
    case $(systemctl is-active "$step_unit" 2>/dev/null) in
      active | activating | deactivating) return 0 ;;
      *) return 1 ;;
    esac
  fi
  step_pid=$(cat "$1/pid" 2>/dev/null) || return 1
  kill -0 "$step_pid" 2>/dev/null
}

# A full disk must not stop a recovery: then the line is missing.
audit() {
  mkdir -p "${audit_log%/*}" 2>/dev/null || return 0
  printf '%s %s\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$*" 2>/dev/null >>"$audit_log" || return 0
}
