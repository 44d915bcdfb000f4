#!/bin/bash
# Puts secrets and customers' data wherever the real programs of a droplet keep, show or log them. Stands behind
# guest/lib.sh and assignments of COMPOSE_TEXT, ENV_MORE, CONF_MORE, NGINX_MAP, NGINX_LOCATION, CANARIES_JSON, CONTROLLERS
# and of one variable for each value, as they are used below.
# shellcheck shell=bash disable=SC2154 # the values stand in front of this file

# The project: .env, compose file, odoo.conf, an addon. The role's password becomes the official image's.
sed -i 's/^POSTGRES_PASSWORD=.*/POSTGRES_PASSWORD=odoo/' "$DIRECTORY/.env"
printf '%s\n' "$ENV_MORE" >>"$DIRECTORY/.env"
printf '%s\n' "$COMPOSE_TEXT" >"$DIRECTORY/$COMPOSE_FILE"
printf '%s\n' "$CONF_MORE" >>"$DIRECTORY/config/odoo.conf"
addon=$DIRECTORY/addons/shop_notes
printf '%s' "$CANARIES_JSON" >"$addon/canaries.json"
printf '%s' "$CONTROLLERS" >"$addon/controllers.py"
echo 'from . import controllers' >>"$addon/__init__.py"
sql postgres -v owner="$DATABASE_USER" <<<"ALTER ROLE :\"owner\" PASSWORD 'odoo';"
# Docker in debug mode logs what it is asked to do, environments included.
sed -i 's/^{/{ "debug": true,/' /etc/docker/daemon.json
systemctl kill --kill-who=main --signal=HUP docker
dc up -d --no-build --pull never
docker create --name shop-report --env "REPORT_TOKEN=$DOCKER" --env REPORT_LANGUAGE=de "$ODOO_IMAGE" >/dev/null
docker rm --volumes shop-report >/dev/null
sed -i 's/^{ "debug": true,/{ "debug": false,/' /etc/docker/daemon.json
systemctl kill --kill-who=main --signal=HUP docker

# nginx
printf 'robot:%s\n' "$HTPASSWD" >/etc/nginx/shop.htpasswd
{
  printf '%s\n' "$NGINX_MAP"
  cat "$NGINX_SITE"
} >/tmp/site
printf '%s\n' "$NGINX_LOCATION" >/tmp/location
sed -e '/^    location \/ {/{
r /tmp/location
N
}' /tmp/site >"$NGINX_SITE"
rm /tmp/site /tmp/location
nginx -t
systemctl reload nginx

wait_for 90 every_worker_answers

# Odoo's log. Each of these is a real request through nginx.
for deed in same_login no_such_column number missing said chained logs login; do
  curl -s -o /dev/null "http://127.0.0.1/shop/$deed"
done
curl -s -o /dev/null "http://127.0.0.1/web/reset_password?token=$RESET_TOKEN&login=$URL_EMAIL%40customer.example"
curl -s -o /dev/null "http://127.0.0.1/shop?search=$SEARCH+Street&page=2"

# PostgreSQL's log. Whatever fails here is to fail.
db() { docker exec -i "$(container_of "$DB_SERVICE")" "$@"; }
as_owner() { sql "$DATABASE" >/dev/null 2>&1 || true; }
as_owner <<SQL
INSERT INTO res_users (login, company_id, partner_id) SELECT '$PG_KEY', company_id, partner_id FROM res_users WHERE login = 'admin';
INSERT INTO res_users (login, company_id, partner_id) SELECT '$PG_KEY', company_id, partner_id FROM res_users WHERE login = 'admin';
SQL
as_owner <<SQL
SELECT nothing FROM res_partner WHERE name = 'Jane
$PG_STATEMENT' OR phone = '$PG_PHONE' OR ref = E'it\\'s $PG_ESCAPED' OR comment = \$c\$$PG_DOLLARS\$c\$ -- for $PG_COMMENT
SQL
as_owner <<SQL
COPY res_partner (name, color) FROM STDIN;
Jane	$PG_COPY_VALUE
\.
SQL
as_owner <<SQL
COPY res_partner (name, color) FROM STDIN;
Jane $PG_COPY	1	too much
\.
SQL
as_owner <<SQL
DO \$\$ BEGIN RAISE EXCEPTION 'no credit for customer $PG_RAISED' USING DETAIL = 'she owes $PG_RAISED_DETAIL'; END \$\$;
SQL
as_owner <<SQL
SET log_statement = 'all';
SELECT 'Jane $PG_LOGGED';
SQL
as_owner <<SQL
LOAD 'auto_explain';
SET auto_explain.log_min_duration = 0;
SELECT * FROM res_partner WHERE email = '$PG_PLAN@customer.example' AND name = 'Jane $PG_PLAN_NAME';
SQL
db sh -c 'cat >/tmp/query' <<<'SELECT :name::text;'
db env PGOPTIONS='-c log_min_duration_statement=0' \
  pgbench -n -M extended -t 1 -f /tmp/query -D "name=$PG_PARAMETER" -U "$DATABASE_USER" "$DATABASE" >/dev/null 2>&1
db rm /tmp/query

# What runs: a report in the database, a job with secrets in its arguments.
setsid docker exec "$(container_of "$DB_SERVICE")" psql -X -U "$DATABASE_USER" -d "$DATABASE" -c "SELECT pg_sleep(1800), 'Jane $RUNS', E'it\\'s $RUNS_ESCAPED', \$\$$RUNS_DOLLARS\$\$, $RUNS_NUMBER" </dev/null >/dev/null 2>&1 &
setsid sh -c 'sleep 1800; :' shop-sync --api-key "$ARGUMENT_KEY" -u "robot:$ARGUMENT_USER" "https://robot:$ARGUMENT_URL@supplier.example/feed" "smtp_password=$ARGUMENT_VALUE" </dev/null >/dev/null 2>&1 &
