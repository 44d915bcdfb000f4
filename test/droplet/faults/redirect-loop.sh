#!/bin/bash
# nginx sends everybody to https who does not say that he comes from there, as behind a proxy that ends TLS, but the
# address it sends them to is the same one again: every page is a 301 to itself, for ever. Odoo itself is fine.
# expected-cause: redirect-loop
# symptom: proxy=301 asset=301 direct=200 odoo=running db=running nginx=active nginx-config=valid page=other

break_it() {
  # shellcheck disable=SC2016 # nginx's variables
  sed -i 's|^    server_name _;|&\n    if ($http_x_forwarded_proto != "https") { return 301 $scheme://$http_host$request_uri; }|' "$NGINX_SITE"
  systemctl reload nginx
}

undo_it() { restore_nginx; }
