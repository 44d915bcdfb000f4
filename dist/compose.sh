#!/bin/sh
# What a remedy's program starts with: Compose on the project, as it was started. Runs detached, as root where it can.
# Values: PROJECT, DIRECTORY, FILES and ENVIRONMENT_FILES (one path a line).
set -eu

compose() {
  set -- --project-name "$PROJECT" --project-directory "$DIRECTORY" "$@"
  # Each goes to the front, so the last one first.
  while IFS= read -r file; do
    if [ -n "$file" ]; then set -- --env-file "$file" "$@"; fi
  done <<EOF
$ENVIRONMENT_FILES
EOF
  while IFS= read -r file; do
    if [ -n "$file" ]; then set -- --file "$file" "$@"; fi
  done <<EOF
$FILES
EOF
  docker compose "$@"
}
