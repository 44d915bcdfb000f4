#!/bin/bash
# Runs once in the Odoo image while it is made: the folders that the official image has.
set -euo pipefail
mkdir -p /mnt/extra-addons /var/lib/odoo
chmod 755 /entrypoint.sh /usr/local/bin/wait-for-psql.py
chown -R odoo:odoo /mnt/extra-addons /var/lib/odoo /etc/odoo
chmod 640 /etc/odoo/odoo.conf
