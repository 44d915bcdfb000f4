#!/bin/bash
# nginx answers all by itself, with 200 and nothing in it (the line for a health check, put into the wrong location),
# and sends nothing to Odoo, which is fine.
# expected-cause: nginx-elsewhere
# symptom: proxy=200 asset=200 direct=200 odoo=running db=running nginx=active nginx-config=valid page=empty bundles=none

break_it() {
  sed -i 's|^    location / {|&\n        return 200 "";|' "$NGINX_SITE"
  systemctl reload nginx
}

undo_it() { restore_nginx; }
