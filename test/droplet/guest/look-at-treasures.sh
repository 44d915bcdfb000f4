# All that is the users', put in by put-treasures.sh or there before: a line for each row, by the MD5 of all its columns, and
# for each file that one of the rows names, by owner, mode, size and SHA-256.
# shellcheck shell=bash
sql "$DATABASE" <<SQL
select 'attachment', a.id, a.name, md5(a::text) from ir_attachment a where not coalesce($BUNDLES, false) order by id;
select 'partner', id, md5(p::text) from res_partner p order by id;
select 'company', id, md5(c::text) from res_company c order by id;
select 'note', id, md5(n::text) from shop_note n order by id;
SQL
cd "$(filestore)" || exit
sql "$DATABASE" <<<"select distinct store_fname from ir_attachment where store_fname is not null and not coalesce($BUNDLES, false) order by 1" >/run/treasures
while read -r file; do
  echo "file|$file|$(stat -c '%u:%g|%a|%s' "$file" 2>&1)|$(sha256sum "$file" 2>&1 | cut -d ' ' -f 1)"
done </run/treasures
rm /run/treasures
