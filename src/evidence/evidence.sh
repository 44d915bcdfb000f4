#!/bin/sh
# What the host knows of the project's containers, before (and after) anything is changed: a container that is made
# anew loses its log. Read-only. Values: PROJECT, MOST (bytes of each log).
# Sections: `inspect`, `ps`, `log NAME`.

section ps
docker_ 15 ps --all --no-trunc 2>&1 || true
for id in $(docker_ 15 ps --all --quiet --filter "label=com.docker.compose.project=$PROJECT"); do
  name=$(docker_ 15 inspect --type container --format '{{.Name}}' "$id" 2>/dev/null) || continue
  section "inspect ${name#/}"
  docker_ 15 inspect --type container "$id" 2>&1 || true
  section "log ${name#/}"
  docker_ 30 logs --timestamps --tail 20000 "$id" 2>&1 | tail -c "$MOST" || true
done
