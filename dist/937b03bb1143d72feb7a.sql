-- Odoo's modules in one database, as one JSON object: those that are not at rest, and those that were installed or
-- updated last. A database without the table is not Odoo's: the statement fails.
select json_build_object(
  'version', (select latest_version from ir_module_module where name = 'base'),
  'installed', (select count(*) from ir_module_module where state = 'installed'),
  'pending', (select coalesce(json_agg(json_build_object('name', name, 'state', state) order by name), '[]'::json)
    from ir_module_module where state like 'to %'),
  'recent', (select coalesce(json_agg(json_build_object('name', name, 'state', state,
        'at', extract(epoch from write_date at time zone 'UTC')::bigint) order by write_date desc), '[]'::json)
    from (select name, state, write_date from ir_module_module
      where state in ('installed', 'uninstalled') and write_date > (now() at time zone 'UTC') - interval '7 days'
      order by write_date desc limit 10) as recent))
