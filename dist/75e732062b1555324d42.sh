# Probes by HTTP: Odoo's own port, and the reverse proxy on the host (runbook 1.3).
# shellcheck disable=SC2154 # tools.sh and survey.sh stand around this file

# fetch SECONDS CURL_ARGUMENTS...: one GET; prints facts, an empty line, and the first 64 KiB of the body.
fetch() {
  most=$1
  shift
  body=$work/body.$(printf '%s' "$*" | cksum | cut -d' ' -f1)
  code=0
  # curl bounds itself; the second bound is for one that does not.
  bounded "$((most + 5))" curl --silent --show-error --max-time "$most" --globoff --output "$body" \
    --dump-header "$body.headers" --user-agent odoo-recover --write-out 'code=%{http_code}\nseconds=%{time_total}\nbytes=%{size_download}\ntype=%{content_type}\nlocation=%{redirect_url}\nconnected=%{time_connect}\n' \
    "$@" 2>"$body.err" || code=$?
  echo "curl=$code"
  echo "error=$(tr '\n' ' ' <"$body.err" 2>/dev/null | head -c 300)"
  echo
  head -c 65536 "$body" 2>/dev/null || true
  # curl is missing, or is not curl: that is no answer of the site's
  [ "$code" != 127 ] && [ "$code" != 126 ]
}

# The public URL's own Host header decides which site and which database answer.
host_header=${URL_HOST:-localhost}${URL_PORT:+:$URL_PORT}

# fetch_odoo SECONDS ADDRESS PATH [CURL_ARGUMENTS...]
fetch_odoo() {
  odoo_at=$2$3 odoo_seconds=$1
  shift 3
  fetch "$odoo_seconds" --noproxy '*' --header "Host: $host_header" --header "X-Forwarded-Host: $host_header" \
    --header "X-Forwarded-Proto: ${URL_SCHEME:-http}" "$@" "http://$odoo_at"
}

# keep_page NAME ADDRESS ANSWER: remembers a page that was handed out, for the probe of its assets.
keep_page() {
  if sed '/^$/q' "$3" | grep -qx 'code=200'; then
    echo "$2" >"$work/page.$1.address"
    # Who has Odoo's session is not given another with each request.
    # In a file for curl, because anyone on the host can read the arguments of a program.
    sed -nE 's/^[Ss]et-[Cc]ookie: *(session_id=[A-Za-z0-9_.-]+).*/header = "Cookie: \1"/p' "$body.headers" 2>/dev/null | head -n 1 >"$work/page.$1.session"
    mv "$body" "$work/page.$1"
  fi
}

# after_proxy: waits until the proxy's page has come, or will not. One page at a time: of two who ask an Odoo 14 that has to
# compile its bundles, one may be rolled back after it remembered a link to a row of its own, which every page then holds.
after_proxy() {
  tenths=0
  until [ -e "$work/proxy.status" ] || [ "$tenths" -ge "$((HTTP_SECONDS * 10))" ]; do
    sleep 0.1
    tenths=$((tenths + 1))
  done
}

# Odoo's own port on each container that publishes or exposes 8069, without nginx. Where the published one does not
# answer: the container's own address too, and the ports on which its processes listen.
ask_direct() {
  need_containers || return
  for id in $(with_port 8069); do
    bound=$(fact "$id" 'bound 8069\/tcp' | head -n 1)
    inner=$(fact "$id" address | head -n 1)
    address=
    if [ -n "$bound" ]; then
      case ${bound% *} in
        0.0.0.0) address=127.0.0.1:${bound##* } ;;
        ::) address="[::1]:${bound##* }" ;;
        *:*) address="[${bound% *}]:${bound##* }" ;;
        *) address=${bound% *}:${bound##* } ;;
      esac
    elif [ -n "$inner" ]; then
      address=$inner:8069
    fi
    section "direct $id"
    echo "published=$([ -n "$bound" ] && echo yes || echo no)"
    echo "address=$address"
    state=$(fact "$id" state)
    # One that is paused accepts connections and would only be waited for.
    if [ -z "$address" ] || [ "${state% *}" != running ]; then continue; fi
    after_proxy
    fetch_odoo "$HTTP_SECONDS" "$address" /web/login >"$work/direct.answer" || { cat "$work/direct.answer"; return 127; }
    cat "$work/direct.answer"
    keep_page "$id" "$address" "$work/direct.answer"
    if grep -qx 'curl=0' "$work/direct.answer"; then continue; fi
    section "sockets $id"
    list_sockets "${state#* }"
    if [ -n "$bound" ] && [ -n "$inner" ] && ! grep -qx 'curl=28' "$work/direct.answer"; then
      section "inner $id"
      fetch_odoo 5 "$inner:8069" /web/login
    fi
  done
}

# list_sockets PID: the TCP ports on which anything listens in that process's network, in hexadecimal.
list_sockets() {
  [ "$1" -gt 0 ] || { echo unknown; return; }
  elevated 5 cat "/proc/$1/net/tcp" "/proc/$1/net/tcp6" 2>/dev/null >"$work/sockets" || { echo unknown; return; }
  # 0A: TCP_LISTEN (include/net/tcp_states.h)
  sed -nE 's/^ *[0-9]+: [0-9A-F]+:([0-9A-F]{4}) [0-9A-F]+:[0-9A-F]{4} 0A .*/\1/p' "$work/sockets" | sort -u
  echo end
}

# The reverse proxy on the host: the first of these that accepts a connection. The public port may be another
# machine's (a load balancer, a CDN), and so may TLS. Where plain http only redirects to https, https is what people use.
ask_proxy() {
  case ${URL_SCHEME:-http} in
    https) doors="${URL_PORT:+https:$URL_PORT }https:443 http:80" ;;
    *) doors="${URL_PORT:+http:$URL_PORT }http:80 https:443" ;;
  esac
  for door in $doors; do
    section "answer $door"
    fetch_through "$HTTP_SECONDS" "$door" /web/login >"$work/proxy.answer" || { cat "$work/proxy.answer"; return 127; }
    cat "$work/proxy.answer"
    keep_page proxy "$door" "$work/proxy.answer"
    # 7: could not connect
    if sed '/^$/q' "$work/proxy.answer" | grep -qx 'curl=7'; then continue; fi
    case $door/$(sed -n '/^$/q; s/^location=//p' "$work/proxy.answer") in
      http:*/https://*)
        section 'answer https:443'
        fetch_through "$HTTP_SECONDS" https:443 /web/login >"$work/proxy.answer" || true
        cat "$work/proxy.answer"
        keep_page proxy https:443 "$work/proxy.answer"
        ;;
    esac
    return
  done
}

# fetch_through SECONDS SCHEME:PORT PATH [CURL_ARGUMENTS...]. The certificate is checked from outside, where people are;
# here only whether the proxy passes requests on.
fetch_through() {
  name=${URL_HOST:-localhost} through=$2 through_path=$3 through_seconds=$1
  shift 3
  fetch "$through_seconds" --insecure --noproxy '*' --connect-to "$name:${through#*:}:127.0.0.1:${through#*:}" \
    --header "Host: $host_header" "$@" "${through%%:*}://$name:${through#*:}$through_path"
}

# Of each page that Odoo handed out: its stylesheets and scripts, asked of Odoo itself.
ask_direct_assets() {
  need_containers || return
  for id in $(with_port 8069); do ask_page_assets "$id" fetch_odoo; done
}

# The same through the proxy, for the page that came from there.
ask_proxy_assets() { ask_page_assets proxy fetch_through; }

# ask_page_assets NAME FETCH: each in the background, and each bounded by itself.
ask_page_assets() {
  page=$work/page.$1
  [ -f "$page" ] || return 0
  section "page $1"
  # shellcheck disable=SC2016 # an awk program
  bounded 5 awk -v host="${URL_HOST:-localhost}" "$PAGE_ASSETS_AWK" "$page" >"$page.assets" || return
  if grep -qvE '^(css|js)	/|^elsewhere	' "$page.assets"; then
    echo "awk printed something else than it was asked for" >&2
    return 1
  fi
  grep '^elsewhere	' "$page.assets" | head -n "$MOST_ASSETS" || true
  set -- "$1" "$2" "$(cat "$page.address")"
  if [ -s "$page.session" ]; then set -- "$@" --config "$page.session"; fi
  number=0
  grep -v '^elsewhere	' "$page.assets" | head -n "$MOST_ASSETS" >"$page.own" || true
  while IFS='	' read -r kind path; do
    number=$((number + 1))
    fetch_asset "$page.$number" "$kind" "$path" "$@" &
  done <"$page.own"
  wait
  count=$number number=0
  while [ "$number" -lt "$count" ]; do
    number=$((number + 1))
    section "asset $1 $number"
    cat "$page.$number"
  done
}

MOST_ASSETS=24
ASSET_SECONDS=20

# fetch_asset FILE KIND PATH NAME FETCH ADDRESS [CURL_ARGUMENTS...]: of its content only what tells whether it is good.
fetch_asset() {
  answer=$1 path=$3 with=$5 address=$6
  case $2 in css) compiled_badly=$COMPILED_BADLY_CSS ;; *) compiled_badly=$COMPILED_BADLY_JS ;; esac
  printf 'kind=%s\npath=%s\n' "$2" "$path" >"$answer"
  shift 6
  "$with" "$ASSET_SECONDS" "$address" "$path" "$@" >"$answer.curl" || true
  {
    sed '/^$/q' "$answer.curl" | grep .
    echo "sha1=$(sha1sum <"$body" 2>/dev/null | cut -d' ' -f1)"
    grep -aoE "($compiled_badly).{0,250}" "$body" 2>/dev/null | head -n 5 | sed 's/^/marker=/'
  } >>"$answer" || true
  rm -f "$body" "$body.headers" "$answer.curl"
}
