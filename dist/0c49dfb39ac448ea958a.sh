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
  if ! mkdir -p "$state_dir/runs" 2>/dev/null || ! [ -w "$state_dir" ] || ! true 2>/dev/null >>"$state_dir/lock"; then
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

# The heartbeat: the lease's holder lives.
beat_lease() {
  sed "s/^beat=.*/beat=$(uptime_seconds)/" "$state_dir/lease" >"$state_dir/lease.new" &&
    mv "$state_dir/lease.new" "$state_dir/lease"
}

# why_lease_is_dead: why somebody else may take the lease; nothing where its holder may still live.
why_lease_is_dead() {
  lease_step=$(field "$state_dir/lease" step)
  lease_beat=$(field "$state_dir/lease" beat)
  lease_lives=$(field "$state_dir/lease" lives)
  lease_age=$(($(uptime_seconds) - ${lease_beat:-0}))
  if [ "$(field "$state_dir/lease" boot)" != "$(boot_id)" ]; then
    echo "the host was rebooted since"
  elif [ -n "$lease_step" ] && step_runs "$state_dir/runs/$lease_step"; then
    return 0
  elif [ "$lease_age" -gt "${lease_lives:-0}" ]; then
    echo "no heartbeat for $lease_age s"
  fi
}

# A process that has ended and that nobody has asked about yet (a zombie) does not live.
process_lives() { kill -0 "$1" 2>/dev/null && ! grep -q '^State:[[:space:]]*[ZX]' "/proc/$1/status" 2>/dev/null; }

# When a process began, in ticks since the boot: a number may be given to another one, this pair is not.
process_born() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d ' ' -f 20; }

# step_runs DIRECTORY: whether the step begun there still runs. A step that wrote its status has ended; one without
# runs as long as its unit, or any process of its session, does.
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
  for each_pid in "$step_pid" $(pgrep -s "$step_pid" 2>/dev/null); do
    if process_lives "$each_pid"; then return 0; fi
  done
  return 1
}

# A full disk must not stop a recovery: then the line is missing.
audit() {
  mkdir -p "${audit_log%/*}" 2>/dev/null || return 0
  printf '%s %s\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$*" 2>/dev/null >>"$audit_log" || return 0
}
