#!/bin/sh
# Files of compiled bundles that are not what was stored go aside, by rename (quarantine.py): whatever is compiled anew would
# collide with them. Which they are is found out here, and kept on the host's disk before the first is moved.
# Values, beside those of in-odoo.sh: DB_CONTAINER, DB_USER (may be empty), DATABASE, STORED_SQL.
# shellcheck disable=SC2154 # checks.sh and in-odoo.sh stand in front of this file

container_runs "$DB_CONTAINER" || unfit "the database does not run"
# shellcheck disable=SC2016 # for the shell inside of the container
user=${DB_USER:-$(docker exec "$DB_CONTAINER" sh -c 'echo "${POSTGRES_USER:-postgres}"')}
keep_ready
stored=$KEEP_DIR/stored
# Without its end the list would make files of users' nobody's.
printf '%s' "$STORED_SQL" | docker exec -i "$DB_CONTAINER" timeout -k 5 120 env PGOPTIONS='-c default_transaction_read_only=on' \
  psql -X -q -A -t -v ON_ERROR_STOP=1 -U "$user" -d "$DATABASE" -f - >"$stored" || {
  forget
  unfit "$DATABASE does not say which files its attachments have"
}
echo "end $(wc -l <"$stored")" >>"$stored" || { forget; unfit "the list of files could not be kept whole in $KEEP_DIR"; }
look "$stored" "$DATABASE" "$STEP_NAME"
rm -f "$stored"
keep

act
