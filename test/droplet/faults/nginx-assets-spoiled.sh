#!/bin/bash
# nginx serves whatever ends in .css or .js from a folder of its own, where the compiled bundles are not (a block for
# static files, copied from another site). The login page is 200, every bundle a 404 of nginx's; Odoo hands them out.
# expected-cause: assets-proxy
# symptom: proxy=200 asset=404 direct=200 odoo=running db=running nginx=active nginx-config=valid page=login bundles=missing

break_it() {
  sed -i 's/^    location \/ {/    location ~* \\.(css|js|png|jpg|svg|woff2)$ {\n        root \/var\/www\/html;\n        expires 30d;\n    }\n&/' "$NGINX_SITE"
  systemctl reload nginx
}

undo_it() { restore_nginx; }
