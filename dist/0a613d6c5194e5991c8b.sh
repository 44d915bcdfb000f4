# Runbook 2.3: takes the rows of all compiled bundles out of the database and moves their files aside, so that Odoo makes
# everything anew. No Odoo is needed for it: it works where `odoo shell` does not. Only where that does not help, `-u web`.
# Everything is kept in KEEP_DIR, and `sh $KEEP_DIR/undo` puts it back.
# Values, beside those of second-odoo.sh, page.sh and session.sh: PUT_BACK (that program), BUNDLES_SQL, FILES_SQL, WIPE_SQL,
# NAMED_SQL, SIGNAL_SQL, SECONDS_TO_COMPILE, PUT_BACK_DIR.
# shellcheck disable=SC2154,SC2034 # checks.sh, compose.sh, second-odoo.sh, page.sh and session.sh stand in front of this file

# A psql that has gone away must not end us: how it ended tells.
trap '' PIPE

case $(container_state "$CONTAINER") in
  running | exited | created) ;;
  *) unfit "Odoo's container is $(container_state "$CONTAINER")" ;;
esac
database_is_there
database_container=$DB_CONTAINER
odoo_container=$CONTAINER
database_user=$(user_of_database)

umask 077
mkdir -p "$KEEP_DIR" "$session"
# What puts everything back stands there before anything is taken away.
printf '%s\n' "$PUT_BACK" >"$KEEP_DIR/undo"
sync "$KEEP_DIR/undo" "$KEEP_DIR"

# An earlier wipe that was cut off between its rows and its files: a bad file of its would stand in the way of a new one.
for earlier in "${KEEP_DIR%/*}"/*-wipe-assets; do
  if [ "$earlier" = "$KEEP_DIR" ] || ! [ -f "$earlier/rows" ] || [ -f "$earlier/done" ]; then continue; fi
  if move_unnamed "$earlier/rows" "${earlier##*/}"; then
    : >"$earlier/done"
    echo "did: moved $moved files aside that an earlier wipe had left behind"
  fi
done

# From here on nobody else writes attachments.
begin_session
# not_fit WORDS: everything is as it was before.
not_fit() {
  end_session || true
  if odoo_files back </dev/null; then rm -rf "$KEEP_DIR"; fi
  unfit "$@"
}
say "$BUNDLES_SQL"
say "$FILES_SQL"
heard files >/dev/null || not_fit "the database does not let us: $(why)"
sed -nE 's/^file ([0-9a-f]+\/[0-9a-f]+)$/\1/p' "$session/out" >"$session/files"
odoo_files look <"$session/files" 8>&- || not_fit "Odoo's files could not be looked at: $(why_files)"
obstacle=$(told unfit | head -n 1)
[ -z "$obstacle" ] || not_fit "$obstacle: every bundle made anew would be a row without a file"
told corrupt >"$session/corrupt"
sed -n 's/^shared //p' "$session/out" >"$session/shared"
both=$(grep -xFf "$session/shared" "$session/corrupt" | head -n 3 | tr '\n' ' ' || true)
[ -z "$both" ] || not_fit "files that are not what was stored belong to other rows as well: $both"
# Now, and not after the rows: what is compiled anew collides with them, and then even the page fails.
if [ -s "$session/corrupt" ]; then
  odoo_files aside <"$session/corrupt" 8>&- || not_fit "the corrupt files could not be moved aside: $(why_files)"
  told moved >"$KEEP_DIR/moved"
  echo "moved $(wc -l <"$KEEP_DIR/moved") corrupt files aside"
fi

say "$WIPE_SQL"
count=$(heard taken) || not_fit "the database does not let us: $(why)"
rows_printed "$KEEP_DIR/rows"
if [ "$(wc -l <"$KEEP_DIR/rows")" -ne "$count" ]; then
  not_fit "of $count rows $(wc -l <"$KEEP_DIR/rows") were saved"
fi
held=$(sed -n 's/^held //p' "$session/out")
echo "undo: sh $KEEP_DIR/undo"
say "$SIGNAL_SQL"
say 'commit;'
# Once more: who looked between the signal and the commit still saw what was.
say "$SIGNAL_SQL"
end_session || failed "whether the rows are deleted is not known: $(why)"
echo "did: deleted the rows of $count compiled stylesheets and scripts, and saved them in $KEEP_DIR/rows"
if [ -n "$held" ]; then
  printf 'did: left bundles alone to which other rows point: %s\n' "$(printf '%s' "$held" | tr '\n' ',')"
fi

if move_unnamed "$KEEP_DIR/rows" "${KEEP_DIR##*/}"; then
  : >"$KEEP_DIR/done"
else
  echo "their files could not be moved aside, and lie where they were: $not_moved"
fi
if [ -s "$KEEP_DIR/moved" ]; then
  echo "did: moved $(wc -l <"$KEEP_DIR/moved") files into $DATA_DIRECTORY/odoo-recover/${KEEP_DIR##*/}"
fi

# What was compiled while the files went may name one of them: in the moment between Odoo's look at the file and its row.
return_needed() {
  begin_session
  say_rows "$KEEP_DIR/rows"
  say "$NAMED_SQL"
  if heard files >/dev/null; then
    sed -nE 's/^file ([0-9a-f]+\/[0-9a-f]+)$/\1/p' "$session/out" | odoo_files needed 8>&- || true
  fi
  end_session || true
}
finish() {
  rm -rf "$session"
  exit 0
}

if ! container_runs "$CONTAINER"; then
  echo "Odoo does not run, so no page could be asked for"
  finish
fi
page_is_good || echo "at first: $page_why"
return_needed
if good_page_within "$SECONDS_TO_COMPILE"; then
  echo "did: had Odoo compile them anew; the login page has all of its $page_count stylesheets and scripts"
  finish
fi

# The runbook's last resort. It updates the module and nearly all others, and compiles nothing by itself.
echo "compiled anew it is not good: $page_why"
first_why=$page_why
if ! (fit_for_second_odoo && no_module_is_marked); then
  failed "$first_why; and \`-u web\` could not be tried"
fi
states() { psql_in_db -c 'copy (select name, state from ir_module_module order by name) to stdout' </dev/null; }
states >"$PUT_BACK_DIR/states.new"
sync "$PUT_BACK_DIR/states.new"
mv "$PUT_BACK_DIR/states.new" "$PUT_BACK_DIR/states"
status=0
odoo_server --update=web || status=$?
states >"$session/states" || true
changed=$(diff "$PUT_BACK_DIR/states" "$session/states" | sed -n 's/^> //p' | tr '\t\n' ' ,')
if [ "$status" = 0 ] && [ -z "$changed" ]; then rm "$PUT_BACK_DIR/states"; fi
changed=${changed:+these modules are in another state than before: $changed}
echo "did: updated the module web (exit status $status); ${changed:-every module is in the state that it was in}"
[ "$status" = 0 ] || failed "$first_why; and \`-u web\` ended with status $status"
printf '%s\n' "$SIGNAL_SQL" | psql_in_db >/dev/null
good_page_within "$SECONDS_TO_COMPILE" || failed "$page_why, after \`-u web\` too"
echo "did: had Odoo compile them anew; the login page has all of its $page_count stylesheets and scripts"
finish
