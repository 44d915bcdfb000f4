#!/usr/bin/env python3
"""Wait until PostgreSQL accepts a connection, or fail after --timeout seconds: as the official Odoo image does."""

import argparse
import sys
import time

import psycopg2

parser = argparse.ArgumentParser()
for name in ("host", "port", "user", "password"):
    parser.add_argument("--db_" + name, required=True)
parser.add_argument("--timeout", type=int, default=5)
options = parser.parse_args()

deadline, error = time.time() + options.timeout, "timeout"
while time.time() < deadline:
    try:
        psycopg2.connect(
            host=options.db_host,
            port=options.db_port,
            user=options.db_user,
            password=options.db_password,
            dbname="postgres",
            connect_timeout=5,
        ).close()
        sys.exit(0)
    except psycopg2.OperationalError as failure:
        error = failure
    time.sleep(1)

print("Database connection failure: %s" % error, file=sys.stderr)
sys.exit(1)
