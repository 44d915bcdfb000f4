# What wipe-assets.sh and put-back.sh both stand on: one session of psql that is talked to step by step, and a program in
# Odoo's container for its files. Values: CONTAINER, DB_CONTAINER (ids), PROJECT, SERVICE, DB_SERVICE, DB_USER (may be
# empty), DATABASE, MOST_ROWS, ODOO_USER, DATA_DIRECTORY, FILESTORE, FILES_PY, BEGIN_SQL, SAVED_SQL, UNNAMED_SQL.
# KEEP_DIR is where everything is kept; its last part is the name of the folder in Odoo's data directory.
# shellcheck disable=SC2154,SC2034 # the values stand in front of this file, and what uses it after it
set -eu

# Files in which COPY's lines and psql's words are gathered; nothing of it is needed afterwards.
session=$KEEP_DIR/session

# id_of ID SERVICE: a container that was made anew since has another id.
id_of() {
  if timeout -k 2 10 docker inspect --type container "$1" >/dev/null 2>&1; then
    echo "$1"
    return
  fi
  timeout -k 2 10 docker ps --all --quiet --no-trunc --filter "label=com.docker.compose.project=$PROJECT" \
    --filter "label=com.docker.compose.service=$2" --filter label=com.docker.compose.oneoff=False | head -n 1
}
state_of() { timeout -k 2 10 docker inspect --type container --format '{{.State.Status}}' "$1" 2>/dev/null || echo absent; }

# shellcheck disable=SC2016 # for the shell inside of the container
user_of_database() { echo "${DB_USER:-$(docker exec "$database_container" sh -c 'echo "${POSTGRES_USER:-postgres}"')}"; }

# begin_session: psql in the database's container, in a transaction that holds other writers of attachments off. It ends,
# and takes everything back, as soon as this program ends; at the latest by its own time limits.
begin_session() {
  mkdir -p "$session"
  rm -f "$session/sql" "$session/ended"
  mkfifo "$session/sql"
  : >"$session/out"
  {
    ended=0
    docker exec --interactive "$database_container" timeout -k 5 240 env PGAPPNAME=odoo-recover PGCONNECT_TIMEOUT=10 \
      psql -X -U "$database_user" -d "$DATABASE" -v seconds=15 -v most="$MOST_ROWS" <"$session/sql" >"$session/out" 2>"$session/err" || ended=$?
    echo "$ended" >"$session/ended"
  } &
  exec 8>"$session/sql"
  printf '%s\n' "$BEGIN_SQL" >&8
}
# say TEXT: to psql. That it has gone away is told by what it printed, and by how it ended.
say() { printf '%s\n' "$1" >&8 2>/dev/null || true; }
# say_rows FILE: the rows that were saved there, for saved.sql.
say_rows() {
  say "$SAVED_SQL"
  cat "$1" >&8 2>/dev/null || true
  say '\.'
}
# heard WORD: waits until psql has printed a line `WORD COUNT`, and prints the count. Status 1: psql has ended instead.
heard() {
  until grep -qE "^$1 [0-9]+\$" "$session/out"; do
    [ ! -f "$session/ended" ] || break
    sleep 0.05
  done
  grep -qE "^$1 [0-9]+\$" "$session/out" || return 1
  sed -nE "s/^$1 ([0-9]+)\$/\1/p" "$session/out" | tail -n 1
}
# end_session: status 0 only if psql did all that it was told to. What was not committed is undone.
end_session() {
  exec 8>&-
  until [ -f "$session/ended" ]; do sleep 0.05; done
  return "$(cat "$session/ended")"
}
# why: what psql said last, for people.
why() { sed -nE 's/^(psql:[^ ]* |.*)?(ERROR|FATAL): +//p' "$session/err" | head -n 1 | grep . || tail -n 1 "$session/err"; }

# rows_printed FILE: the rows among what psql printed, whole and on disk before anything else happens.
rows_printed() {
  grep '^{' "$session/out" >"$1.new" || true
  sync "$1.new"
  mv "$1.new" "$1"
  sync "$KEEP_DIR"
}

# odoo_files WHAT [FOLDER]: files.py in Odoo's container, as Odoo's own user; names of files on stdin, one a line. Where the
# container does not run, in one of its image beside it, with its volumes. Status 1: it did not come to its end.
odoo_files() {
  {
    printf '%s\n# data\n' "$FILES_PY"
    printf 'user=%s\ndata=%s\nfilestore=%s\naside=%s\ndo=%s\n' \
      "$ODOO_USER" "$DATA_DIRECTORY" "$FILESTORE" "${2:-${KEEP_DIR##*/}}" "$1"
    sed 's/^/file=/'
  } >"$session/files.in"
  : >"$session/files.out"
  set -- python3 -I -B -c 'import sys; program, _, data = sys.stdin.read().partition("\n# data\n"); exec(program, {"DATA": data})'
  if [ "$(state_of "$odoo_container")" = running ]; then
    # As root, to become whoever Odoo is; where the container may not, as the container's own user.
    docker exec --interactive --user 0 "$odoo_container" timeout -k 5 60 "$@" <"$session/files.in" >"$session/files.out" 2>"$session/files.err" ||
      docker exec --interactive "$odoo_container" timeout -k 5 60 "$@" <"$session/files.in" >"$session/files.out" 2>"$session/files.err" || true
  else
    timeout -k 5 90 docker run --rm --interactive --network none --volumes-from "$odoo_container" --user 0 --entrypoint timeout \
      --name "odoo-recover-files-$$" "$(docker inspect --format '{{.Image}}' "$odoo_container")" -k 5 60 "$@" \
      <"$session/files.in" >"$session/files.out" 2>"$session/files.err" || true
  fi
  tail -n 1 "$session/files.out" | grep -qx end
}
# told WORD: what files.py said of it, a line each.
told() { sed -n "s/^$1 //p" "$session/files.out"; }
why_files() { tail -n 1 "$session/files.err" | head -c 300; }

# move_unnamed ROWS FOLDER: moves the files of these rows aside that no row names any more;
# not_moved says why not. While that is done nobody can
# name one of them: what is compiled anew is often the same to the byte, and is the same file then.
move_unnamed() {
  : >"$session/files.err"
  begin_session
  say_rows "$1"
  say "$UNNAMED_SQL"
  moved=0
  if heard files >/dev/null && sed -nE 's/^file ([0-9a-f]+\/[0-9a-f]+)$/\1/p' "$session/out" | odoo_files aside "$2" 8>&-; then
    told moved >>"$KEEP_DIR/moved"
    moved=$(told moved | wc -l)
    say 'commit;'
    end_session || true
    return 0
  fi
  end_session || true
  not_moved=$(why)$(why_files)
  return 1
}
