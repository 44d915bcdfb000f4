#!/bin/bash
# The file system of Odoo's data has room and no inode left: every visit needs a new session file, cannot have it, and
# gets a 500. (The volume gets a small file system of its own; empty files of root's use up its inodes.)
# expected-cause: inodes-full
# symptom: proxy=500 direct=500 odoo=running db=running disk-full=none inodes-full=odoo
# odoo-log: No space left on device

break_it() {
  local data n=0
  data=$(data_dir)
  dc stop "$ODOO_SERVICE"
  put_on_small_file_system "$data" "size=256m,nr_inodes=$(($(find "$data" | wc -l) + 200))"
  start_stack
  wait_for 60 login_answers
  mkdir -p "$data/tmp"
  while : >"$data/tmp/left-over.$n"; do n=$((n + 1)); done 2>/dev/null || true
}

undo_it() {
  dc stop "$ODOO_SERVICE"
  remove_small_file_systems
  start_stack
}
