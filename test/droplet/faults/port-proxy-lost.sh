#!/bin/bash
# The docker-proxy processes of port 8069 were killed. Odoo runs, and its container still has the mapping, but nothing
# on the droplet listens on the port until the container is started again.
# expected-cause: port-mapping-missing
# symptom: proxy=502 asset=502 direct=refused odoo=running db=running drift=none

break_it() {
  local pids
  pids=$(pgrep -f '^/usr/s?bin/docker-proxy .* -host-port 8069 ')
  # shellcheck disable=SC2086 # a list of numbers
  kill -KILL $pids
}

undo_it() { restart_odoo; }
