# Runbook 2.4: updates or uninstalls the one module that the user named, by a second Odoo, and reads back from the database
# what became of it; then Odoo is restarted. Values, beside those of second-odoo.sh: NAME (Odoo's container, for people),
# MODULE, ACTION, DEPENDENTS and TABLES (of the plan that was approved, a word a line), UNINSTALL (Python), FOLDER (Python),
# PUT_BACK_DIR.
# shellcheck disable=SC2153,SC2154 # checks.sh, compose.sh, second-odoo.sh and about-to-stop.sh stand in front of this file

container_runs "$CONTAINER" || unfit "Odoo's container is $(container_state "$CONTAINER")"
fit_for_second_odoo

# state_of_module NAME: `STATE VERSION`, in a connection of its own; nothing where there is none of that name.
state_of_module() {
  echo "select state || ' ' || coalesce(latest_version, '') from ir_module_module where name = :'module';" |
    psql_in_db -v module="$1"
}
states() { psql_in_db -c 'copy (select name, state from ir_module_module order by name) to stdout' </dev/null; }

before=$(state_of_module "$MODULE") || unfit "the state of $MODULE could not be read"
case $ACTION/$before in
  */installed\ *) ;;
  update/to\ upgrade\ *) ;;
  */) unfit "the database knows no module $MODULE" ;;
  *) unfit "$MODULE is not installed, but \`$before\`" ;;
esac
[ "$ACTION" = update ] || no_module_is_marked

if [ "$ACTION" = update ]; then
  # Odoo passes over a module whose code is not there, marks it, and ends as if all were well.
  folder=$(printf '%s\n# data\n%s\n%s\n' "$FOLDER" "$MODULE" "$OPTIONS" | timeout -k 5 40 docker exec -i "$CONTAINER" timeout -k 5 30 \
    python3 -I -B -c 'import sys; program, _, data = sys.stdin.read().partition("\n# data\n"); exec(program, {"DATA": data})' 2>&1) ||
    unfit "$(printf '%s\n' "$folder" | tail -n 1)"
  echo "its code is in $folder"
fi

# Odoo marks modules before it does anything to them; what puts the marks back stands ready.
states >"$PUT_BACK_DIR/marks.new" || unfit "the states of the modules in $DATABASE could not be saved"
sync "$PUT_BACK_DIR/marks.new"
mv "$PUT_BACK_DIR/marks.new" "$PUT_BACK_DIR/marks"

# left_alone WORDS: nothing was changed, by what the database says.
left_alone() {
  if [ "$(states)" = "$(cat "$PUT_BACK_DIR/marks")" ]; then unfit "$@"; fi
  failed "$@"
}

status=0
case $ACTION in
  update) odoo_server --update="$MODULE" >module.log || status=$? ;;
  uninstall) odoo_shell "$UNINSTALL" "ODOO_RECOVER_MODULE=$MODULE" "ODOO_RECOVER_DEPENDENTS=$DEPENDENTS" >module.log || status=$? ;;
esac
tail -n 400 module.log
# said PATTERN: the last line of Odoo's log that tells of it.
said() { grep -E -- "$1" module.log | tail -n 1 | sed -E 's/^[0-9-]+ [0-9:,]+ [0-9]+ //' | cut -c1-300; }

case $ACTION in
  update)
    [ "$status" = 0 ] || left_alone "\`-u $MODULE\` ended with status $status: $(said '[A-Za-z]*(Error|Exception): |CRITICAL|Failed to')"
    passed_over=$(said 'invalid module names, ignored|not installable, skipped|Some modules are not loaded|inconsistent states')
    [ -z "$passed_over" ] || left_alone "Odoo did not update it: $passed_over"
    after=$(state_of_module "$MODULE")
    case $after in installed\ *) ;; *) failed "$MODULE is \`$after\` after its update" ;; esac
    echo "did: updated the module $MODULE and what depends on it (version ${before##* } before, ${after##* } now)"
    ;;
  uninstall)
    if ! grep -q '^odoo-recover: begun$' module.log; then
      left_alone "Odoo's registry does not load, so nothing can be uninstalled by Odoo itself: $(said '[A-Za-z]*(Error|Exception): '). Put the code of $MODULE right, or take its folder out of addons_path and restart Odoo, and then uninstall it"
    fi
    [ "$status" != 10 ] || left_alone "$(said '^odoo-recover: unfit ' | sed 's/^odoo-recover: unfit //')"
    # A failed uninstallation resets the states and says so in one line of the log at most.
    for each in $MODULE $DEPENDENTS; do
      after=$(state_of_module "$each")
      case $after in
        uninstalled\ *) ;;
        *) left_alone "$each is \`${after% *}\` afterwards (status $status): $(said '[A-Za-z]*(Error|Exception): |Transient module states were reset')" ;;
      esac
    done
    echo "did: uninstalled $(printf '%s %s' "$MODULE" "$DEPENDENTS" | tr '\n' ' ' | sed 's/ *$//; s/ /, /g')"
    ;;
esac
changed=$(states | diff "$PUT_BACK_DIR/marks" - | sed -n 's/^> //p' | tr '\t\n' ' ;')
echo "modules in another state than before: ${changed:-none}"
# Whoever is marked still was not dealt with: those marks are put back.
if ! states | grep -q '	to '; then rm "$PUT_BACK_DIR/marks"; fi

# What serves has the older code in its memory, and its registry has models and fields that are no more; up to 17 nobody
# tells it, and newly read code needs a new process in any version.
about_to_stop 30 yes
timeout -k 10 120 docker restart --time 30 "$CONTAINER" >/dev/null || failed "Odoo's container $NAME could not be restarted"
rm -f "$PUT_BACK_DIR/stop"
within 30 container_runs "$CONTAINER" || failed "Odoo's container $NAME does not run after its restart"
echo "did: restarted Odoo, which had the older code in its memory"
