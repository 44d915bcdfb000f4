#!/bin/sh
# Starts nginx, behind a configuration that passes its own test; one that does not is left alone.
# shellcheck disable=SC2154 # checks.sh stands in front of this file

if systemctl is-active --quiet nginx; then unfit "nginx runs again"; fi
said=$(timeout -k 2 20 nginx -t 2>&1) || unfit "the configuration does not pass nginx -t: $said"
# A service that failed too often refuses to start until it is told to forget that.
systemctl reset-failed nginx 2>/dev/null || true
systemctl start nginx || failed "$(journalctl --unit nginx --lines 10 --no-pager 2>/dev/null)"
within 10 systemctl is-active --quiet nginx || failed "nginx was started and is not active"
