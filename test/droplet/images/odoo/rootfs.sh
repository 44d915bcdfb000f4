#!/bin/bash
# Root file system of the Odoo image: Debian bullseye's own odoo-14. usage: rootfs.sh TARGET.tar
# shellcheck disable=SC2016 # mmdebstrap's hooks are programs of their own: they expand "$1", the target folder
set -euo pipefail
# shellcheck source=/dev/null
. "$(dirname "$0")/../lib.sh"

# wkhtmltopdf pulls in all of Qt WebKit, and nothing here prints PDF reports: an empty package satisfies the dependency.
repository=$(mktemp -d)
trap 'rm -rf "$repository"' EXIT
mkdir -p "$repository/wkhtmltopdf/DEBIAN"
chmod 0755 "$repository" "$repository/wkhtmltopdf" "$repository/wkhtmltopdf/DEBIAN"
cat >"$repository/wkhtmltopdf/DEBIAN/control" <<CONTROL
Package: wkhtmltopdf
Version: 99:0-empty
Architecture: all
Maintainer: test droplet <root@localhost>
Description: empty stand-in
CONTROL
deb=$repository/wkhtmltopdf.deb
dpkg-deb --build --root-owner-group "$repository/wkhtmltopdf" "$deb" >/dev/null
{
  cat "$repository/wkhtmltopdf/DEBIAN/control"
  printf 'Filename: ./wkhtmltopdf.deb\nSize: %s\nSHA256: %s\n\n' "$(stat -c %s "$deb")" "$(sha256sum <"$deb" | cut -d' ' -f1)"
} >"$repository/Packages"

# bullseye main only: bullseye-security lists a python3-gevent whose .deb is not on every mirror.
# .py files are never excluded: odoo-14's postinst byte-compiles its whole file list. Unwanted addons go afterwards.
SECURITY=no EXTRA_SOURCE="deb [trusted=yes] copy:$repository ./" bootstrap bullseye "$1" \
  --include=wkhtmltopdf,odoo-14,curl,ca-certificates,python3-setuptools,python3-pkg-resources,procps \
  --dpkgopt='path-exclude=/usr/lib/python3/dist-packages/odoo/addons/*/i18n/*' \
  --customize-hook='cd "$1/usr/lib/python3/dist-packages/odoo/addons" && rm -rf l10n_* hw_* pos_* point_of_sale* website_slides*'
