#!/bin/bash
# The shop's addon names a script in the bundle of the login page, and the script's file did not come with the deploy.
# Odoo 14 puts `console.error("Could not get content for …")` in its place, hands out the bundle with 200, and logs
# nothing: every page is there, and what the script should do is not.
# expected-cause: assets-poisoned
# symptom: proxy=200 asset=200 direct=200 odoo=running db=running page=login bundles=changed+same styles=2
# within: 60

break_it() {
  add_to_frontend '<script type="text/javascript" src="/shop_notes/static/src/js/checkout.js"/>'
  update_addon
}

undo_it() {
  restore_project
  restore_database
  restore_filestore
}
