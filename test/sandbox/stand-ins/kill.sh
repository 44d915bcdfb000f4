#!/bin/sh
# Stands for kill. The processes of the sandbox have numbers that no process of this machine can have (Linux numbers them
# up to 4194304, macOS up to 99998), and get their signals from it; nobody else gets any.
for word; do
  case $word in
    [0-9]*) [ "$word" -ge 5000000 ] 2>/dev/null || { echo "kill: ($word): No such process" >&2; exit 1; } ;;
  esac
done
exec "$SANDBOX/lib/kill" "$@"
