#!/bin/bash
# Somebody deleted the rows of the compiled bundles by SQL while Odoo was running: its workers remember the tags that
# they rendered, and every page goes on asking for ids that are no more. Each bundle is a 404, nothing is logged. Odoo
# compiles them anew as soon as it forgets: when it is told to, or after a restart.
# expected-cause: assets-stale
# symptom: proxy=200 asset=404 direct=200 odoo=running db=running page=login bundles=missing

break_it() {
  every_worker_answers
  sql "$DATABASE" <<<"DELETE FROM ir_attachment WHERE $BUNDLES"
}

undo_it() { restore_database; }
