#!/bin/sh
# Runbook 2.1: Odoo compiles its stylesheets and scripts anew, in one transaction that is undone where it would not help.
# Nothing is restarted: the workers are told. Values, beside those of second-odoo.sh and page.sh: REGENERATE (Python).
# shellcheck disable=SC2154 # checks.sh, compose.sh, second-odoo.sh and page.sh stand in front of this file

fit_for_second_odoo
no_module_is_marked

status=0
odoo_shell "$REGENERATE" "ASIDE=${STEP_NAME:-by-hand}" "COMPILED_BADLY_CSS=$COMPILED_BADLY_CSS" \
  "COMPILED_BADLY_JS=$COMPILED_BADLY_JS" || status=$?
case $status in
  0) ;;
  # Its own words are printed by then.
  10 | 11) exit "$status" ;;
  124 | 137 | 143) failed "it was ended in its middle (status $status): too slow, or too little memory" ;;
  *) unfit "a second Odoo ended with status $status before it changed anything; its words are in the log" ;;
esac

# The first visitor need not wait for what only a page starts.
if container_runs "$CONTAINER"; then
  if page_is_good; then
    echo "did: asked for the login page and its $page_count stylesheets and scripts, and got them all"
  else
    echo "asked for the login page: $page_why"
  fi
fi
