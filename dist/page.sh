#!/bin/sh
# What a remedy's program starts with that looks at the login page as a browser would: with each of its stylesheets and
# scripts, at Odoo's own port, without the proxy. Values: CONTAINER, URL_SCHEME, URL_HOST, URL_PORT (how the public
# reaches the site; may be empty), PAGE_ASSETS_AWK, COMPILED_BADLY_CSS and
# COMPILED_BADLY_JS (what a failed compilation leaves, for grep -E).
# shellcheck disable=SC2154,SC2034 # the values stand in front of this file, and what reads page_why and page_count after it

# odoo_address: where Odoo's port is on the host; else the container's own address.
odoo_address() {
  bound=$(timeout -k 2 10 docker port "$CONTAINER" 8069/tcp 2>/dev/null | head -n 1)
  case $bound in
    '')
      inner=$(timeout -k 2 10 docker inspect --type container --format '{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}' "$CONTAINER" 2>/dev/null | cut -d' ' -f1)
      [ -n "$inner" ] && echo "$inner:8069"
      ;;
    0.0.0.0:*) echo "127.0.0.1:${bound##*:}" ;;
    '[::]:'* | :::*) echo "[::1]:${bound##*:}" ;;
    *) echo "$bound" ;;
  esac
}

# get PATH FILE [CURL_ARGUMENTS...]: GET at Odoo's port as the public's name; prints the code. The first page after a
# wipe compiles everything, which takes a small machine its time.
get() {
  get_path=$1 get_file=$2
  shift 2
  curl --silent --max-time 90 --globoff --noproxy '*' --output "$get_file" --user-agent odoo-recover --write-out '%{http_code}' \
    --header "Host: ${URL_HOST:-localhost}${URL_PORT:+:$URL_PORT}" --header "X-Forwarded-Host: ${URL_HOST:-localhost}${URL_PORT:+:$URL_PORT}" \
    --header "X-Forwarded-Proto: ${URL_SCHEME:-http}" "$@" "http://$page_address$get_path" || true
}

# page_is_good: status 0 when Odoo hands out its login page with all that it asks for; else page_why says what is amiss.
page_is_good() {
  page_why='Odoo has no address' page_count=0
  page_address=$(odoo_address) && [ -n "$page_address" ] || return 1
  page_code=$(get /web/login page.html --dump-header page.headers)
  page_why="/web/login is $page_code"
  [ "$page_code" = 200 ] || return 1
  page_why='/web/login is not the login page'
  grep -qE 'oe_login_form|name="login"' page.html || return 1
  # Odoo 14 tells every visitor so where it cannot compile a stylesheet.
  page_why='a stylesheet does not compile'
  if grep -q __assetsBundleErrorSeen page.html; then return 1; fi
  # Who has Odoo's session is not given another with each request.
  # In a file for curl, because anyone on the host can read the arguments of a program.
  sed -nE 's/^[Ss]et-[Cc]ookie: *(session_id=[A-Za-z0-9_.-]+).*/header = "Cookie: \1"/p' page.headers | head -n 1 >page.curl
  timeout -k 2 10 awk -v host="${URL_HOST:-localhost}" "$PAGE_ASSETS_AWK" page.html >page.assets || return 1
  page_why='/web/login asks for no stylesheet'
  grep -q '^css	/' page.assets || return 1
  while IFS='	' read -r page_kind page_path; do
    [ "$page_kind" != elsewhere ] || continue
    page_code=$(get "$page_path" page.asset --config page.curl)
    page_why="$page_path is $page_code"
    [ "$page_code" = 200 ] || return 1
    page_why="$page_path is empty"
    [ -s page.asset ] || return 1
    page_why="$page_path was compiled with an error"
    case $page_kind in css) page_left=$COMPILED_BADLY_CSS ;; *) page_left=$COMPILED_BADLY_JS ;; esac
    if grep -qaE "$page_left" page.asset; then return 1; fi
    page_count=$((page_count + 1))
  done <page.assets
  page_why=
}

# good_page_within SECONDS: the same, asked again and again for so long.
good_page_within() {
  page_until=$(($(date +%s) + $1))
  until page_is_good; do
    [ "$(date +%s)" -lt "$page_until" ] || return 1
    sleep 2
  done
}
