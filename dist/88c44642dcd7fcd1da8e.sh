# Probes by HTTP: Odoo's own port, and the reverse proxy on the host (runbook 1.3).
# shellcheck disable=SC2154 # tools.sh and survey.sh stand around this file

# fetch SECONDS CURL_ARGUMENTS...: one GET; prints facts, an empty line, and the first 64 KiB of the body.
fetch() {
  most=$1
  shift
  body=$work/body.$(printf '%s' "$*" | cksum | cut -d' ' -f1)
  code=0
  # curl bounds itself; the second bound is for one that does not.
  bounded "$((most + 5))" curl --silent --show-error --max-time "$most" --output "$body" --user-agent odoo-recover \
    --write-out 'code=%{http_code}\nseconds=%{time_total}\nbytes=%{size_download}\ntype=%{content_type}\nlocation=%{redirect_url}\nconnected=%{time_connect}\n' \
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

fetch_odoo() { # SECONDS ADDRESS
  fetch "$1" --noproxy '*' --header "Host: $host_header" --header "X-Forwarded-Host: $host_header" \
    --header "X-Forwarded-Proto: ${URL_SCHEME:-http}" "http://$2/web/login"
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
    fetch_odoo "$HTTP_SECONDS" "$address" >"$work/direct.answer" || { cat "$work/direct.answer"; return 127; }
    cat "$work/direct.answer"
    if grep -qx 'curl=0' "$work/direct.answer"; then continue; fi
    section "sockets $id"
    list_sockets "${state#* }"
    if [ -n "$bound" ] && [ -n "$inner" ] && ! grep -qx 'curl=28' "$work/direct.answer"; then
      section "inner $id"
      fetch_odoo 5 "$inner:8069"
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
    fetch_through "$door" >"$work/proxy.answer" || { cat "$work/proxy.answer"; return 127; }
    cat "$work/proxy.answer"
    # 7: could not connect
    if sed '/^$/q' "$work/proxy.answer" | grep -qx 'curl=7'; then continue; fi
    case $door/$(sed -n '/^$/q; s/^location=//p' "$work/proxy.answer") in
      http:*/https://*)
        section 'answer https:443'
        fetch_through https:443
        ;;
    esac
    return
  done
}

# fetch_through SCHEME:PORT. The certificate is checked from outside, where people are; here only whether the proxy
# passes requests on.
fetch_through() {
  name=${URL_HOST:-localhost}
  fetch "$HTTP_SECONDS" --insecure --noproxy '*' --connect-to "$name:${1#*:}:127.0.0.1:${1#*:}" \
    --header "Host: $host_header" "${1%%:*}://$name:${1#*:}/web/login"
}
