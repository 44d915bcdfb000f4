#!/bin/sh
# What a remedy's program starts with that works on Odoo's files: a Python program as root in Odoo's own container, where
# numbers of users and paths are Odoo's. What must be known to take it back is kept on the host, in KEEP_DIR.
# Values: CONTAINER, NAME (of it, for people), IN_CONTAINER (Python), LOADER, UNDO (sh), RECORDS (its file), SECONDS_TO_RUN.
# In the environment: KEEP_DIR, STEP_NAME.
# shellcheck disable=SC2154 # checks.sh stands in front of this file

# python_in_odoo INPUT ARGUMENTS...: the program, told what is in the file INPUT. It ends when this program does: its stdin

python_in_odoo() {
  input=$1
  shift
  lifeline=$KEEP_DIR/lifeline
  rm -f "$lifeline"
  mkfifo -m 600 "$lifeline"
  timeout -k 10 "$((SECONDS_TO_RUN + 30))" docker exec -i -u 0 "$CONTAINER" timeout -k 10 "$SECONDS_TO_RUN" \
    python3 -I -B -c "$LOADER" "$(wc -c <"$KEEP_DIR/program.py")" "$@" <"$lifeline" &
  client=$!
  # Open as long as this program lives, and in nothing that it starts.
  exec 8>"$lifeline"
  rm -f "$lifeline"
  # One that has said no already reads no more.
  (trap '' PIPE; cat "$KEEP_DIR/program.py" "$input" >&8) 2>/dev/null || true
  python_status=0
  wait "$client" || python_status=$?
  exec 8>&-
  return "$python_status"
}

# To be able to take back what is done, before it is done. Nothing of it stays where nothing was done.
keep_ready() {
  case $(container_state "$CONTAINER") in
    running) ;;
    *) unfit "Odoo's container $NAME is $(container_state "$CONTAINER")" ;;
  esac
  docker exec "$CONTAINER" sh -c 'command -v python3 && command -v timeout' >/dev/null 2>&1 ||
    unfit "the image of $NAME has no python3, or no timeout"
  mkdir -p "$KEEP_DIR" || unfit "$KEEP_DIR could not be made"
  chmod 700 "$KEEP_DIR"
  { printf '%s' "$IN_CONTAINER" >"$KEEP_DIR/program.py" && printf '%s\n' "$UNDO" >"$KEEP_DIR/undo"; } ||
    unfit "nothing could be written to $KEEP_DIR"
}

# look INPUT ARGUMENTS...: what is to be done, into $KEEP_DIR/$RECORDS.new, and whole.
look() {
  status=0
  input=$1
  shift
  python_in_odoo "$input" look "$@" >"$KEEP_DIR/$RECORDS.new" || status=$?
  if [ "$status" != 0 ]; then
    forget
    # 10: it has said why not.
    [ "$status" = 10 ] || unfit "Odoo's files could not be looked at (status $status)"
    exit 10
  fi
  case $(tail -n 1 "$KEEP_DIR/$RECORDS.new") in
    end\ *) ;;
    *) forget; unfit "what was seen of Odoo's files could not be kept whole in $KEEP_DIR" ;;
  esac
}
keep() {
  mv "$KEEP_DIR/$RECORDS.new" "$KEEP_DIR/$RECORDS"
  # What the directory holds has to be there after a crash, too.
  sync "$KEEP_DIR/$RECORDS" "$KEEP_DIR/program.py" "$KEEP_DIR/undo" "$KEEP_DIR" 2>/dev/null || sync
}
forget() { rm -rf "$KEEP_DIR"; }

# act: does what was kept ready, and tells it. The record goes only where it is known that nothing was changed: what broke
# off half-way may have changed anything.
act() {
  status=0
  told=$(python_in_odoo "$KEEP_DIR/$RECORDS" act) || status=$?
  if [ -z "$told" ]; then
    case $status in
      0) forget; unfit "somebody has mended it meanwhile" ;;
      11) forget; failed "nothing of it could be done (see above), and nothing was changed" ;;
    esac
  else
    echo "did: $told"
  fi
  echo "undo: sh $KEEP_DIR/undo"
  case $status in
    0) ;;
    11) failed "not all of it could be done (see above)" ;;
    *) failed "it broke off half-way, with status $status" ;;
  esac
}
