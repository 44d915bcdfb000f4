#!/bin/bash
# The Docker daemon hangs: every docker command waits for ever. Both containers and their ports are other processes and
# go on, but the name "db" is resolved by the daemon: Odoo finds its database no more, and every visit waits for that.
# expected-cause: docker-down
# symptom: proxy=504|500 direct=timeout|500 nginx=active docker=down
# within: 60

break_it() { kill -STOP "$(cat /run/docker.pid)"; }

undo_it() { thaw_docker; }
