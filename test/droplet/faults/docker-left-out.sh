#!/bin/bash
# The Docker daemon was killed, and systemd does not bring it back (as after too many failures in a row). Both
# containers' processes run on without it, but the ports of the droplet went with the daemon.
# expected-cause: docker-down
# symptom: proxy=502 asset=502 direct=refused docker=down

break_it() {
  mkdir -p /run/systemd/system/docker.service.d
  printf '[Service]\nRestart=no\n' >/run/systemd/system/docker.service.d/droplet.conf
  systemctl daemon-reload
  kill -KILL "$(cat /run/docker.pid)"
  # The socket would start it at the next `docker` command.
  systemctl stop docker.socket
}

undo_it() {
  remove_drop_ins
  start_docker
  start_stack
}
