#!/bin/sh
# What a remedy's program starts with that asks the database, or lets a second Odoo work on it: beside the one that
# serves, or in a container of its own where that one does not run.
# Values, beside those of compose.sh: CONTAINER, SERVICE, ONE_OFF (the name of a container of our own), DB_CONTAINER,
# DB_USER (may be empty), DATABASE, ENTRYPOINT, SERVER, SHELL_OF_ODOO and OPTIONS (a word a line), SECONDS_TO_RUN, IN_ODOO_CONTAINER.
# shellcheck disable=SC2154 # checks.sh and compose.sh stand in front of this file
# shellcheck disable=SC2317,SC2329 # not every program uses all of it

# psql_in_db ARGUMENTS...: psql in the database's container, on Odoo's database unless -d says another. Fails with its
# statement, and reads stdin. Bounded by SECONDS_TO_RUN there, too: killing the client would not end a statement.
psql_in_db() {
  # shellcheck disable=SC2016 # for the shell inside of the container
  database_user=${database_user:-${DB_USER:-$(docker exec "$DB_CONTAINER" sh -c 'echo "${POSTGRES_USER:-postgres}"')}}
  docker exec -i "$DB_CONTAINER" timeout -k 5 "$SECONDS_TO_RUN" \
    psql -X -q -A -t -v ON_ERROR_STOP=1 -U "$database_user" -d "$DATABASE" "$@"
}

# A server command with the name of a database that is not there creates it: so it must be there.
database_is_there() {
  container_runs "$DB_CONTAINER" || unfit "the database does not run"
  databases=$(psql_in_db -d postgres -c 'select datname from pg_database where not datistemplate') ||
    unfit "PostgreSQL does not say which databases there are"
  printf '%s\n' "$databases" | grep -qxF -- "$DATABASE" ||
    unfit "there is no database $DATABASE; there are: $(printf '%s' "$databases" | tr '\n' ' ')"
}

# enough_memory beside | instead: a second Odoo needs what the running one uses, whose memory is free by then where it
# runs instead of it. On a small droplet the kernel would otherwise look for something to kill, and may find PostgreSQL.
# In KiB.
enough_memory() {
  used=0
  for pid in $(docker top "$CONTAINER" -eo pid 2>/dev/null | tail -n +2); do
    resident=$(sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$pid/status" 2>/dev/null || true)
    used=$((used + ${resident:-0}))
  done
  available=$(sed -n 's/^MemAvailable:[^0-9]*\([0-9]*\).*/\1/p' /proc/meminfo)
  needed=$(((used > 204800 ? used : 204800) + 131072))
  if [ "$1" = instead ]; then
    available=$((available + used))
  else
    # Both then live under the limit of one container.
    limit=$(timeout -k 2 10 docker inspect --type container --format '{{.HostConfig.Memory}}' "$CONTAINER" 2>/dev/null || true)
    case $limit in
      '' | 0 | *[!0-9]*) ;;
      *) if [ "$((limit / 1024 - used))" -lt "$available" ]; then available=$((limit / 1024 - used)); fi ;;
    esac
  fi
  [ "$available" -ge "$needed" ] ||
    unfit "it needs $((needed / 1024)) MiB of memory, and $((available / 1024)) MiB would be available"
}

# Odoo updates a module that is marked for it whenever it loads, whoever starts it and for whatever (14: `-u` is not
# needed); so whoever only wants to ask must not start one.
no_module_is_marked() {
  marked=$(psql_in_db -c "select name || ' (' || state || ')' from ir_module_module where state in ('to install', 'to upgrade', 'to remove') order by name limit 5") ||
    unfit "the states of the modules in $DATABASE could not be read"
  [ -z "$marked" ] ||
    unfit "modules are marked, and a second Odoo would carry that out: $(printf '%s' "$marked" | tr '\n' ' ')"
}

# The prechecks of whatever starts a second Odoo.
fit_for_second_odoo() {
  case $(container_state "$CONTAINER") in
    paused | restarting | removing) unfit "Odoo's container is $(container_state "$CONTAINER")" ;;
  esac
  database_is_there
  enough_memory beside
}

# odoo_shell PYTHON [NAME=VALUE...]: `odoo shell` on the database, which runs the program with these values in its
# environment. What that did not commit is undone when it fails, or when this program ends. Prints both streams.
odoo_shell() { second_odoo "$@" -- "$SHELL_OF_ODOO" "--database=$DATABASE" --no-http --workers=0; }

# odoo_server ARGUMENTS...: the server, which stops when it has loaded: `--update=sale`.
odoo_server() {
  second_odoo '' -- "$SERVER" "--database=$DATABASE" --no-http --workers=0 --max-cron-threads=0 --stop-after-init "$@"
}

# second_odoo PROGRAM [NAME=VALUE...] -- WORDS ARGUMENTS...: the way that the image starts Odoo, with the options of
# the one that serves. The entrypoint passes the database's address on, so it is called, and not gone around.
second_odoo() {
  program_of_second="$1
"
  shift
  settings=0
  while [ "$1" != -- ]; do
    set -- "$@" "$1"
    shift
    settings=$((settings + 1))
  done
  called=$2
  shift 2
  own=$(($# - settings))
  # What stands in front now goes behind what is added here.
  while IFS= read -r word; do
    if [ -n "$word" ]; then set -- "$@" "$word"; fi
  done <<WORDS_END
$ENTRYPOINT
$called
$OPTIONS
WORDS_END
  while [ "$own" -gt 0 ]; do
    set -- "$@" "$1"
    shift
    own=$((own - 1))
  done
  attended env "$@"
}

# attended COMMAND...: in Odoo's container, with program_of_second on stdin. It ends when this program does.
attended() {
  length=$(printf '%s' "$program_of_second" | wc -c)
  set -- "$IN_ODOO_CONTAINER" in-odoo-container "$((length))" "$SECONDS_TO_RUN" "$@"
  rm -f lifeline
  mkfifo -m 600 lifeline
  trap 'docker rm --force "$ONE_OFF" >/dev/null 2>&1 || true' EXIT
  if container_runs "$CONTAINER"; then
    timeout -k 10 "$((SECONDS_TO_RUN + 30))" docker exec -i "$CONTAINER" /bin/sh -c "$@" <lifeline 2>&1 &
  else
    docker rm --force "$ONE_OFF" >/dev/null 2>&1 || true
    run_one_off "$@" <lifeline 2>&1 &
  fi
  client=$!
  # Open as long as this program lives, and in nothing that it starts.
  exec 8>lifeline
  rm -f lifeline
  (printf '%s' "$program_of_second" >&8) 2>/dev/null || true
  second_status=0
  wait "$client" || second_status=$?
  exec 8>&-
  docker rm --force "$ONE_OFF" >/dev/null 2>&1 || true
  trap - EXIT
  return "$second_status"
}

run_one_off() {
  script=$1
  shift
  compose run --rm --no-deps -T --name "$ONE_OFF" --entrypoint /bin/sh "$SERVICE" -c "$script" "$@"
}
