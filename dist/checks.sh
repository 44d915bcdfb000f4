#!/bin/sh
# What every remedy's program starts with: how it says that it did nothing, or that it did not work.
set -eu

# The precheck says no, and nothing was changed. The situation may have changed since the diagnosis.
unfit() { echo "not done: $*"; exit 10; }
# It was done, and the postcheck says that it did not work.
failed() { echo "it did not work: $*"; exit 11; }

# within SECONDS COMMAND...: waits until the command, which bounds itself, succeeds.
within() {
  tries=$(($1 * 2))
  shift
  while [ "$tries" -gt 0 ]; do
    if "$@" >/dev/null 2>&1; then return 0; fi
    tries=$((tries - 1))
    sleep 0.5
  done
  return 1
}

docker_answers() { timeout -k 2 10 docker version >/dev/null 2>&1; }
container_state() { timeout -k 2 10 docker inspect --type container --format '{{.State.Status}}' "$1" 2>/dev/null || echo absent; }
container_runs() { [ "$(container_state "$1")" = running ]; }
