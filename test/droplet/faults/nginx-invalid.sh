#!/bin/bash
# nginx was restarted with a configuration that does not parse, and is down.
# expected-cause: nginx-config-invalid
# symptom: proxy=refused|reset direct=200 odoo=running db=running nginx=failed nginx-config=invalid

break_it() {
  sed -i 's/proxy_pass .*;/proxy_passs http:\/\/odoo;/' "$NGINX_SITE"
  if systemctl restart nginx; then echo "nginx took the broken configuration" >&2; return 1; fi
}

undo_it() { restore_nginx; }
