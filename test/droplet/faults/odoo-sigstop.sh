#!/bin/bash
# Every process of Odoo is stopped by a signal: Docker says running, and for some time healthy; nothing answers.
# expected-cause: odoo-frozen
# symptom: proxy=504 direct=timeout odoo=running db=running
# within: 60

break_it() { signal_odoo STOP; }

undo_it() { thaw_odoo; }
