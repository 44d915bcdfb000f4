#!/bin/sh
# Starts the Docker daemon. Containers whose restart policy says so come back with it; nothing else is started here.
# shellcheck disable=SC2154 # checks.sh stands in front of this file

if docker_answers; then unfit "the daemon answers again"; fi
[ "$(systemctl show --property LoadState --value docker.service)" = loaded ] || unfit "docker.service is not installed, or masked"
# A service that failed too often refuses to start until it is told to forget that.
systemctl reset-failed docker.service docker.socket 2>/dev/null || true
if [ "$(systemctl show --property LoadState --value docker.socket)" = loaded ]; then systemctl start docker.socket; fi
systemctl start docker.service
within 60 docker_answers || failed "the service was started, and the daemon does not answer"
docker ps --all
