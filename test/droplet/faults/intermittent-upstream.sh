#!/bin/bash
# nginx shares its requests out between Odoo and a second server that is not there, and tries no other when one fails:
# about every other request is a 502, Odoo is well, and a single look may see either.
# expected-cause: intermittent
# symptom: proxy=200|502 direct=200 odoo=running db=running nginx=active nginx-config=valid

break_it() {
  sed -i -e '0,/^    server 127\.0\.0\.1:8069;/s//    server 127.0.0.1:8069 max_fails=0;\n    server 127.0.0.1:8079 max_fails=0;/' \
    -e 's/^    proxy_connect_timeout .*/&\n    proxy_next_upstream off;/' "$NGINX_SITE"
  systemctl reload nginx
  for _ in {1..40}; do curl -s -m 10 -o /dev/null http://127.0.0.1/web/login || true; done
}

undo_it() { restore_nginx; }
