#!/bin/bash
# The kernel killed Odoo for want of memory, once, and nothing started it again: its restart policy is "no". There is
# memory enough now; what is left is "Exited (137)" and the mark that memory was the reason.
# expected-cause: odoo-out-of-memory
# symptom: proxy=502 direct=refused odoo=exited odoo-exit=137 odoo-oom=true db=running

break_it() {
  local container
  container=$(container_of "$ODOO_SERVICE")
  docker update --restart no "$container" >/dev/null
  start_odoo_within 48m
  wait_for 60 stopped "$container"
  docker update --memory 2g --memory-swap 2g "$container" >/dev/null
}
stopped() { [ "$(docker inspect --format '{{.State.Status}}' "$1")" = exited ]; }

undo_it() { recreate_odoo; }
