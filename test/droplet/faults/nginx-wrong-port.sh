#!/bin/bash
# nginx sends everything to a port where nothing listens; Odoo itself is fine.
# expected-cause: nginx-elsewhere
# symptom: proxy=502 asset=502 direct=200 odoo=running db=running nginx=active nginx-config=valid

break_it() {
  sed -i 's/127\.0\.0\.1:8069;/127.0.0.1:8079;/' "$NGINX_SITE"
  systemctl reload nginx
}

undo_it() { restore_nginx; }
