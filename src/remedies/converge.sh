#!/bin/sh
# The dead-man of the steps that stop Odoo. It replays no command: it knows what must be true on this host, looks whether it
# is, and brings it about where nobody else has decided otherwise. Run after the step, after its death, and after a reboot,
# until it has seen that it holds.
#
#   Odoo's service runs, unless a person stopped it or made its container new.
#   The states of the modules are as the step saved them, where they still are what a failed boot left (Odoo 14 to 19,
#   odoo/modules/loading.py, reset_modules_state: `to install` becomes `uninstalled`, every other mark `installed`).
#
# Values: CONTAINER (Odoo's, as the step found it), PROJECT, SERVICE, DB_SERVICE, ONE_OFF (of the step; may be empty),
# DB_CONTAINER, DB_USER (may be empty), DATABASE (the last three may be empty where no states are saved), PUT_BACK_DIR.
# In the environment: PUT_BACK_PATIENCE, seconds that the database is waited for.
# In PUT_BACK_DIR, written by the step before it acts (about-to-stop.sh): `stop`; `stopped` when that was done; `states`.
# Status 0: it holds, or is somebody else's by now. Otherwise it is to be run again.
set -eu

# field FILE NAME: the value in a line NAME=value, or nothing.
field() { sed -n "s/^$2=//p" "$1" 2>/dev/null | head -n 1; }
inspected() { timeout -k 2 10 docker inspect --type container --format "$1" "$2" 2>/dev/null; }
state_of() { inspected '{{.State.Status}}' "$1" || echo absent; }
uptime_seconds() { cut -d. -f1 /proc/uptime; }

# containers_of SERVICE: the ids of its containers, those of `compose run` left out.
containers_of() {
  timeout -k 2 20 docker ps --all --quiet --no-trunc --filter "label=com.docker.compose.project=$PROJECT" \
    --filter "label=com.docker.compose.service=$1" --filter label=com.docker.compose.oneoff=False
}

# The daemon goes on with a stop that it was asked for, though nobody waits for it any more; a start in the meantime would do
# nothing. A reboot ends it.
let_the_stop_end() {
  if [ -f "$PUT_BACK_DIR/stopped" ] || [ "$(field "$PUT_BACK_DIR/stop" boot)" != "$(cat /proc/sys/kernel/random/boot_id)" ]; then return 0; fi
  while [ "$(state_of "$CONTAINER")" = running ] && [ "$(uptime_seconds)" -lt "$(field "$PUT_BACK_DIR/stop" until)" ]; do sleep 1; done
}

# newer_container: one of the service that was not there when the step began; nothing where there is none.
newer_container() {
  for each in $(containers_of "$SERVICE"); do
    if [ "$each" != "$CONTAINER" ] && ! grep -qx "sibling=$each" "$PUT_BACK_DIR/stop"; then
      echo "$each"
      return 0
    fi
  done
}

# Whether somebody else has started it since our stop, so that its state is theirs.
started_by_others() {
  now=$(inspected '{{.State.StartedAt}}' "$CONTAINER")
  if [ -f "$PUT_BACK_DIR/stopped" ]; then
    [ "$now" != "$(field "$PUT_BACK_DIR/stopped" started)" ]
  else
    # A restart starts it by itself. Otherwise: one that crashes again and again is started by Docker until it is stopped.
    [ "$(field "$PUT_BACK_DIR/stop" restart)" = yes ] && [ "$now" != "$(field "$PUT_BACK_DIR/stop" started)" ]
  fi
}

# seen_up ID: whether it runs, or Docker goes on starting it, as it did before.
seen_up() { case $(state_of "$1") in running | restarting | paused) ;; *) return 1 ;; esac; }

# start_and_see ID
start_and_see() {
  timeout -k 5 60 docker start "$1" >/dev/null || return 1
  tries=20
  until seen_up "$1"; do
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || return 1
    sleep 0.5
  done
  echo "put back: Odoo's container runs again"
}

bring_service_up() {
  let_the_stop_end
  newer=$(newer_container)
  if [ -n "$newer" ]; then
    # A deploy may be about to start it.
    tries=60
    while [ "$(state_of "$newer")" = created ] && [ "$tries" -gt 0 ]; do
      tries=$((tries - 1))
      sleep 1
    done
    case $(state_of "$newer") in
      created) start_and_see "$newer" ;;
      *) echo "put back: nothing, for somebody made Odoo's container new meanwhile" ;;
    esac
    return
  fi
  case $(state_of "$CONTAINER") in
    running | restarting | paused) echo "put back: Odoo's container runs" ;;
    absent) echo "put back: nothing, for somebody removed Odoo's container meanwhile" ;;
    exited | created | dead)
      if started_by_others; then
        echo "put back: nothing, for somebody started and stopped Odoo's container meanwhile"
      else
        start_and_see "$CONTAINER"
      fi
      ;;
    *) return 1 ;;
  esac
}

# The database's container by its id; where that is gone, the one that its service has now.
database_container() {
  if [ "$(state_of "$DB_CONTAINER")" != absent ]; then
    echo "$DB_CONTAINER"
  elif [ -n "$DB_SERVICE" ]; then
    containers_of "$DB_SERVICE" | head -n 1
  fi
}

database_answers() {
  db=$(database_container)
  [ -n "$db" ] || return 1
  # shellcheck disable=SC2016 # for the shell inside of the container
  user=${DB_USER:-$(timeout -k 2 10 docker exec "$db" sh -c 'echo "${POSTGRES_USER:-postgres}"' 2>/dev/null)} || return 1
  timeout -k 2 15 docker exec "$db" psql -X -q -A -t -U "$user" -d "$DATABASE" -c 'select 1' >/dev/null 2>&1
}

# PostgreSQL may need minutes to recover: it is waited for, and asked again at each run. One that is stopped may come up with
# the daemon, and is given a minute.
restore_states() {
  tries=${PUT_BACK_PATIENCE:-30}
  while ! database_answers; do
    tries=$((tries - 1))
    if [ "$tries" -gt 60 ] && ! seen_up "$(database_container)"; then tries=60; fi
    if [ "$tries" -le 0 ]; then
      echo "the database does not answer yet: the states of the modules are still kept"
      return 1
    fi
    sleep 1
  done
  restored=$({
    echo "begin; set local lock_timeout = '20s'; create temporary table saved (name text primary key, state text) on commit drop;"
    echo 'copy saved from stdin;'
    cat "$PUT_BACK_DIR/states"
    printf '\\.\n'
    echo "with put_back as (update ir_module_module m set state = s.state from saved s where m.name = s.name and s.state like 'to %' and m.state = case s.state when 'to install' then 'uninstalled' else 'installed' end returning 1) select count(*) from put_back; commit;"
  } | timeout -k 5 60 docker exec -i "$db" psql -X -q -A -t -v ON_ERROR_STOP=1 -U "$user" -d "$DATABASE" 2>&1) || {
    echo "the states of the modules could not be put back yet: $(printf '%s' "$restored" | tail -n 1)"
    return 1
  }
  rm -f "$PUT_BACK_DIR/states"
  echo "the states of $restored modules had to be put back"
}

# After a reboot the daemon may still be on its way.
tries=60
until timeout -k 2 10 docker version >/dev/null 2>&1; do
  tries=$((tries - 1))
  if [ "$tries" -le 0 ]; then
    echo "Docker does not answer yet"
    exit 1
  fi
  sleep 1
done
if [ -n "$ONE_OFF" ]; then timeout -k 5 60 docker rm --force "$ONE_OFF" >/dev/null 2>&1 || true; fi
# The states first, for Odoo would act on them when it starts; but the site does not wait for them for ever.
held=yes
if [ -f "$PUT_BACK_DIR/states" ]; then restore_states || held=no; fi
if [ -f "$PUT_BACK_DIR/stop" ]; then
  if bring_service_up; then rm -f "$PUT_BACK_DIR/stop" "$PUT_BACK_DIR/stopped"; else held=no; fi
fi
[ "$held" = yes ]
