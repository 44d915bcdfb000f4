#!/bin/bash
# The kernel killed Odoo for want of memory, once, and nothing started it again: its restart policy is "no". There is
# memory enough now; what is left is "Exited (137)" and the mark that memory was the reason.
# expected-cause: odoo-out-of-memory
# symptom: proxy=502 direct=refused odoo=exited odoo-exit=137 odoo-oom=true db=running

break_it() {
  local container
  container=$(container_of "$ODOO_SERVICE")
  docker update --restart no "$container" >/dev/null
  # containerd hears of the kill and of the container's end by two ways: where the end is heard first, Docker writes down
  # no reason. Then once more.
  for _ in 1 2 3 4; do
    start_odoo_within 48m
    wait_for 60 stopped "$container"
    if [ "$(docker inspect --format '{{.State.OOMKilled}}' "$container")" = true ]; then break; fi
  done
  docker update --memory 2g --memory-swap 2g "$container" >/dev/null
}
stopped() { [ "$(docker inspect --format '{{.State.Status}}' "$1")" = exited ]; }

undo_it() { recreate_odoo; }
