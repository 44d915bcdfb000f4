-- Which rows are compiled bundles, and which of them must stay because something points to them.

-- By the condition of Odoo's own `regenerate_assets_bundles` (15 to 19), and by what stands for it in 14: as in
-- src/survey/bundles.sql, users' files and themes are no bundles. Locked, so that no new row comes to point to one.
create temporary table bundle on commit drop as
  select id, name, url, store_fname from ir_attachment
    where type = 'binary' and public and res_model = 'ir.ui.view' and res_id = 0 and create_uid = 1
      and (url like '/web/assets/%' or (url ~ '^/web/content/[0-9]+-[0-9a-f]{7}/' and name ~ '\.(css|js)$'))
    for update;

-- A foreign key would take the row that points there with it, or empty its field.
create temporary table held (id bigint, pointing text) on commit drop;
do $$
declare
  reference record;
begin
  for reference in
    select c.conrelid::regclass as pointing, string_agg(format('r.%I = a.%I', mine.attname, its.attname), ' and ') as pairs
      from pg_constraint c
        cross join lateral unnest(c.conkey, c.confkey) as pair (mine, its)
        join pg_attribute mine on mine.attrelid = c.conrelid and mine.attnum = pair.mine
        join pg_attribute its on its.attrelid = c.confrelid and its.attnum = pair.its
      where c.contype = 'f' and c.confrelid = 'ir_attachment'::regclass
      group by c.oid, c.conrelid
  loop
    execute format('insert into held select distinct a.id, %L from bundle b join ir_attachment a using (id) join %s r on %s',
      reference.pointing, reference.pointing, reference.pairs);
  end loop;
end $$;
