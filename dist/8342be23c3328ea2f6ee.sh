# What the two ways of taking a backup share: onto the droplet (dump.sh) and to the runner (stream.sh). state.sh stands in
# front of this file. Values, beside those of state.sh: DB_CONTAINER, DB_USER (may be empty), DATABASE, DATABASE_JSON (the
# same as a JSON string), FILE_NAME (the same for the name of a file), SECONDS_FOR_BACKUP, ODOO_CONTAINER (may be empty),
# DATA_DIRECTORY and FILESTORE (empty: no snapshot of the files), SNAPSHOT_PY. In the environment: STEP_NAME.
#
# In a container of PostgreSQL the server is process 1, and takes every orphan for a child of its own: one that ends
# otherwise than with 0 or 1 is "a crash", and the server ends all sessions and recovers (measured, 15). So whatever is run
# there is one process under one `timeout`, never a pipe and never in the background.
# shellcheck disable=SC2034,SC2153,SC2154 # state.sh stands in front of this file, the values in front of that

backups=$AUDIT_ROOT/$STATE_KEY/backups
step_dir=$state_dir/runs/$STEP_NAME
partial=$backups/$STEP_NAME.dump.partial
# As PostgreSQL keeps it (NAMEDATALEN).
application=$(printf '%.63s' "odoo-recover-$STEP_NAME")
# KiB of a file system that stay free: a tenth, and 2 GiB at least.
least_reserve=2097152
# A dump of an Odoo with nothing but its base is a megabyte.
least_bytes=65536
seconds_kept=604800
began=$(uptime_seconds)
deadline=$((began + SECONDS_FOR_BACKUP))

# refuse TITLE [DETAIL] [ADVICE]: the gate is not passed. Kept in a file, which abandon.sh brings home.
refuse() {
  {
    printf 'refused: %s\n' "$1"
    printf '%s\n' "${2:-}" | tail -n 12 | sed '/^$/d; s/^/detail: /'
    printf 'advice: %s\n' "${3:-Fix that, or take a backup by other means; then run again.}"
  } >"$step_dir/refusal"
  cat "$step_dir/refusal"
  exit 10
}

remaining() {
  left=$((deadline - $(uptime_seconds)))
  echo $((left > 1 ? left : 1))
}

# mebibytes BYTES: for people.
mebibytes() { awk -v bytes="$1" 'BEGIN { if (bytes < 1073741824) printf "%.1f MiB", bytes / 1048576; else printf "%.1f GiB", bytes / 1073741824 }'; }

# status_of NAME: what a stage of a pipe left, or that it left nothing.
status_of() { cat "$step_dir/$1.status" 2>/dev/null || echo none; }
# stage NAME COMMAND...: runs it and leaves its status; POSIX sh has no pipefail.
stage() {
  stage_name=$1
  shift
  stage_status=0
  "$@" || stage_status=$?
  echo "$stage_status" >"$step_dir/$stage_name.status"
}

# in_db SECONDS COMMAND...: one process in the database's container. Its stdin is ours.
in_db() {
  in_db_limit=$1
  shift
  timeout -k 5 "$((in_db_limit + 15))" docker exec -i -e LC_ALL=C -e PGUSER="$user" -e PGDATABASE="$DATABASE" \
    -e PGAPPNAME="$application" -e PGCONNECT_TIMEOUT=10 "$DB_CONTAINER" timeout -k 10 "$in_db_limit" "$@"
}
# SQL on stdin, values without decoration on stdout.
sql() { in_db 60 psql -X -q -A -t -v ON_ERROR_STOP=1; }

# What must be known of the container before anything begins.
open_database() {
  [ "$(timeout -k 2 10 docker inspect --type container --format '{{.State.Running}}' "$DB_CONTAINER" 2>/dev/null)" = true ] ||
    refuse "The database's container does not run, so no backup can be taken"
  # shellcheck disable=SC2016 # for the shell inside of the container
  about=$(timeout -k 5 20 docker exec "$DB_CONTAINER" sh -c 'echo "user=${POSTGRES_USER:-postgres}"
    pg_dump --version 2>/dev/null
    if command -v nice >/dev/null; then echo nice=yes; fi
    if command -v ionice >/dev/null; then echo ionice=yes; fi' </dev/null) || about=
  user=${DB_USER:-$(printf '%s\n' "$about" | sed -n 's/^user=//p')}
  major=$(printf '%s\n' "$about" | sed -n 's/^pg_dump (PostgreSQL) \([0-9][0-9]*\).*/\1/p')
  [ -n "$major" ] || refuse "There is no pg_dump in the database's container"
  gently=
  case $about in *nice=yes*) gently="nice -n 10" ;; esac
  case $about in *ionice=yes*) gently="$gently ionice -c 2 -n 7" ;; esac
  printf '%s\n%s\n' "$DB_CONTAINER" "$user" >"$step_dir/database"
  # Pages of tables and what they keep outside, without indexes, which are in no dump.
  size=$(sql 2>&1 <<'SQL'
select coalesce(sum(pg_table_size(c.oid)), 0) from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'm') and n.nspname not in ('pg_catalog', 'information_schema')
SQL
  ) || refuse "PostgreSQL does not say how large the database $DATABASE is" "$size"
  # gzip's first level is the fastest; zstd is faster and smaller, where this build has it. Nothing is read for this.
  compress=1
  if [ "$major" -ge 16 ] &&
    in_db 30 pg_dump --format=custom --compress=zstd --schema-only --exclude-schema='*' --file=/dev/null </dev/null >/dev/null 2>&1; then
    compress=zstd
  fi
}

# pg_dump_there: the dump, on stdout.
pg_dump_there() {
  # shellcheck disable=SC2086 # words, or nothing
  in_db "$(remaining)" $gently pg_dump --format=custom --no-password --lock-wait-timeout=60000 --compress="$compress" </dev/null
}
# What is on stdin, read to its end as a dump.
pg_restore_there() { in_db "$(remaining)" pg_restore --format=custom --file=/dev/null; }
# What a dump on stdin says it holds. The rest of it is read and let go, so that whoever writes is not cut off.
contents_there() {
  contents_status=0
  in_db 120 pg_restore --format=custom --list || contents_status=$?
  cat >/dev/null
  return "$contents_status"
}

# Ends the dump inside of the container too: a docker client that was killed ends nothing there.
end_dump() {
  [ -n "${user:-}" ] || return 0
  printf '%s\n' "select count(pg_terminate_backend(pid)) from pg_stat_activity where application_name = :'application' and pid <> pg_backend_pid()" |
    timeout -k 2 8 docker exec -i -e PGUSER="$user" -e PGDATABASE="$DATABASE" -e PGAPPNAME=odoo-recover -e PGCONNECT_TIMEOUT=5 \
      "$DB_CONTAINER" timeout -k 2 6 psql -X -q -A -t -v application="$application" >/dev/null 2>&1 || true
}

# number FIELD MANIFEST
number() { sed -n "s/^  \"$1\": \([0-9][0-9]*\),\{0,1\}\$/\1/p" "$2"; }
# text FIELD MANIFEST: of what holds no quotes.
text() { sed -n "s/^  \"$1\": \"\([^\"\\\\]*\)\",\{0,1\}\$/\1/p" "$2"; }
of_database() { grep -qxF "  \"database\": $DATABASE_JSON," "$1"; }

# The last good one of this database: its manifest, or nothing.
find_last() {
  last=
  last_at=0
  for each in "$backups"/*.dump.json; do
    if ! [ -f "$each" ] || ! of_database "$each"; then continue; fi
    each_at=$(number at "$each")
    if [ "${each_at:-0}" -gt "$last_at" ]; then
      last=$each
      last_at=$each_at
    fi
  done
  expected=$size
  if [ -n "$last" ]; then
    last_bytes=$(number bytes "$last")
    last_tables=$(number tables "$last")
    last_size=$(number size "$last")
    # In KiB: the product of two sizes in bytes does not fit.
    expected=$((${last_bytes:-0} / 1024))
    expected=$((expected * (size / 1024) / (${last_size:-0} / 1024 + 1)))
    expected=$((expected * 1024))
  fi
}

# room DIRECTORY: KiB that may be written there before the reserve is touched.
room() {
  df -Pk "$1" | awk -v least="$least_reserve" 'NR == 2 { reserve = $2 / 10; if (reserve < least) reserve = least; printf "%d\n", $4 - reserve }'
}
reserve_of() {
  df -Pk "$1" | awk -v least="$least_reserve" 'NR == 2 { reserve = $2 / 10; if (reserve < least) reserve = least; printf "%d\n", reserve * 1024 }'
}
free_of() { df -Pk "$1" | awk 'NR == 2 { printf "%d\n", $4 * 1024 }'; }

make_room_advice="Make room on the droplet (\`du -xh /var | sort -h | tail -n 30\` shows what is large), or send the backup to the runner: \`backup_to: runner\`."

# The state of the stages of a dump, in the order in which they explain one another.
judge_dump() {
  said=$(tail -c 2000 "$step_dir/dump.err" 2>/dev/null || true)
  case $(status_of dump) in
    0) ;;
    124) refuse "The dump of $DATABASE did not end within $SECONDS_FOR_BACKUP s" "$said" "Raise \`backup_timeout\`." ;;
    137) refuse "pg_dump was killed" "$said" "Somebody killed it, or the droplet has too little memory (\`dmesg\` names what was killed)." ;;
    *) refuse "pg_dump failed with status $(status_of dump)" "$said" "Fix what it says: a database that cannot be dumped cannot be saved." ;;
  esac
}

# What the dump's own list of contents says, from the file toc.
judge_contents() {
  [ "$(status_of contents)" = 0 ] ||
    refuse "The dump's list of contents cannot be read" "$(tail -c 2000 "$step_dir/contents.err")"
  dumped=$(sed -n 's/^;     dbname: //p' "$step_dir/toc" | head -n 1)
  [ "$dumped" = "$DATABASE" ] ||
    refuse "The dump is one of the database $dumped, not of $DATABASE" "" "Look at how pg_dump is set up in the database's container."
  tables=$(grep -c '^[0-9][0-9]*; [0-9][0-9]* [0-9][0-9]* TABLE DATA ' "$step_dir/toc" || true)
  for each in ir_attachment ir_module_module res_users; do
    grep -q "^[0-9][0-9]*; [0-9][0-9]* [0-9][0-9]* TABLE DATA [^ ]* $each " "$step_dir/toc" ||
      refuse "The dump lacks the rows of $each, which every Odoo has" "it holds the rows of $tables tables"
  done
}

judge_size() {
  [ "$bytes" -ge "$least_bytes" ] ||
    refuse "pg_dump said that all is well, and wrote $bytes bytes" "" "Look at how pg_dump is set up in the database's container."
  [ -n "$last" ] || return 0
  if [ "$((bytes * 2))" -lt "$last_bytes" ] || [ "$((tables * 2))" -lt "$last_tables" ]; then
    refuse "The dump of $DATABASE has shrunk below half of the last good one" \
      "now $bytes bytes with the rows of $tables tables; the last one $last_bytes bytes, $last_tables tables ($last)" \
      "Find out what is missing. If that much was really removed, let the last one no longer count: rename the file that is named last above, and run again."
  fi
}

# write_manifest FILE-OR-NOTHING MANIFEST: one field a line, as find_last reads them.
write_manifest() {
  cat >"$backups/$STEP_NAME.json.partial" <<MANIFEST
{
  "version": 1,
  "database": $DATABASE_JSON,
  "step": "$STEP_NAME",
  "at": $(date +%s),
  "file": "$1",
  "bytes": $bytes,
  "sha256": "$sha256",
  "seconds": $(($(uptime_seconds) - began)),
  "tables": $tables,
  "size": $size,
  "compression": "$compress",
  "major": "$major",
  "snapshot": "${snapshot:-}"
}
MANIFEST
  sync_file "$backups/$STEP_NAME.json.partial"
  mv "$backups/$STEP_NAME.json.partial" "$2"
  sync_file "$backups"
}

sync_file() { sync "$1" 2>/dev/null || sync; }

# In Odoo's container as root, or in one made for this from the same image and with the same volumes where that is down.
in_odoo() {
  if [ "$(timeout -k 2 10 docker inspect --format '{{.State.Running}} {{.State.Paused}} {{.State.Restarting}}' "$ODOO_CONTAINER" 2>/dev/null)" = "true false false" ]; then
    timeout -k 5 620 docker exec -i --user 0 "$ODOO_CONTAINER" timeout -k 10 600 python3 -B -c "$SNAPSHOT_PY" "$@"
  else
    timeout -k 5 620 docker run --rm -i --user 0 --network none --name "odoo-recover-files-$STEP_NAME" --volumes-from "$ODOO_CONTAINER" \
      --entrypoint timeout "$(docker inspect --format '{{.Image}}' "$ODOO_CONTAINER")" -k 10 600 python3 -B -c "$SNAPSHOT_PY" "$@"
  fi
}

# A hard link to every file of the filestore, on the same file system: it needs no room. Taken before the dump, and once
# more after it, so that each row in it has its file, whatever is made or removed meanwhile.
kept=$DATA_DIRECTORY/odoo-recover/$STEP_NAME
snapshot_files() {
  [ -n "$FILESTORE" ] || return 0
  printf '%s\n%s\n' "$ODOO_CONTAINER" "$kept" >"$step_dir/kept"
  linked=$(in_odoo link "$FILESTORE" "$kept" </dev/null 2>&1) ||
    refuse "The filestore could not be kept beside the dump" "$linked" \
      "A dump alone does not bring attachments back. Free inodes, or put Odoo's data directory on a file system with hard links."
}
finish_snapshot() {
  [ -n "$FILESTORE" ] || return 0
  stage names sql >"$step_dir/names" <<'SQL'
select distinct store_fname from ir_attachment where store_fname is not null
SQL
  [ "$(status_of names)" = 0 ] || refuse "PostgreSQL does not say which files the database $DATABASE names"
  counted=$(in_odoo finish "$FILESTORE" "$kept" <"$step_dir/names" 2>&1) ||
    refuse "The snapshot of the filestore is not whole" "$counted"
  snapshot=$(printf '%s\n' "$counted" | sed -n 's/^kept=//p')
  echo "did: kept a hard-link snapshot of the filestore, $(printf '%s\n' "$counted" | sed -n 's/^counted=//p'), in $snapshot of Odoo's container"
}
remove_snapshot() {
  [ -n "$FILESTORE" ] || return 0
  in_odoo remove "$kept" </dev/null >/dev/null 2>&1 || true
}

# What a run that died left behind: nobody else is at work here, for we have the lease.
remove_leftovers() {
  for each in "$backups"/*.partial; do
    [ -f "$each" ] || continue
    each_step=${each##*/}
    each_step=${each_step%%.*}
    if [ "$each_step" = "$STEP_NAME" ] || step_runs "$state_dir/runs/$each_step"; then continue; fi
    rm -f "$each"
    echo "removed what an interrupted backup had left: $each"
  done
}

# Called when there is a new good one. Of every database the newest good one stays, and the newest that lies here; only
# what a manifest of ours names is touched.
remove_expired() {
  now=$(date +%s)
  for each in "$backups"/*.dump.json; do
    [ -f "$each" ] || continue
    each_at=$(number at "$each")
    if [ "$((now - ${each_at:-$now}))" -le "$seconds_kept" ]; then continue; fi
    each_database=$(sed -n '/^  "database": /p' "$each")
    each_file=$(text file "$each")
    newer=no
    newer_file=no
    for other in "$backups"/*.dump.json; do
      grep -qxF "$each_database" "$other" || continue
      [ "$(number at "$other")" -gt "$each_at" ] || continue
      newer=yes
      other_file=$(text file "$other")
      if [ -n "$other_file" ] && [ -f "$backups/$other_file" ]; then newer_file=yes; fi
    done
    [ "$newer" = yes ] || continue
    if [ -n "$each_file" ] && [ "$newer_file" = no ]; then continue; fi
    each_step=$(text step "$each")
    each_snapshot=$(text snapshot "$each")
    if [ -n "$each_snapshot" ] && [ -n "$ODOO_CONTAINER" ]; then
      case $each_snapshot in
        */odoo-recover/"$each_step"/filestore/*) in_odoo remove "${each_snapshot%/filestore/*}" </dev/null >/dev/null 2>&1 || continue ;;
      esac
    fi
    case $each_file in */*) continue ;; ?*) rm -f "$backups/$each_file" ;; esac
    rm -f "$each"
    echo "removed a backup that is older than a week: $each"
  done
}

# end_tree PID...: it and all that it started.
end_tree() {
  for each_end in "$@"; do
    # shellcheck disable=SC2046 # numbers
    (end_tree $(pgrep -P "$each_end" 2>/dev/null))
    kill "$each_end" 2>/dev/null || true
  done
}

# Whatever happens, nothing half stays.
passed=no
clean_up() {
  trap '' TERM PIPE
  # What we started goes first: it would go on writing.
  # shellcheck disable=SC2086 # numbers
  end_tree ${working:-}
  if [ "$passed" = no ]; then
    end_dump
    rm -f "$partial" "$backups/$STEP_NAME.json.partial"
    remove_snapshot
  fi
}

begin() {
  mkdir -p "$backups"
  chmod 700 "$backups"
  # Of this very shell: $$ is that of the one around it.
  sh -c 'echo "$PPID"' >"$step_dir/program-pid"
  process_born "$(cat "$step_dir/program-pid")" >"$step_dir/program-born"
  renice -n 10 -p "$(cat "$step_dir/program-pid")" >/dev/null 2>&1 || true
  trap clean_up EXIT
  trap 'exit 124' TERM
  remove_leftovers
  open_database
  find_last
}
