#!/bin/bash
# The Docker daemon was killed (as by the OOM killer). systemd brings it back within a second or two, but both
# containers stay "Exited (0)" in spite of `restart: unless-stopped`.
# expected-cause: stack-down
# symptom: proxy=502 direct=refused docker=up odoo=exited db=exited

break_it() { kill -KILL "$(cat /run/docker.pid)"; }

undo_it() {
  start_docker
  start_stack
}
