# Makes the template, once for each pair of images: a database with base, web and the shop's addon, users' rows and
# files, compiled bundles, and a template database beside it; leaves only images and both data folders on the volume.
# shellcheck shell=bash

dc up -d --wait "$DB_SERVICE"
dc run --rm -T "$ODOO_SERVICE" odoo -d odoo -i base,web,shop_notes --without-demo=all --stop-after-init
# `dc` gives no stdin, and the shell reads its program from there
(cd "$DIRECTORY" && docker compose -f "$COMPOSE_FILE" run --rm -T "$ODOO_SERVICE" odoo shell -d odoo --no-http <"$STATE/seed.py")

dc up -d
wait_for 180 login_answers

# The pages of a visitor and of a logged-in user, with all they need, so that every bundle is compiled.
jar=$(mktemp) page=$(mktemp)
browse() {
  local asset
  curl -fsS -L -b "$jar" -c "$jar" -o "$page" "$@"
  grep -oE '(href|src)="/[^"]+\.(css|js)[^"]*"' "$page" | sed -E 's/^[a-z]+="//; s/"$//; s/&amp;/\&/g' | sort -u |
    while read -r asset; do curl -fsS -b "$jar" -o /dev/null "http://127.0.0.1:8069$asset"; done
}
browse http://127.0.0.1:8069/web/login
token=$(grep -oE 'name="csrf_token" value="[^"]+"' "$page" | head -n 1 | sed -E 's/.*value="([^"]+)"/\1/')
browse --data-urlencode "csrf_token=$token" -d login=admin -d password=admin http://127.0.0.1:8069/web/login
browse http://127.0.0.1:8069/web
rm "$jar" "$page"

# Else Odoo would collect its garbage a minute after each start, in the middle of one test or another.
sql odoo <<<"UPDATE ir_cron SET nextcall = now() AT TIME ZONE 'utc' + interval '1 year'"

docker stop --time 20 "$(container_of "$ODOO_SERVICE")" >/dev/null
# Owned by another role, a template, closed to connections: Odoo's list of databases leaves it out.
sql postgres -v snapshot="$SNAPSHOT_DATABASE" <<'SQL'
CREATE ROLE droplet NOLOGIN;
CREATE DATABASE :"snapshot" TEMPLATE odoo;
ALTER DATABASE :"snapshot" OWNER TO droplet;
ALTER DATABASE :"snapshot" IS_TEMPLATE true ALLOW_CONNECTIONS false;
CHECKPOINT;
SQL
dc stop --timeout 60 "$DB_SERVICE"

rm -rf "$DATA_SNAPSHOT"
mkdir "$DATA_SNAPSHOT"
web=$(data_dir) db=$(volume_of "$DB_SERVICE" /var/lib/postgresql/data)
cp --archive "$web" "$DATA_SNAPSHOT/web"
rm -rf "$DATA_SNAPSHOT/web/sessions"
cp --archive "$db" "$DATA_SNAPSHOT/db"
dc down --volumes
sync
