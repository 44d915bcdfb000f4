#!/bin/bash
# Runs once in the PostgreSQL image while it is made: the folders that the official image has.
set -euo pipefail
chmod 755 /usr/local/bin/docker-entrypoint.sh
mkdir -p /docker-entrypoint-initdb.d /var/run/postgresql
chown postgres:postgres /var/run/postgresql
chmod 3777 /var/run/postgresql
install -d -o postgres -g postgres -m 1777 /var/lib/postgresql/data
