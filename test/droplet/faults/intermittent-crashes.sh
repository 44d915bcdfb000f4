#!/bin/bash
# Odoo's main process died three times, and Docker restarted the container each time: it serves now, and people had
# a 502 again and again.
# expected-cause: intermittent
# symptom: proxy=200 asset=200 direct=200 odoo=running odoo-restarts=3+ odoo-oom=false db=running

break_it() {
  local container n
  container=$(container_of "$ODOO_SERVICE")
  for n in 1 2 3; do
    kill -KILL "$(docker inspect --format '{{.State.Pid}}' "$container")"
    curl -s -m 10 -o /dev/null http://127.0.0.1/web/login || true # a visitor's
    wait_for 30 restarted "$container" "$n"
    wait_for 60 login_answers
  done
}
restarted() { [ "$(docker inspect --format '{{.RestartCount}} {{.State.Status}}' "$1")" = "$2 running" ]; }

undo_it() { restart_odoo; }
