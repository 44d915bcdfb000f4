#!/bin/bash
# The Docker service and its socket were stopped: no container runs, and no docker command answers.
# expected-cause: docker-down
# symptom: proxy=502 direct=refused docker=down

break_it() { systemctl stop docker.socket docker.service; }

undo_it() {
  start_docker
  start_stack
}
