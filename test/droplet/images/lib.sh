#!/bin/bash
# What the three root file systems share: where Debian's packages come from, and how they are unpacked.
# Sourced by <image>/rootfs.sh.
# shellcheck disable=SC2016 # mmdebstrap's hooks are programs of their own: they expand "$1", the target folder

# The mirror of this machine's own apt (deb822 or one-line sources); nothing when that is not a Debian mirror, and
# mmdebstrap then uses its own default.
mirror_of() { # debian | debian-security
  { cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources; } 2>/dev/null |
    grep -v '^#' | grep -oE 'https?://[^ ]+' | grep -E "/$1/?$" | sort -u | head -n 1 || true
}

# bootstrap SUITE TAR OPTION... : a Debian of that suite, made of the packages that the options include.
# Security updates are left out with SECURITY=no.
bootstrap() {
  local suite=$1 tar=$2 mirror security
  shift 2
  mirror=${DEBIAN_MIRROR:-$(mirror_of debian)}
  security=${DEBIAN_SECURITY_MIRROR:-$(mirror_of debian-security)}
  local sources=()
  if [ -n "$mirror" ]; then
    sources+=("deb $mirror $suite main")
    if [ -n "$security" ] && [ "${SECURITY:-yes}" = yes ]; then
      sources+=("deb $security $suite-security main")
    fi
  fi
  # A mirror may be a snapshot of the past, so the age of its index is no error.
  mmdebstrap --mode=root --format=tar --variant="${VARIANT:-minbase}" \
    --aptopt='Acquire::Check-Valid-Until "false"' --aptopt='Acquire::Check-Date "false"' \
    --aptopt='APT::Install-Recommends "false"' --aptopt='Acquire::Languages "none"' \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    --dpkgopt='path-exclude=/usr/share/info/*' --dpkgopt='path-exclude=/usr/share/doc/*' \
    --dpkgopt='path-exclude=/usr/share/lintian/*' \
    "$@" \
    --customize-hook='rm -rf "$1"/var/lib/apt/lists/* "$1"/var/cache/apt/*' \
    "$suite" "$tar" "${sources[@]}" ${EXTRA_SOURCE:+"$EXTRA_SOURCE"}
}
