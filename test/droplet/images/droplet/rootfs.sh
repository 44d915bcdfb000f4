#!/bin/bash
# Root file system of the droplet itself: Debian bookworm as a server runs it. usage: rootfs.sh TARGET.tar
# shellcheck disable=SC2016 # mmdebstrap's hooks are programs of their own: they expand "$1", the target folder
set -euo pipefail
# shellcheck source=/dev/null
. "$(dirname "$0")/../lib.sh"

# Compose v2 as a plugin of the docker command is in trixie; a Go binary, so it runs on bookworm too.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
plugin=usr/libexec/docker/cli-plugins/docker-compose
SECURITY=no VARIANT=extract bootstrap trixie "$work/compose.tar" --include=docker-compose
mkdir "$work/compose"
tar -C "$work/compose" -xf "$work/compose.tar" "./$plugin"
rm "$work/compose.tar"

# fish, dash and zsh are here because a login shell may be any of them.
bootstrap bookworm "$1" \
  --include=systemd,systemd-sysv,libpam-systemd,dbus,openssh-server,sudo,nginx-light,docker.io,iptables,iproute2 \
  --include=procps,psmisc,login,passwd,kmod,curl,ca-certificates,less,vim-tiny,logrotate,cron,jq,git,rsync,fish,dash,zsh \
  --customize-hook='mkdir -p "$1/usr/libexec/docker/cli-plugins"' \
  --customize-hook="upload '$work/compose/$plugin' /$plugin" \
  --customize-hook="chmod 755 \"\$1/$plugin\""
