-- Puts the saved rows back as they were, with their ids; what was compiled in their place meanwhile goes, and is printed.
-- Nothing is done for good before whoever reads along says `commit`. Rows that are there already are left alone.
-- begin.sql, bundles.sql, saved.sql and its rows stand in front of this file.
--
-- Prints the rows that go as wipe.sql does, then `back COUNT`.
do $$
declare
  strange text;
begin
  select string_agg(distinct key, ', ') into strange
    from saved cross join lateral json_object_keys(line) as key
    where key not in (select attname from pg_attribute where attrelid = 'ir_attachment'::regclass and attnum > 0 and not attisdropped);
  if strange is not null then
    raise exception 'ir_attachment has no column % any more: the rows are of another version of Odoo', strange;
  end if;
  select string_agg(a.id || ' (' || a.name || ')', ', ' order by a.id) into strange
    from saved join ir_attachment a on a.id = (line ->> 'id')::bigint
    where not to_jsonb(a) @> line::jsonb;
  if strange is not null then
    raise exception 'these ids belong to something else by now: %', strange;
  end if;
end $$;

-- The same bundle: its address but for the id and the hash in it.
create temporary table taken (like ir_attachment) on commit drop;
with deleted as (
  delete from ir_attachment a using bundle b
    where a.id = b.id
      and not exists (select from held h where h.id = a.id)
      and not exists (select from saved where (line ->> 'id')::bigint = a.id)
      and exists (select from saved
        where regexp_replace(line ->> 'url', '/([0-9]+-)?[0-9a-f]{7}/', '/') = regexp_replace(a.url, '/([0-9]+-)?[0-9a-f]{7}/', '/'))
    returning a.*)
insert into taken select * from deleted;
copy (select row_to_json(t) from taken t order by id) to stdout;

-- By name, whichever order the columns have by now; those that came later get their default.
select format(
    'with back as (insert into ir_attachment (%1$s) select %1$s from saved, json_populate_record(null::ir_attachment, line)'
    ' where not exists (select from ir_attachment a where a.id = (line ->> ''id'')::bigint) returning 1)'
    ' select ''back'', count(*) from back',
    coalesce((select string_agg(distinct quote_ident(key), ', ') from saved cross join lateral json_object_keys(line) as key), 'id'))
\gexec
