#!/bin/bash
# Somebody left a configuration for nginx that does not parse, and has not applied it: nginx runs on with the old one,
# and the site works until the next reload fails or the next restart takes nginx down.
# expected-cause: nginx-config-invalid
# symptom: proxy=200 asset=200 direct=200 odoo=running db=running nginx=active nginx-config=invalid

break_it() { sed -i 's/proxy_pass .*;/proxy_passs http:\/\/odoo;/' "$NGINX_SITE"; }

undo_it() { restore_nginx; }
