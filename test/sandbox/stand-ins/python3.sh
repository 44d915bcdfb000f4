#!/bin/sh
# Stands for python3 in Odoo's container, where our program looks at Odoo's own process and files: they are as on the
# droplet after its installation, and each file that the database names is there and whole.
printf '%s\n' user=101:101 'option db_host=db' 'option db_port=5432' 'option db_user=odoo' \
  config=/etc/odoo/odoo.conf data=/var/lib/odoo
sed '1,/^# data$/d' | while IFS= read -r line; do
  database=${line#*=}
  database=${database%%	*}
  case $line in
    bundles=*)
      printf 'filestore=%s\t/var/lib/odoo/filestore/%s\tTrue\tTrue\tTrue\t101:101 755\n' "$database" "$database"
      printf '%s\n' "$line" | grep -o '"storedAs":"[^"]*","bytes":[0-9]*' |
        sed "s/^\"storedAs\":\"\(.*\)\",\"bytes\":\(.*\)$/file=$database	\1	good	\2/"
      printf 'others=%s\t0\t0\t0\n' "$database"
      ;;
  esac
done
