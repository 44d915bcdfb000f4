#!/bin/bash
# The Docker daemon hangs: every docker command waits for ever. Both containers and their ports are other processes,
# and the site goes on working.
# expected-cause: docker-down
# symptom: proxy=200 asset=200 direct=200 nginx=active docker=down

break_it() { kill -STOP "$(cat /run/docker.pid)"; }

undo_it() { thaw_docker; }
