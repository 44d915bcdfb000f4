# The probe of PostgreSQL: what it is doing, who waits for whom, which databases are Odoo's. Read-only.
# shellcheck disable=SC2154 # tools.sh and survey.sh stand around this file

# In every running container that has PostgreSQL's port. The statements travel inside of the program.
ask_database() {
  need_containers || return
  for id in $(with_port 5432); do
    section "database $id"
    case $(fact "$id" state) in running\ *) ;; *) continue ;; esac
    status=0
    printf '%s' "$IN_DATABASE" | docker_ 20 exec --interactive "$id" timeout -k 2 15 sh -s 2>&1 || status=$?
    if [ "$status" != 0 ]; then echo "exit=$status"; fi
    # Said of this one; the next would only hang as long.
    if is_hang "$status"; then return 0; fi
  done
}
