#!/bin/sh
# Stands for `sh`. A program that arrives on stdin names places of the host (/run/odoo-recover, /opt/odoo-ce, …); here
# each of them lies in the sandbox's folder, as it would under chroot(1), which needs root and another system's files.
# So the product needs no word about sandboxes, least of all a variable by which a login could move its own lease.
# What names the folder already (it saw such a path in an answer before) stays as it is: it is taken off, then put on.
if [ "$*" != -s ]; then exec /bin/sh "$@"; fi
LC_ALL=C sed -E -e "s|$SANDBOX/|/|g" \
  -e "s#(/run/odoo-recover|/run/systemd/system|/var/lib/odoo-recover|/dev/shm|/opt/|/etc/nginx|/var/log/nginx)#$SANDBOX\\1#g" |
  /bin/sh -s
