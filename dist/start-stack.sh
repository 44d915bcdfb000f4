#!/bin/sh
# Starts containers that are stopped, by id, and makes those of services that have none. Recreates, builds, pulls and removes
# nothing: `docker compose up --no-recreate` would bring a service to its scale, and take away what is more.
# Values, beside those of compose.sh: STEPS (a line each, in order: `start SERVICE ID NAME`, `make SERVICE`,
# `await SERVICE CONDITION`), KNOWN (`SERVICE ID`, a line for each container of these services), MUST_RUN (services that are
# no jobs), SECONDS_FOR_NEEDED.
# shellcheck disable=SC2153,SC2154 # checks.sh and compose.sh stand in front of this file

containers_of() {
  timeout -k 2 10 docker ps --all --quiet --no-trunc --filter "label=com.docker.compose.project=$PROJECT" \
    --filter "label=com.docker.compose.service=$1" --filter label=com.docker.compose.oneoff=False
}
# any_is STATES ID...: whether one of these containers is in one of these states.
any_is() {
  states=$1
  shift
  for container in "$@"; do
    case " $states " in *" $(container_state "$container") "*) return 0 ;; esac
  done
  return 1
}
health_of() {
  timeout -k 2 10 docker inspect --type container --format '{{if .State.Health}}{{.State.Health.Status}}{{else}}none{{end}}' "$1" 2>/dev/null || echo none
}
exit_code_of() { timeout -k 2 10 docker inspect --type container --format '{{.State.ExitCode}}' "$1" 2>/dev/null || echo 1; }

# Everything is looked at before anything is started.
while read -r verb service id name <&3; do
  known=$(printf '%s\n' "$KNOWN" | awk -v service="$service" '$1 == service { print $2 }' | sort)
  now=$(containers_of "$service" | sort) || unfit "Docker does not say which containers there are"
  [ "$known" = "$now" ] || unfit "the containers of $service are others by now"
  if [ "$verb" = start ]; then
    case $(container_state "$id") in
      exited | created | dead | running) ;;
      *) unfit "$name is $(container_state "$id") by now" ;;
    esac
  fi
done 3<<STEPS_END
$STEPS
STEPS_END

# await SERVICE CONDITION: what Compose would wait for before it starts another service.
await() {
  left=$SECONDS_FOR_NEEDED
  while :; do
    needed=$(containers_of "$1")
    for id in $needed; do
      case $2 in
        service_completed_successfully)
          if [ "$(container_state "$id")" = exited ] && [ "$(exit_code_of "$id")" = 0 ]; then return 0; fi
          ;;
        *)
          if container_runs "$id"; then
            case $2-$(health_of "$id") in service_healthy-starting | service_healthy-unhealthy) ;; *) return 0 ;; esac
          fi
          ;;
      esac
    done
    # shellcheck disable=SC2086 # ids, one a word
    any_is 'running restarting paused' $needed || failed "$1, which comes first, does not run"
    [ "$left" -gt 0 ] || failed "$1, which comes first, is not ready after $SECONDS_FOR_NEEDED s"
    left=$((left - 1))
    sleep 1
  done
}

started=
while read -r verb service id name <&3; do
  case $verb in
    start)
      if container_runs "$id"; then continue; fi
      docker start "$id" >/dev/null </dev/null
      echo "did: started $name"
      started="$started $service=$id"
      ;;
    make)
      compose up --detach --no-recreate --no-build --pull never --no-color --no-deps -- "$service" </dev/null
      echo "did: made the container of $service, which had none"
      for id in $(containers_of "$service"); do started="$started $service=$id"; done
      ;;
    await) await "$service" "$id" ;;
  esac
done 3<<STEPS_END
$STEPS
STEPS_END

# A job that has done its work has ended with 0; Odoo and its database are no jobs.
runs() {
  if container_runs "$2"; then return 0; fi
  case " $MUST_RUN " in *" $1 "*) return 1 ;; esac
  [ "$(container_state "$2")" = exited ] && [ "$(exit_code_of "$2")" = 0 ]
}
for each in $started; do
  within 10 runs "${each%%=*}" "${each#*=}" || failed "a container of ${each%%=*} was started and does not run"
done
