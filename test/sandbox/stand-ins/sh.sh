#!/bin/sh
# Stands for `sh`. A program that arrives on stdin names places of the host (/run/odoo-recover, /opt/odoo-ce, …); here
# each of them lies in the sandbox's folder (machine/places.ts).
if [ "$*" != -s ]; then exec /bin/sh "$@"; fi
LC_ALL=C sed -E -f "$SANDBOX/places.sed" | /bin/sh -s
