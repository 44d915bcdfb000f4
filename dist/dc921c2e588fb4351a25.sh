# One read-only look at the host: every probe, side by side, each bounded, in one round trip. The probes themselves are
# in probes/, which stand in front of this file, as tools.sh does.
# Values: LOOK (`whole`, or `vital` for what changes while one waits for a site to come back), URL_SCHEME, URL_HOST,
# URL_PORT (how the public reaches the site; may be empty), DIRECTORY, COMPOSE_FILE (what the user says; may be empty),
# LOG_LINES, HTTP_SECONDS, and the programs that the probes pass on: IN_DATABASE (sh, with its values), IN_ODOO_PY,
# ACCESS_LOG_AWK, PAGE_ASSETS_AWK, COMPILED_BADLY_CSS, COMPILED_BADLY_JS.
#
# Prints sections. `probe NAME STATUS` holds a probe's stdout, `why NAME` what it printed on stderr; status 124 or 137
# means that it did not end in time, 127 that its program is not installed. FRAME is the nonce in front of each marker.
# shellcheck disable=SC2154 # the values stand in front of this file

# In memory where possible: the disk may be full, and a check leaves no trace on it.
work=
for parent in /dev/shm "${TMPDIR:-/tmp}" /run; do
  if [ -d "$parent" ] && [ -w "$parent" ] && work=$(mktemp -d "$parent/odoo-recover.XXXXXXXX" 2>/dev/null); then break; fi
done
[ -n "$work" ] || { echo "no directory for temporary files" >&2; exit 73; }
trap 'rm -rf "$work"' EXIT
# Whoever stops a run does not read our answer to its end.
trap 'exit 143' HUP INT TERM PIPE

# probe NAME FUNCTION [NAME FUNCTION...]: runs in the background, those of one call one after the other; what each answered
# is printed by `tell`, whole.
probes=
probe() {
  probes="$probes $1 ${3:-}"
  (
    while [ $# -gt 0 ]; do
      status=0
      ("$2") >"$work/$1.out" 2>"$work/$1.err" || status=$?
      echo "$status" >"$work/$1.status"
      shift 2
    done
  ) &
}

# tell NAME MOST: what a probe answered, at most so many bytes of it.
tell() {
  section "probe $1 $(cat "$work/$1.status" 2>/dev/null || echo 125)"
  head -c "$2" "$work/$1.out" 2>/dev/null || true
  if [ -s "$work/$1.err" ]; then
    section "why $1"
    head -c 2000 "$work/$1.err"
  fi
}

# What needs no Docker begins at once.
probe host ask_host
probe proxy ask_proxy proxy-assets ask_proxy_assets
probe processes ask_processes
probe listeners ask_listeners
probe units ask_units
if [ "$LOOK" = whole ]; then
  probe memory ask_memory
  probe nginx ask_nginx
  probe access-log ask_access_log
  probe nginx-errors ask_nginx_errors
fi

# One question to the daemon, from whose answer the others start; where it fails, they fail alike and at once.
probe containers ask_containers
wait "$!"
find_projects
probe projects ask_projects
probe direct ask_direct direct-assets ask_direct_assets
probe logs ask_logs
if [ "$LOOK" = whole ]; then
  probe images ask_images
  probe compose ask_compose_version
  probe odoo-conf ask_odoo_conf
  probe database ask_database odoo ask_odoo
  probe disks ask_disks
  probe history ask_history
  probe others ask_others
else
  probe database ask_database
fi
wait

for name in $probes; do tell "$name" 3000000; done
