#!/bin/bash
# `compose down`: both containers and the network are gone, the volumes stay.
# expected-cause: stack-down
# symptom: proxy=502 asset=502 direct=refused odoo=absent db=absent

break_it() { dc down; }

undo_it() { start_stack; }
