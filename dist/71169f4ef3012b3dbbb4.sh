# What a program that reads the host starts with: bounded commands, with the rights that the user has, and sections.
# FRAME is the nonce in front of each marker.
set -eu
umask 077

# bounded SECONDS COMMAND...: the one way to run a command that may hang.
bounded() {
  limit=$1
  shift
  timeout -k 2 "$limit" "$@"
}

if [ "$(id -u)" = 0 ]; then
  may=root
elif [ "$(bounded 5 sudo -n id -u 2>/dev/null)" = 0 ]; then
  may=sudo
else
  may=user
fi

# elevated SECONDS COMMAND...: the same, with the rights to read what the project's owner keeps from others (.env).
elevated() {
  limit=$1
  shift
  if [ "$may" = sudo ]; then sudo -n timeout -k 2 "$limit" "$@"; else timeout -k 2 "$limit" "$@"; fi
}

# docker_ SECONDS ARGUMENTS...: docker, the way this user may use it.
docker_needs_sudo=no
if [ "$may" = sudo ] && ! bounded 5 docker version >/dev/null 2>&1; then docker_needs_sudo=yes; fi
docker_() {
  limit=$1
  shift
  if [ "$docker_needs_sudo" = yes ]; then elevated "$limit" docker "$@"; else bounded "$limit" docker "$@"; fi
}

section() { printf '\n%s section %s\n' "$FRAME" "$1"; }
