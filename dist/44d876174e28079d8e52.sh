# The probe of what changed lately, beside what Docker and the database know: files, git, packages, the kernel's killer.
# shellcheck disable=SC2154 # tools.sh and survey.sh stand around this file

ask_history() {
  section files
  list_configuration | sort -u | while IFS= read -r file; do
    # `date -r` is a file's time on GNU, busybox and BSD alike
    changed=$(elevated 5 date -r "$file" +%s 2>/dev/null) || continue
    printf '%s\t%s\n' "$changed" "$file"
  done | sort -rn | head -n 60
  section git
  if [ -s "$work/projects" ]; then
    cut -f2 "$work/projects" | while IFS= read -r directory; do describe_git "$directory"; done
  fi
  section packages
  elevated 5 tail -n 4000 /var/log/dpkg.log 2>/dev/null | grep -E ' (upgrade|install) ' | tail -n 30 | cut -c1-200
  section kernel
  elevated 10 journalctl --dmesg --since '-24 hours' --no-pager --output short-unix --grep 'oom-kill|Out of memory' 2>/dev/null |
    tail -n 20 | cut -c1-400
  section gave-up
  # shellcheck disable=SC2016 # for the shell that may read there
  elevated 5 sh -c 'for mark in /var/lib/odoo-recover/*/gave-up; do
    if [ -f "$mark" ]; then
      folder=${mark%/*}
      printf "%s\t%s\n" "${folder##*/}" "$(head -n 1 "$mark" | cut -c1-300)"
    fi
  done' 2>/dev/null | head -n 20
}

list_configuration() {
  if [ -s "$work/projects" ]; then
    while IFS= read -r line; do
      printf '%s\n' "$line" | cut -f3,4 | tr ',' '\n' | tr '\t' '\n'
      printf '%s/.env\n' "$(printf '%s' "$line" | cut -f2)"
    done <"$work/projects"
  fi
  # A bind mount over /etc/odoo, as a folder or as the file
  if [ -s "$work/facts" ]; then
    sed -nE 's/^[^ ]* mount \/etc\/odoo(\/odoo\.conf)?	(\/.*)/\2/p' "$work/facts" | while IFS= read -r path; do
      if elevated 5 test -d "$path"; then printf '%s/odoo.conf\n' "$path"; else printf '%s\n' "$path"; fi
    done
  fi
  for path in /etc/nginx/nginx.conf /etc/nginx/sites-enabled/* /etc/nginx/conf.d/* /etc/docker/daemon.json; do
    if [ -e "$path" ]; then printf '%s\n' "$path"; fi
  done
}

# describe_git DIRECTORY: `TIME_OF_MOVE<TAB>DIRECTORY<TAB>COMMIT<TAB>SUBJECT`: when HEAD moved here last, and to what.
describe_git() {
  git_dir=$(elevated 5 git -c safe.directory='*' -C "$1" rev-parse --absolute-git-dir 2>/dev/null) || return 0
  moved=$(elevated 5 date -r "$git_dir/logs/HEAD" +%s 2>/dev/null) || return 0
  commit=$(elevated 5 git -c safe.directory='*' -C "$1" log -1 --format='%h%x09%s' 2>/dev/null | cut -c1-150) || return 0
  printf '%s\t%s\t%s\n' "$moved" "$1" "$commit"
}
