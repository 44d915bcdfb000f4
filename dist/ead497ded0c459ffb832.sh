# Puts back what wipe-assets took: the rows of compiled stylesheets and scripts, with their ids, and their files, to the
# byte. What Odoo compiled in their place meanwhile is taken away in turn. As root: sh THIS_FILE. It can be run again.
# session.sh stands in front of this file, with its values; beside those: BUNDLES_SQL, PUT_BACK_SQL, SIGNAL_SQL.
# shellcheck disable=SC2154,SC2034

refuse() { echo "not put back, and nothing was changed: $*"; exit 1; }

# A psql that has gone away must not end us: how it ended tells.
trap '' PIPE
exec 9>>"$KEEP_DIR/lock"
flock -n 9 || refuse "it is being done already"
database_container=$(id_of "$DB_CONTAINER" "$DB_SERVICE")
odoo_container=$(id_of "$CONTAINER" "$SERVICE")
[ -n "$odoo_container" ] || refuse "Odoo has no container"
[ "$(state_of "${database_container:-none}")" = running ] || refuse "the database does not run"
database_user=$(user_of_database)

mkdir -p "$session"
if ! [ -f "$KEEP_DIR/rows" ]; then
  # It was cut off before it deleted any row; a file that was not what was stored may be aside already.
  odoo_files back </dev/null || refuse "the files could not be moved back: $(why_files)"
  echo "no row was deleted; put $(told back | wc -l) files back"
  rm -rf "$session"
  exit 0
fi
begin_session
say "$BUNDLES_SQL"
say_rows "$KEEP_DIR/rows"
say "$PUT_BACK_SQL"
if ! rows=$(heard back); then
  end_session || true
  refuse "$(why)"
fi
rows_printed "$KEEP_DIR/compiled-meanwhile.now"
# Of several times that this was run, all are kept.
cat "$KEEP_DIR/compiled-meanwhile.now" >>"$KEEP_DIR/compiled-meanwhile"
# The files first: a row whose file is not there would be asked for in vain.
if ! odoo_files back </dev/null 8>&-; then
  end_session || true
  refuse "the files could not be moved back: $(why_files)"
fi
files=$(told back | wc -l)
kept=$(told kept)
say "$SIGNAL_SQL"
say 'commit;'
# Once more: who looked between the signal and the commit still saw what was.
say "$SIGNAL_SQL"
if ! end_session; then
  echo "whether the rows are back is not known ($(why)): run this again"
  exit 1
fi
echo "put $rows rows and $files files back"
if [ -n "$kept" ]; then echo "good files are there by now in place of these, which were not, and stay: $kept"; fi
if [ -s "$KEEP_DIR/compiled-meanwhile.now" ]; then
  echo "took away $(wc -l <"$KEEP_DIR/compiled-meanwhile.now") rows that were compiled in their place; they are in $KEEP_DIR/compiled-meanwhile"
  move_unnamed "$KEEP_DIR/compiled-meanwhile.now" "${KEEP_DIR##*/}-compiled-meanwhile" ||
    echo "the files of those could not be moved aside, and lie where they were: $not_moved"
fi
rm -rf "$session" "$KEEP_DIR/compiled-meanwhile.now"
