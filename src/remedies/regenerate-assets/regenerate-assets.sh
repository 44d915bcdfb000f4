#!/bin/sh
# Runbook 2.1: Odoo compiles its stylesheets and scripts anew, in one transaction that is undone where it would not help.
# Nothing is restarted: the workers are told. Values, beside those of second-odoo.sh: REGENERATE (Python), HOST_HEADER
# and SCHEME (as the public asks).
# shellcheck disable=SC2154 # checks.sh, compose.sh and second-odoo.sh stand in front of this file

fit_for_second_odoo
no_module_is_marked

status=0
odoo_shell "$REGENERATE" || status=$?
case $status in
  0) ;;
  # Its own words are printed by then.
  10 | 11) exit "$status" ;;
  124 | 137 | 143) failed "it was ended in its middle (status $status): too slow, or too little memory" ;;
  *) unfit "a second Odoo ended with status $status before it changed anything; its words are in the log" ;;
esac

# The first visitor need not wait for what only a page starts.
ask_odoo() {
  path=$1
  shift
  curl --silent --globoff --noproxy '*' --max-time 60 --user-agent odoo-recover --header "Host: $HOST_HEADER" \
    --header "X-Forwarded-Host: $HOST_HEADER" --header "X-Forwarded-Proto: $SCHEME" "$@" "http://$address$path" || true
}
if container_runs "$CONTAINER" && command -v curl >/dev/null; then
  address=$(timeout -k 2 10 docker port "$CONTAINER" 8069/tcp 2>/dev/null | head -n 1 | sed 's/^0\.0\.0\.0:/127.0.0.1:/; s/^\[::\]:/[::1]:/') || true
  if [ -n "$address" ]; then
    page=$(ask_odoo /web/login)
    printf '%s' "$page" | grep -oE '(href|src)="/web/(content|assets)/[^"]+\.(css|js)"' | cut -d'"' -f2 | head -n 24 |
      while IFS= read -r path; do echo "warm: $(ask_odoo "$path" --output /dev/null --write-out '%{http_code} %{size_download} bytes') $path"; done
  fi
fi
