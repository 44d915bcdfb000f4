-- Takes the rows of the compiled bundles out of ir_attachment and prints them. They are deleted for good only when whoever
-- reads along says `commit`, having them safe on disk; when the session ends before that, nothing has happened.
-- begin.sql and bundles.sql stand in front of this file. Values, as psql's variables: most (so many rows are plausible).
--
-- Prints `held ID TABLE` for each bundle that TABLE points to, which stays; then the rows, one JSON object a line in COPY's
-- own escaping, by the names of all columns; then `taken COUNT`.
select set_config('odoo_recover.most', :'most', true) as most \gset
do $$
declare
  bundles bigint := (select count(*) from bundle);
  attachments bigint := (select count(*) from ir_attachment);
begin
  if bundles > current_setting('odoo_recover.most')::bigint then
    raise exception '% rows fit, which is more than any Odoo has of compiled bundles', bundles;
  end if;
  if bundles > 200 and bundles * 2 > attachments then
    raise exception '% of % attachments fit, which is too much to be compiled bundles alone', bundles, attachments;
  end if;
end $$;

select 'held', id, pointing from held order by id, pointing;

create temporary table taken (like ir_attachment) on commit drop;
with deleted as (
  delete from ir_attachment a using bundle b
    where a.id = b.id and not exists (select from held h where h.id = a.id)
    returning a.*)
insert into taken select * from deleted;

-- What is printed must be all that is needed to make the very same row again.
do $$
begin
  if exists (select from taken t where json_populate_record(null::taken, row_to_json(t))::text is distinct from t::text) then
    raise exception 'a row cannot be written down so that it comes back the same';
  end if;
end $$;

copy (select row_to_json(t) from taken t order by id) to stdout;
select 'taken', count(*) from taken;
