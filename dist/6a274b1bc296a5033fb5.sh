# Runbook 2.3: takes the rows of all compiled bundles out of the database and moves their files aside, so that Odoo makes
# everything anew. No Odoo is needed for it: it works where `odoo shell` does not.
# Everything is kept in KEEP_DIR, and `sh $KEEP_DIR/undo` puts it back.
# Values, beside those of second-odoo.sh, page.sh and session.sh: PUT_BACK (that program), BUNDLES_SQL, FILES_SQL, WIPE_SQL,
# NAMED_SQL, SIGNAL_SQL, SECONDS_TO_COMPILE.
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
# What was seen, and no more: whether the site is good is for the look that follows, and a doubt is no reason for `-u web`.
rm -rf "$session"
failed "compiled anew, the login page was not good within $SECONDS_TO_COMPILE s: $page_why"
