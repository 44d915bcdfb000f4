#!/bin/bash
# Root file system of the PostgreSQL image. usage: POSTGRES_VERSION=15|17 rootfs.sh TARGET.tar
# shellcheck disable=SC2016 # mmdebstrap's hooks are programs of their own: they expand "$1", the target folder
set -euo pipefail
# shellcheck source=/dev/null
. "$(dirname "$0")/../lib.sh"

version=${POSTGRES_VERSION:?}
case $version in
  15) suite=bookworm ;;
  17) suite=trixie ;;
  *) echo "no Debian suite has PostgreSQL $version here: 15 or 17" >&2; exit 2 ;;
esac

# Without LLVM (130 MB), and without the cluster that Debian's package would create.
bootstrap "$suite" "$1" \
  --include="postgresql-$version,postgresql-client-$version" \
  --dpkgopt='path-exclude=/usr/lib/*/libLLVM*' --dpkgopt='path-exclude=/usr/lib/postgresql/*/lib/llvmjit*' \
  --dpkgopt='path-exclude=/usr/lib/postgresql/*/lib/bitcode/*' \
  --essential-hook='mkdir -p "$1/etc/postgresql-common"; echo "create_main_cluster = false" >"$1/etc/postgresql-common/createcluster.conf"'
