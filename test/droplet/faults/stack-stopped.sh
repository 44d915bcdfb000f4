#!/bin/bash
# `compose stop`: both containers exist and neither runs.
# expected-cause: stack-down
# symptom: proxy=502 asset=502 direct=refused odoo=exited db=exited drift=none

break_it() { dc stop; }

undo_it() { start_stack; }
