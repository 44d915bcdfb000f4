# Runs inside of the PostgreSQL container. Prints `activity=JSON`, or `error=…`; then for each database that holds an Odoo
# `modules=DATABASE<TAB>JSON`, `bundles=DATABASE<TAB>JSON`, `stored=DATABASE<TAB>FILE` for a sample of its other files, and
# where the user named a module `named=DATABASE<TAB>JSON`.
# Values: ACTIVITY_SQL, MODULES_SQL, BUNDLES_SQL, FILES_SQL, NAMED_MODULE_SQL, MODULE (may be empty), LOOK (as for
# survey.sh), DB_USER (may be empty).
# shellcheck disable=SC2154 # the values stand in front of this file
user=${DB_USER:-${POSTGRES_USER:-postgres}}
export PGCONNECT_TIMEOUT=5 PGAPPNAME=odoo-recover PGOPTIONS='-c statement_timeout=5000 -c lock_timeout=1000 -c default_transaction_read_only=on'
ask() { psql -X -q -A -t -v ON_ERROR_STOP=1 -U "$user" -d "$1" -c "$2" 2>&1; }
# On stdin: only there psql puts the values of its variables in.
ask_named() { printf '%s' "$NAMED_MODULE_SQL" | psql -X -q -A -t -v ON_ERROR_STOP=1 -v module="$MODULE" -U "$user" -d "$1" 2>&1; }
if ! command -v psql >/dev/null; then
  echo "error=psql is not in the container"
elif activity=$(ask postgres "$ACTIVITY_SQL"); then
  # Not by echo, which in many a shell takes the backslashes of JSON for its own.
  printf 'activity=%s' "$activity" | tr -d '\n'
  echo
  [ "$LOOK" = whole ] || exit 0
  ask postgres "select datname from pg_database where not datistemplate and datallowconn and datname <> 'postgres' order by datname limit 20" |
    while IFS= read -r database; do
      modules=$(ask "$database" "$MODULES_SQL") || continue
      printf 'modules=%s\t%s\n' "$database" "$(printf '%s' "$modules" | tr -d '\n')"
      bundles=$(ask "$database" "$BUNDLES_SQL") || continue
      printf 'bundles=%s\t%s\n' "$database" "$(printf '%s' "$bundles" | tr -d '\n')"
      if [ -n "$MODULE" ] && named=$(ask_named "$database"); then
        printf 'named=%s\t%s\n' "$database" "$(printf '%s' "${named:-null}" | tr -d '\n')"
      fi
      ask "$database" "$FILES_SQL" | while IFS= read -r file; do printf 'stored=%s\t%s\n' "$database" "$file"; done
    done
else
  printf 'error=%s\n' "$(printf '%s' "$activity" | tr '\n' ' ')"
fi
