#!/bin/sh
# What a remedy's program starts with that starts Odoo again: a restart must not turn a site that answers into one that
# crashes. Values: CONTAINER, WOULD_START (Python), LOADER, DATABASE (may be empty).
# shellcheck disable=SC2154 # checks.sh stands in front of this file

# would_start: ends the program where a new start of the running Odoo is known not to come up. What could not be looked at is
# said, and forbids nothing.
would_start() {
  seen=$(printf '%s' "$WOULD_START" | timeout -k 5 60 docker exec -i -u 0 "$CONTAINER" timeout -k 5 50 \
    python3 -I -B -c "$LOADER" "$(printf '%s' "$WOULD_START" | wc -c)" "$DATABASE" 2>/dev/null) ||
    seen="unseen whether a new start would come up"
  obstacle=$(printf '%s\n' "$seen" | sed -n 's/^unfit //p' | head -n 1 | cut -c1-300)
  [ -z "$obstacle" ] || unfit "a new start of Odoo would not come up: $obstacle"
  printf '%s\n' "$seen" | sed -n 's/^unseen /not looked at: /p' | head -n 3 | cut -c1-300
}
