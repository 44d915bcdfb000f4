#!/bin/bash
# Odoo was stopped by hand, and nginx is told to show a page in place of its own 502: with code 200, for every address,
# so that a monitor which looks at the code alone says that all is well.
# expected-cause: odoo-stopped
# symptom: proxy=200 asset=200 direct=refused odoo=exited db=running nginx=active page=other bundles=none drift=none

break_it() {
  dc stop "$ODOO_SERVICE"
  mkdir -p /etc/nginx/pages
  cat >/etc/nginx/pages/maintenance.html <<'HTML'
<!DOCTYPE html>
<html><head><title>Back soon</title></head>
<body><h1>We are down for maintenance</h1><p>Please come back in a few minutes.</p></body></html>
HTML
  sed -i 's|^    location / {|    error_page 502 504 =200 /maintenance.html;\n    location = /maintenance.html { root /etc/nginx/pages; internal; }\n&|' "$NGINX_SITE"
  systemctl reload nginx
}

undo_it() {
  restore_nginx
  start_stack
}
