#!/bin/bash
# Installs what the test droplet needs on this machine, and starts a Docker daemon if none answers.
# Quick when everything is there. Needs Debian or Ubuntu, and root or sudo for what is missing.
set -euo pipefail

log=${XDG_CACHE_HOME:-$HOME/.cache}/odoo-recover/logs
mkdir -p "$log"

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi; }

# command -> the package that has it
declare -A package=(
  [docker]=docker.io [mmdebstrap]=mmdebstrap [ssh]=openssh-client [curl]=curl [dpkg-deb]=dpkg [jq]=jq [xz]=xz-utils
)
missing=()
for command in "${!package[@]}"; do
  command -v "$command" >/dev/null || missing+=("${package[$command]}")
done
[ -e /usr/share/keyrings/debian-archive-keyring.gpg ] || missing+=(debian-archive-keyring)
# A client alone is not enough, unless a daemon answers it.
if ! docker info >/dev/null 2>&1 && ! command -v dockerd >/dev/null; then missing+=(docker.io); fi

if [ ${#missing[@]} -gt 0 ]; then
  echo "installing: ${missing[*]}" >&2
  as_root env DEBIAN_FRONTEND=noninteractive apt-get update -q >"$log/apt.log" 2>&1 ||
    { tail -n 20 "$log/apt.log" >&2; exit 1; }
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${missing[@]}" \
    >>"$log/apt.log" 2>&1 || { tail -n 20 "$log/apt.log" >&2; exit 1; }
fi

if ! docker info >/dev/null 2>&1; then
  if [ -d /run/systemd/system ]; then
    as_root systemctl start docker
  else
    # A session of its own, so that it outlives the shell that started it.
    as_root setsid --fork dockerd >"$log/dockerd.log" 2>&1 </dev/null
  fi
  deadline=$((SECONDS + 60))
  until docker info >/dev/null 2>&1; do
    if [ $SECONDS -ge $deadline ]; then
      echo "the Docker daemon does not answer after 60 s; its log ends with:" >&2
      tail -n 20 "$log/dockerd.log" >&2 || true
      exit 1
    fi
    sleep 0.2
  done
fi
