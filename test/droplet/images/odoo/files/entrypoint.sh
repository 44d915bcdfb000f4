#!/bin/bash
# The contract of the official Odoo image's entrypoint: HOST, PORT, USER and PASSWORD of the environment become
# --db_host, --db_port, --db_user and --db_password after the given arguments; what odoo.conf says wins.
set -e
: "${ODOO_RC:=/etc/odoo/odoo.conf}"
if [ -n "${PASSWORD_FILE:-}" ]; then PASSWORD=$(<"$PASSWORD_FILE"); fi

from_conf() { sed -nE "s/^[[:space:]]*$1[[:space:]]*=[[:space:]]*([^[:space:]]+).*/\1/p" "$ODOO_RC" | tail -n 1; }
database=()
argument() { local value; value=$(from_conf "$1"); database+=("--$1" "${value:-$2}"); }
argument db_host "${HOST:-db}"
argument db_port "${PORT:-5432}"
argument db_user "${USER:-odoo}"
argument db_password "${PASSWORD:-odoo}"

case "${1:-}" in
  odoo | --)
    shift
    if [ "${1:-}" = scaffold ]; then exec odoo "$@"; fi
    wait-for-psql.py "${database[@]}" --timeout=30
    exec odoo "$@" "${database[@]}"
    ;;
  -*)
    wait-for-psql.py "${database[@]}" --timeout=30
    exec odoo "$@" "${database[@]}"
    ;;
  *) exec "$@" ;;
esac
