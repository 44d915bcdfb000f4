#!/bin/bash
# Odoo's threads hang in the code of an addon: its processes run, accept connections and answer nothing. Whatever it hangs
# on is gone with the process (a file in the container's /dev/shm), so a restart mends it. The stacks of its threads name
# the addon.
# expected-cause: odoo-frozen
# symptom: proxy=504 direct=timeout odoo=running db=running
# within: 90

break_it() {
  cat >>"$DIRECTORY/addons/shop_notes/models.py" <<'PYTHON'


class Http(models.AbstractModel):
    _inherit = "ir.http"

    @classmethod
    def _dispatch(cls, *args):
        import os
        import time

        while os.path.exists("/dev/shm/supplier-does-not-answer"):
            time.sleep(1)
        return super()._dispatch(*args)
PYTHON
  restart_odoo
  wait_for 60 login_answers
  docker exec "$(container_of "$ODOO_SERVICE")" touch /dev/shm/supplier-does-not-answer
}

undo_it() {
  restore_project
  restart_odoo
}
