#!/bin/bash
# Odoo's log is not nice to read: the shop's addon prints lines in Latin-1, with colours and other escapes of
# terminals, NUL bytes, one of 200 kB, and one that never ends with a newline. The site is well.
# expected-cause: healthy
# symptom: proxy=200 asset=200 direct=200 odoo=running db=running page=login bundles=same
# odoo-log: and what is no text at all

break_it() {
  cat >>"$DIRECTORY/addons/shop_notes/__init__.py" <<'PYTHON'

import sys

for line in (
    "Möbel für Straße und Büro\n".encode("latin-1"),
    b"\x1b[1;31mERROR\x1b[0m in red, \x1b[2Ka line wiped, \x1b]0;a title\x07\r\n",
    b"\x00\xff\xfe and what is no text at all \x80\x81\n",
    b"long: " + b"x" * 200000 + b"\n",
    "Prüfung läuft … ".encode("utf-8"),
):
    sys.stdout.buffer.write(line)
sys.stdout.buffer.flush()
PYTHON
  restart_odoo
}

undo_it() {
  restore_project
  restart_odoo
}
