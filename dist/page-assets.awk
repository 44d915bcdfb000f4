# The stylesheets and scripts that an HTML page asks for, each once: `css<TAB>/path`, `js<TAB>/path`, or
# `elsewhere<TAB>URL` for those of another host. Variables: host (the site's own name).
# Odoo loads some scripts later, by `data-src` (web.webclient_bootstrap, 14 to 19).
BEGIN { RS = ">" }

# attribute(TAG, NAME): its value, with the entities that stand in URLs resolved; empty without one.
function attribute(tag, name,    at, quote) {
  if (!match(tag, "[ \t\n\r]" name "[ \t\n\r]*=[ \t\n\r]*[\"']")) return ""
  quote = substr(tag, RSTART + RLENGTH - 1, 1)
  tag = substr(tag, RSTART + RLENGTH)
  at = index(tag, quote)
  if (at == 0) return ""
  tag = substr(tag, 1, at - 1)
  gsub(/&amp;/, "\\&", tag)
  gsub(/&#38;/, "\\&", tag)
  return tag
}

function tell(kind, url,    rest, at, authority) {
  # Nothing that a request could not hold; a `data:` URL is in the page already.
  if (url == "" || url ~ /[^!-~]/ || url ~ /^(data|blob|javascript|about):/ || url in told) return
  told[url] = 1
  if (url ~ /^([Hh][Tt][Tt][Pp][Ss]?:)?\/\//) {
    rest = url
    sub(/^[^\/]*\/\//, "", rest)
    at = index(rest, "/")
    authority = at == 0 ? rest : substr(rest, 1, at - 1)
    sub(/:[0-9]+$/, "", authority)
    if (tolower(authority) != tolower(host)) {
      print "elsewhere\t" url
      return
    }
    url = at == 0 ? "/" : substr(rest, at)
  }
  # The page is /web/login.
  if (url !~ /^\//) url = "/web/" url
  sub(/#.*/, "", url)
  print kind "\t" url
}

{
  at = match($0, /<[A-Za-z!\/][^<]*$/)
  if (at == 0) next
  tag = substr($0, at)
  name = tolower(tag)
  if (name ~ /^<link[ \t\n\r]/) {
    if (tolower(attribute(tag, "rel")) ~ /(^|[ \t])stylesheet([ \t]|$)/) tell("css", attribute(tag, "href"))
  } else if (name ~ /^<script[ \t\n\r]/) {
    tell("js", attribute(tag, "src"))
    tell("js", attribute(tag, "data-src"))
  }
}
