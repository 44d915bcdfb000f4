#!/bin/bash
# nginx does not run; its configuration is fine, and so is Odoo.
# expected-cause: nginx-down
# symptom: proxy=refused|reset direct=200 odoo=running db=running nginx=inactive nginx-config=valid

break_it() { systemctl stop nginx; }

undo_it() { restore_nginx; }
