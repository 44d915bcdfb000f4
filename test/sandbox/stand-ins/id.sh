#!/bin/sh
# Stands for `id`: the sandbox's only user is deploy, or root behind its sudo, whoever started it.
case $* in
  -u) echo "${SANDBOX_UID:-1000}" ;;
  -un) if [ "${SANDBOX_UID:-1000}" = 0 ]; then echo root; else echo deploy; fi ;;
  *) echo "id $*: not known in the sandbox" >&2; exit 1 ;;
esac
