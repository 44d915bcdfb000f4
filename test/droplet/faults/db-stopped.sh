#!/bin/bash
# The database was stopped; Odoo runs and answers 500 (16 and later: redirects to the database selector).
# expected-cause: database-down
# symptom: proxy=500|303 direct=500|303 odoo=running db=exited

break_it() { dc stop "$DB_SERVICE"; }

undo_it() { start_stack; }
