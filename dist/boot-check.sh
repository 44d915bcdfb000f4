#!/bin/sh
# Runbook 1.5: Odoo booted in the foreground, alone, to stop after its start and to say why it falls. Odoo's own container
# is down meanwhile: converge.sh, which stands ready before that, starts it again whatever becomes of this program.
# Values, beside those of second-odoo.sh and would-start.sh: MANIFESTS (Python), PUT_BACK_DIR.
# shellcheck disable=SC2154 # checks.sh, compose.sh, second-odoo.sh, would-start.sh and about-to-stop.sh stand in front

case $(container_state "$CONTAINER") in
  running | restarting) ;;
  *) unfit "Odoo's container is $(container_state "$CONTAINER")" ;;
esac
database_is_there
enough_memory instead
# One that runs may serve something: it is started again afterwards, and has to come up then.
if container_runs "$CONTAINER"; then would_start; fi

# The states of the modules: a registry that fails to load resets those that are marked for something.
psql_in_db -c 'copy (select name, state from ir_module_module order by name) to stdout' >"$PUT_BACK_DIR/states.new" ||
  unfit "the states of the modules in $DATABASE could not be saved"
sync "$PUT_BACK_DIR/states.new"
mv "$PUT_BACK_DIR/states.new" "$PUT_BACK_DIR/states"
echo "saved the states of $(wc -l <"$PUT_BACK_DIR/states") modules of $DATABASE"

about_to_stop 10 no
docker stop --time 10 "$CONTAINER" >/dev/null
has_stopped

set --
while IFS= read -r word; do
  if [ -n "$word" ]; then set -- "$@" "$word"; fi
done <<WORDS_END
$ENTRYPOINT
$SERVER
$OPTIONS
WORDS_END
# It offers itself to the kernel's killer before anything else of the host. The image's own entrypoint passes the
# database's address on, so it is called, and not gone around.
# shellcheck disable=SC2016 # for the shell inside of the container
boot_alone() {
  compose run --rm --no-deps -T --name "$ONE_OFF" --entrypoint /bin/sh "$SERVICE" \
    -c 'echo 1000 >/proc/self/oom_score_adj 2>/dev/null; exec "$@"' boot "$@" \
    "--database=$DATABASE" --no-http --stop-after-init --max-cron-threads=0 --log-level=info
}
echo "boot begins"
boot_alone "$@" &
boot=$!
waited=0
status=0
while kill -0 "$boot" 2>/dev/null; do
  if [ "$waited" -ge "$SECONDS_TO_RUN" ]; then
    echo "the boot did not end within $SECONDS_TO_RUN s, and was ended"
    docker rm --force "$ONE_OFF" >/dev/null 2>&1 || true
    break
  fi
  waited=$((waited + 1))
  sleep 1
done
wait "$boot" || status=$?
echo "boot ended with status $status"
if [ "$status" != 0 ]; then
  printf '%s' "$MANIFESTS" | compose run --rm --no-deps -T --name "$ONE_OFF" --entrypoint python3 "$SERVICE" - 2>/dev/null || true
fi
