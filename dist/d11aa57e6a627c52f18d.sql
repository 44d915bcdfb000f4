-- The module that the user named, in one Odoo database, as one JSON object; null where there is none of that name.
-- What its uninstallation would take with it: the modules that depend on it (Odoo's `downstream_dependencies`), the tables
-- of models and relations that no other module has a part in, and the columns that it added to other modules' tables.
-- Rows are counted up to 10,000 and estimated beyond. Value, as psql's variable: module.
with recursive dependent (id, name) as (
    select id, name from ir_module_module where name = :'module'
  union
    select m.id, m.name
      from dependent
        join ir_module_module_dependency d on d.name = dependent.name
        join ir_module_module m on m.id = d.module_id
      where m.state not in ('uninstalled', 'uninstallable', 'to remove')
), essential (name) as (
    values ('base'), ('web')
  union
    select d.name
      from essential
        join ir_module_module m on m.name = essential.name
        join ir_module_module_dependency d on d.module_id = m.id
), gone_model as (
  select m.id, m.model
    from ir_model m
    where exists (select from ir_model_data x where x.model = 'ir.model' and x.res_id = m.id)
      and not exists (select from ir_model_data x
        where x.model = 'ir.model' and x.res_id = m.id and x.module not in (select name from dependent))
), gone_table as (
  -- What a model calls its table is known to Odoo's code alone; by default it is its name.
  select replace(model, '.', '_') as name from gone_model
  union
  select r.name
    from ir_model_relation r
    group by r.name
    having bool_and(r.module in (select id from dependent))
), gone_column as (
  select replace(f.model, '.', '_') as table_name, f.name
    from ir_model_fields f
    where f.store and f.ttype not in ('one2many', 'many2many')
      and f.model_id not in (select id from gone_model)
      and exists (select from ir_model_data x where x.model = 'ir.model.fields' and x.res_id = f.id)
      and not exists (select from ir_model_data x
        where x.model = 'ir.model.fields' and x.res_id = f.id and x.module not in (select name from dependent))
)
select json_build_object(
    'name', name, 'state', state, 'version', latest_version,
    'essential', exists (select from essential where essential.name = named.name),
    'dependents', (select coalesce(json_agg(name order by name), '[]') from dependent where id <> named.id),
    'tables', (select coalesce(json_agg(json_build_object('name', t.name, 'rows', case when counted.rows <= 10000 then counted.rows
          else greatest(c.reltuples::bigint, counted.rows) end) order by t.name), '[]')
      from gone_table t
        join pg_class c on c.relname = t.name and c.relkind in ('r', 'p')
        join pg_namespace n on n.oid = c.relnamespace and n.nspname = current_schema()
        -- What PostgreSQL estimates is 0 or nothing for a table that it has not analysed yet.
        cross join lateral (select substring(query_to_xml(format('select count(*) as n from (select from %I.%I limit 10001) as part',
          n.nspname, c.relname), true, false, '')::text from '<n>(\d+)</n>')::bigint as rows) as counted),
    'columns', (select coalesce(json_agg(t.table_name || '.' || t.name order by t.table_name, t.name), '[]')
      from gone_column t
      where exists (select from information_schema.columns c
        where c.table_schema = current_schema() and c.table_name = t.table_name and c.column_name = t.name)))
  from ir_module_module named where name = :'module'
