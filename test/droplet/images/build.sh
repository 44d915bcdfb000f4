#!/bin/bash
# Builds the images that are missing, from Debian's packages, and prints one "name reference" line for each.
# usage: POSTGRES_VERSION=15|17 build.sh [odoo] [postgres] [droplet]
#
# Two stages, each under a name that is the hash of all that goes in: the root file system (minutes; kept as a tar in
# the user's cache folder, so that a fresh checkout reuses it) and the image, which adds our files to it (seconds).
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")"

export POSTGRES_VERSION=${POSTGRES_VERSION:-15}
cache=${XDG_CACHE_HOME:-$HOME/.cache}/odoo-recover
tars=$cache/images
logs=$cache/logs
mkdir -p "$tars" "$logs"

fail() { echo "$1; the log ends with:" >&2; tail -n 25 "$2" >&2; exit 1; }
version_of() { case $1 in odoo) echo 14 ;; postgres) echo "$POSTGRES_VERSION" ;; droplet) echo 12 ;; esac; }
hash_of() { # name, files and folders...
  local name=$1
  shift
  { version_of "$name"; find "$@" -type f -print0 | sort -z | xargs -0 sha256sum; find "$@" -type f -printf '%m %p\n' | sort; } |
    sha256sum | cut -c1-12
}

reference_of() { echo "odoo-recover/$1:$(version_of "$1")-$(hash_of "$1" lib.sh "$1")"; }
exists() { docker image inspect "$1" >/dev/null 2>&1; }

rootfs() { # name -> its tar
  local name=$1 tar start=$SECONDS
  tar=$tars/$name-$(version_of "$name")-$(hash_of "$name" lib.sh "$name/rootfs.sh").tar
  if [ ! -f "$tar" ]; then
    echo "building the root file system of $name" >&2
    # mmdebstrap knows the format by the name's end, and only a finished tar gets its final name
    bash "$name/rootfs.sh" "${tar%.tar}.partial.tar" >"$logs/$name.log" 2>&1 || fail "$name: no root file system" "$logs/$name.log"
    mv "${tar%.tar}.partial.tar" "$tar"
    echo "built the root file system of $name in $((SECONDS - start)) s" >&2
  fi
  echo "$tar"
}

image() { # name -> its reference, once it exists
  local name=$1 reference base tar work changes=() line
  reference=$(reference_of "$name")
  if ! exists "$reference"; then
    tar=$(rootfs "$name")
    base=odoo-recover/$name-rootfs:$(basename "$tar" .tar)
    exists "$base" || docker import "$tar" "$base" >/dev/null
    while read -r line; do changes+=(--change "${line//@POSTGRES_VERSION@/$POSTGRES_VERSION}"); done <"$name/changes"
    work=odoo-recover-build-$name-$$
    docker create --name "$work" --network none --user 0 "$base" /bin/bash /setup.sh >/dev/null
    { tar -C "$name/files" --owner=0 --group=0 -c .; } | docker cp - "$work:/" >/dev/null
    tar -C "$name" --owner=0 --group=0 -c setup.sh | docker cp - "$work:/" >/dev/null
    docker start --attach "$work" >"$logs/$name-setup.log" 2>&1 || { docker rm -f "$work" >/dev/null; fail "$name: setup.sh failed" "$logs/$name-setup.log"; }
    docker commit "${changes[@]}" "$work" "$reference" >/dev/null
    docker rm -f "$work" >/dev/null
  fi
  echo "$name $reference"
}

names=("$@")
[ ${#names[@]} -gt 0 ] || names=(odoo postgres droplet)

# Unpacking packages is one core's work: the root file systems are built side by side, each image once its own is there.
pids=()
for name in "${names[@]}"; do
  exists "$(reference_of "$name")" && continue
  rootfs "$name" >/dev/null &
  pids+=($!)
done
for pid in "${pids[@]}"; do wait "$pid"; done
for name in "${names[@]}"; do image "$name"; done
